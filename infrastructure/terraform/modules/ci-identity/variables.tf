variable "project_id" {
  description = "Project that CI deploys to."
  type        = string
}

variable "circleci" {
  description = "The CI jobs that may deploy: their organisation and project (UUIDs), their repository as CircleCI names it, and the context that they must use, if any."
  type = object({
    organization_id = string
    project_id      = string
    repository      = string
    context_id      = optional(string)
  })

  validation {
    condition = alltrue([
      for id in compact([var.circleci.organization_id, var.circleci.project_id, var.circleci.context_id]) :
      can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id))
    ])
    error_message = "organization_id, project_id and context_id must be UUIDs in lower case, as CircleCI's settings show them."
  }

  validation {
    condition     = can(regex("^[a-z0-9.-]+/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", var.circleci.repository))
    error_message = "repository must be written like github.com/owner/name."
  }
}
