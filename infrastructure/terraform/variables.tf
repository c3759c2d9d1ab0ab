variable "project_id" {
  description = "The Google Cloud project of this environment only."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the ID of a project, such as fleetmarket-staging: not its name or its number."
  }
}

variable "environment" {
  description = "Name of the environment."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
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

variable "namespace" {
  description = "Kubernetes namespace of the shop."
  type        = string
  default     = "fleetmarket"
}

variable "nodes" {
  description = "Machine type of the nodes, and the minimum and maximum size of the general pool; the spot pool has 0 to 10 nodes."
  type = object({
    machine_type = string
    minimum      = number
    maximum      = number
  })
}

variable "backups" {
  description = "Location of the backups, and the days for which they cannot be deleted."
  type = object({
    location       = string
    retention_days = number
  })
}

variable "backups_recipient" {
  description = "Public key for which the backups are encrypted, as `backup key` prints it. Its secret key must not be in this project."
  type        = string

  validation {
    condition     = can(regex("^age1[a-z0-9]+$", var.backups_recipient))
    error_message = "backups_recipient must be a public key, such as age1…; docs/FIRST_DAY.md creates it."
  }
}

variable "alert_email" {
  description = "Address that gets an e-mail when the backups fail."
  type        = string
}

variable "protected" {
  description = "Whether Terraform refuses to delete what cannot be recreated: the cluster, the address, the zone, the registry, the secrets, the backups."
  type        = bool
}

variable "control_plane_networks" {
  description = "Private networks that may use the control plane's private address, by name; see modules/cluster."
  type        = map(string)
  default     = {}
}

variable "image_readers" {
  description = "Additional IAM members that may pull images, by role in the shop. In staging this is production's image pusher, which copies approved images."
  type        = map(string)
  default     = {}
}

variable "third_party_images" {
  description = "Third-party images that may run, as patterns for Binary Authorization."
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
