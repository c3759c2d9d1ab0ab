variable "project_id" {
  description = "Project that the bucket belongs to."
  type        = string
}

variable "name" {
  description = "Name of the bucket, which nobody else in the world may have."
  type        = string
}

variable "location" {
  description = "Where the backups are kept: a region, or several such as EU, which outlive the loss of one."
  type        = string
}

variable "retention_days" {
  description = "How long a backup cannot be removed. The day after, it is."
  type        = number

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 365 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number from 1 to 365."
  }
}

variable "writer" {
  description = "The job that makes backups, as an IAM member."
  type        = string
}

variable "reader" {
  description = "The job that restores them, as an IAM member."
  type        = string
}

variable "protected" {
  description = "Whether Terraform refuses to delete the bucket."
  type        = bool
}
