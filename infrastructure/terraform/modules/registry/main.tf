resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84: Images contain no secrets and are encrypted with Google's keys. Losing a customer-managed key would stop every pod from starting.
  project         = var.project_id
  location        = var.region
  repository_id   = var.name
  description     = "Images of the shop, with their signatures and SBOMs."
  format          = "DOCKER"
  deletion_policy = var.protected ? "PREVENT" : "DELETE"

  # A tag always refers to the image that was scanned and signed.
  docker_config {
    immutable_tags = true
  }

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  # A version is kept if any policy keeps it. Each build has six versions (index, signature, and for two architectures the
  # image and its SBOM), so 100 versions are 16 builds, enough to include the running release and those to roll back to.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = 100
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      older_than = "7776000s" # 90 days
      tag_state  = "ANY"
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "reader" {
  for_each = var.readers

  project    = var.project_id
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.reader"
  member     = each.value
}

resource "google_artifact_registry_repository_iam_member" "writer" {
  for_each = var.writers

  project    = var.project_id
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = each.value
}
