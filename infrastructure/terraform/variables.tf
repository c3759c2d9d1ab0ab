variable "project_id" {
  description = "The Google Cloud project, which is the environment's alone."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the ID of a project, such as fleetmarket-staging: not its name, not its number."
  }
}

variable "environment" {
  description = "What the environment is called."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
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

variable "namespace" {
  description = "Kubernetes namespace of the shop."
  type        = string
  default     = "fleetmarket"
}

variable "nodes" {
  description = "Machine type of the nodes, and how few and how many the general pool has; the spot pool has 0 to 10."
  type = object({
    machine_type = string
    minimum      = number
    maximum      = number
  })
}

variable "backups" {
  description = "Where backups of the databases are kept, and for how many days nobody can remove them."
  type = object({
    location       = string
    retention_days = number
  })
}

variable "protected" {
  description = "Whether Terraform refuses to delete what cannot be made again: the cluster, the address, the zone, the registry, the secrets, the backups."
  type        = bool
}

variable "control_plane_networks" {
  description = "Private networks that may use the control plane's private address, by name; see modules/cluster."
  type        = map(string)
  default     = {}
}

variable "image_readers" {
  description = "Who else may pull images: IAM members, by what they are to the shop. In staging that is production's image pusher, which takes from here what was approved."
  type        = map(string)
  default     = {}
}

variable "images_of_others" {
  description = "Images that are not the shop's own and may run all the same, as patterns for Binary Authorization."
  type        = list(string)
  default = [
    "docker.io/library/mongo:*",
    "docker.io/library/mongo@*",
    "docker.io/apache/kafka:*",
    "docker.io/apache/kafka@*",
    "docker.io/nginx/nginx-ingress:*",
    "docker.io/nginx/nginx-ingress@*",
    "quay.io/jetstack/*",
  ]
}
