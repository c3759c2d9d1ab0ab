# What differs from owner to owner, in terraform.tfvars. It is checked where it is used.

variable "project_id" {
  description = "The Google Cloud project, which is this environment's alone."
  type        = string
}

variable "region" {
  description = "Region of everything but the backups."
  type        = string
}

variable "domain" {
  description = "Domain of the shop."
  type        = string
}

variable "circleci" {
  description = "The jobs that may deploy; see modules/ci-identity."
  type = object({
    organization_id = string
    project_id      = string
    repository      = string
    context_id      = optional(string)
  })
}
