# Set in terraform.tfvars. The shop module validates the values.

variable "project_id" {
  description = "The Google Cloud project of this environment only."
  type        = string
}

variable "region" {
  description = "Region of everything except the backups."
  type        = string
}

variable "domain" {
  description = "Domain of the shop."
  type        = string
}

variable "circleci" {
  description = "The CI jobs that may deploy; see modules/ci-identity."
  type = object({
    organization_id = string
    project_id      = string
    repository      = string
    context_id      = optional(string)
  })
}

variable "image_readers" {
  description = "Additional IAM members that may pull images: production's image pusher, when it exists."
  type        = map(string)
  default     = {}
}

variable "backups_recipient" {
  description = "Public key for which the backups are encrypted."
  type        = string
}

variable "alert_email" {
  description = "Address that gets an e-mail when the backups fail."
  type        = string
}
