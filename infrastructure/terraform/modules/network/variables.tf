variable "project_id" {
  description = "Project that the network belongs to."
  type        = string
}

variable "name" {
  description = "Name of the network, and prefix of the names of its resources."
  type        = string
}

variable "region" {
  description = "Region of the subnetwork, the router and the NAT."
  type        = string
}

variable "node_range" {
  description = "Address range of the nodes."
  type        = string
  default     = "10.10.0.0/22"

  validation {
    condition     = can(cidrhost(var.node_range, 0))
    error_message = "node_range must be a network such as 10.10.0.0/22."
  }
}

variable "pod_range" {
  description = "Address range of the pods. Each node uses 256 addresses, so a /17 is enough for 128 nodes."
  type        = string
  default     = "10.20.0.0/17"

  validation {
    condition     = can(cidrhost(var.pod_range, 0)) && try(tonumber(split("/", var.pod_range)[1]) <= 19, false)
    error_message = "pod_range must be a network of at least /19, which is enough for 32 nodes, such as 10.20.0.0/17."
  }
}

variable "service_range" {
  description = "Address range of the Services."
  type        = string
  default     = "10.30.0.0/20"

  validation {
    condition     = can(cidrhost(var.service_range, 0))
    error_message = "service_range must be a network such as 10.30.0.0/20."
  }
}
