variable "project_id" {
  description = "Project that the zone and the address belong to."
  type        = string
}

variable "name" {
  description = "Name of the zone, and prefix of the name of the address."
  type        = string
}

variable "region" {
  description = "Region of the address, the same as the cluster's."
  type        = string
}

variable "domain" {
  description = "Domain of the shop."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a domain in lower case without a trailing dot, such as shop.example.com."
  }
}

variable "certificate_authority" {
  description = "The authority that may issue the shop's certificates, as CAA records name it."
  type        = string
  default     = "letsencrypt.org"
}

variable "solver" {
  description = "cert-manager, as an IAM member."
  type        = string
}

variable "protected" {
  description = "Whether Terraform refuses to delete the address and the zone: a new zone has other name servers, which would have to be registered again."
  type        = bool
}
