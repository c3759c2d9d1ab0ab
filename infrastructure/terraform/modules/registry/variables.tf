variable "project_id" {
  description = "Project that the registry belongs to."
  type        = string
}

variable "name" {
  description = "Name of the repository."
  type        = string
}

variable "region" {
  description = "Region of the repository: that of the cluster, so that pulling is quick and costs nothing."
  type        = string
}

variable "protected" {
  description = "Whether Terraform refuses to delete the repository."
  type        = bool
}

variable "readers" {
  description = "Who may pull images: IAM members, by what they are to the shop."
  type        = map(string)
}

variable "writers" {
  description = "Who may push images, but neither overwrite nor delete them: IAM members, by what they are to the shop."
  type        = map(string)
}
