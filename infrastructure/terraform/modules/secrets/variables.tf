variable "project_id" {
  description = "Project that the secrets belong to."
  type        = string
}

variable "region" {
  description = "Region of the values, which are not replicated elsewhere."
  type        = string
}

variable "secrets" {
  description = "Each secret, and the Kubernetes service accounts that may read it."
  type        = map(set(string))

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "The name of a secret must consist of lower-case letters, digits and dashes."
  }
}

variable "workload_principal" {
  description = "Prefix of the IAM members of the namespace's service accounts: principal://…/subject/ns/NAMESPACE/sa."
  type        = string

  validation {
    condition     = can(regex("^principal://.+/subject/ns/[a-z0-9-]+/sa$", var.workload_principal))
    error_message = "workload_principal must end in /subject/ns/NAMESPACE/sa: a shorter prefix would match more than one service account."
  }
}

variable "protected" {
  description = "Whether Terraform refuses to delete the secrets."
  type        = bool
}
