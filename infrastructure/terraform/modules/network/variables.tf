variable "project_id" {
  description = "Project that the network belongs to."
  type        = string
}

variable "name" {
  description = "What the network, and all that belongs to it, is called."
  type        = string
}

variable "region" {
  description = "Region of the subnetwork, the router and the NAT."
  type        = string
}

variable "node_range" {
  description = "Addresses of the nodes."
  type        = string
  default     = "10.10.0.0/22"

  validation {
    condition     = can(cidrhost(var.node_range, 0))
    error_message = "node_range is no network: write it like 10.10.0.0/22."
  }
}

variable "pod_range" {
  description = "Addresses of the pods. Each node takes 256 of them, so a /17 is enough for 128 nodes."
  type        = string
  default     = "10.20.0.0/17"

  validation {
    condition     = can(cidrhost(var.pod_range, 0)) && try(tonumber(split("/", var.pod_range)[1]) <= 19, false)
    error_message = "pod_range must be a network of at least /19, which is enough for 32 nodes: write it like 10.20.0.0/17."
  }
}

variable "service_range" {
  description = "Addresses of the Services inside the cluster."
  type        = string
  default     = "10.30.0.0/20"

  validation {
    condition     = can(cidrhost(var.service_range, 0))
    error_message = "service_range is no network: write it like 10.30.0.0/20."
  }
}
