variable "project_id" {
  description = "Project that the cluster belongs to."
  type        = string
}

variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "environment" {
  description = "Label on the cluster and its machines, by which the bill can be split."
  type        = string
}

variable "region" {
  description = "Region of the control plane and the nodes, which are spread over its zones."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as europe-west1, not a zone: the cluster has to outlive one."
  }
}

variable "network" {
  description = "Network of the cluster."
  type        = string
}

variable "subnetwork" {
  description = "Subnetwork of the nodes."
  type        = string
}

variable "range_names" {
  description = "What the subnetwork's secondary ranges for pods and Services are called."
  type = object({
    pods     = string
    services = string
  })
}

variable "control_plane_networks" {
  description = "Private networks that may use the control plane's private address, by name. Not needed to administer the cluster."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for network in values(var.control_plane_networks) : can(cidrhost(network, 0)) && !endswith(network, "/0")])
    error_message = "control_plane_networks must be networks like 10.99.0.0/24, and never everything."
  }
}

variable "nodes" {
  description = "Machine type of all nodes, and how few and how many of them the general pool has in the whole region."
  type = object({
    machine_type = string
    minimum      = number
    maximum      = number
  })

  validation {
    condition     = var.nodes.minimum >= 3 && var.nodes.maximum >= var.nodes.minimum
    error_message = "nodes.minimum must be at least 3, one for each member of a database and of the broker, and nodes.maximum no less."
  }
}

variable "admitted_images" {
  description = "Names that images which may run begin with: a pattern ends in * (no further slash) or ** (anything)."
  type        = list(string)

  validation {
    condition     = alltrue([for pattern in var.admitted_images : can(regex("^[a-z0-9.-]+\\.[a-z]+/[a-z0-9]", pattern))])
    error_message = "Each pattern of admitted_images must name a registry and at least the beginning of a path, or it would admit everything."
  }
}

variable "protected" {
  description = "Whether Terraform refuses to delete the cluster."
  type        = bool
}
