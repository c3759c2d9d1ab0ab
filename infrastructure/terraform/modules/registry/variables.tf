variable "project_id" {
  description = "Project that the registry belongs to."
  type        = string
}

variable "name" {
  description = "Name of the repository."
  type        = string
}

variable "region" {
  description = "Region of the repository, the same as the cluster's, so that pulls are fast and free."
  type        = string
}

variable "protected" {
  description = "Whether Terraform refuses to delete the repository."
  type        = bool
}

variable "readers" {
  description = "IAM members that may pull images, by role in the shop."
  type        = map(string)
}

variable "writers" {
  description = "IAM members that may push images, but not overwrite or delete them, by role in the shop."
  type        = map(string)
}
