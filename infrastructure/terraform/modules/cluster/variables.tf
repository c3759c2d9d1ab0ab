variable "project_id" {
  description = "Project that the cluster belongs to."
  type        = string
}

variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "environment" {
  description = "Label of the cluster and its nodes, for cost reports."
  type        = string
}

variable "region" {
  description = "Region of the control plane and of the nodes in its zones."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as europe-west1, not a zone: the cluster must survive the loss of a zone."
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
  description = "Names of the subnetwork's secondary ranges for pods and Services."
  type = object({
    pods     = string
    services = string
  })
}

variable "control_plane_networks" {
  description = "Private networks that may use the control plane's private address, by name. Administration does not need one."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for network in values(var.control_plane_networks) : can(cidrhost(network, 0)) && !endswith(network, "/0")])
    error_message = "control_plane_networks must be networks such as 10.99.0.0/24, but not /0."
  }
}

variable "nodes" {
  description = "Machine type of all nodes, and the minimum and maximum size of the general pool in the region."
  type = object({
    machine_type = string
    minimum      = number
    maximum      = number
  })

  validation {
    condition     = var.nodes.minimum >= 3 && var.nodes.maximum >= var.nodes.minimum
    error_message = "nodes.minimum must be at least 3, one for each member of a database and of the broker, and nodes.maximum must not be less."
  }
}

variable "admitted_images" {
  description = "Patterns of image names that may run; each ends in * (no further slash) or ** (anything)."
  type        = list(string)

  validation {
    condition     = alltrue([for pattern in var.admitted_images : can(regex("^[a-z0-9.-]+\\.[a-z]+/[a-z0-9]", pattern))])
    error_message = "Each pattern of admitted_images must contain a registry and the start of a path."
  }
}

variable "protected" {
  description = "Whether Terraform refuses to delete the cluster."
  type        = bool
}
