variable "project_id" {
  description = "Project that the bucket belongs to."
  type        = string
}

variable "name" {
  description = "Name of the bucket, globally unique."
  type        = string
}

variable "location" {
  description = "Location of the bucket: a region, or a multi-region such as EU, which tolerates the loss of a region."
  type        = string
}

variable "retention_days" {
  description = "Days for which a backup cannot be deleted. It is deleted the day after."
  type        = number

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 365 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number from 1 to 365."
  }
}

variable "writer" {
  description = "The backup job, as an IAM member."
  type        = string
}

variable "reader" {
  description = "The restore job, as an IAM member."
  type        = string
}

variable "namespace" {
  description = "Kubernetes namespace of the jobs."
  type        = string
}

variable "alert_email" {
  description = "Address that gets an e-mail when the backups fail."
  type        = string
}

variable "protected" {
  description = "Whether Terraform refuses to delete the bucket."
  type        = bool
}
