variable "project_id" {
  description = "Project that the secrets belong to."
  type        = string
}

variable "region" {
  description = "Where the values are kept: they do not leave the region."
  type        = string
}

variable "secrets" {
  description = "Each secret, and the Kubernetes service accounts that may read it."
  type        = map(set(string))

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "A secret's name must be made of small letters, digits and dashes: Secret Manager knows no dots."
  }
}

variable "workload_principal" {
  description = "What the IAM members of the namespace's service accounts begin with: principal://…/subject/ns/NAMESPACE/sa."
  type        = string

  validation {
    condition     = can(regex("^principal://.+/subject/ns/[a-z0-9-]+/sa$", var.workload_principal))
    error_message = "workload_principal must end in /subject/ns/NAMESPACE/sa: anything shorter would name more than one service account."
  }
}

variable "protected" {
  description = "Whether Terraform refuses to delete the secrets."
  type        = bool
}
