resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84: Images hold no secret and are encrypted with Google's keys. A key of our own would be one more thing that, lost, stops every pod from starting.
  project         = var.project_id
  location        = var.region
  repository_id   = var.name
  description     = "Images of the shop, with their signatures and bills of materials."
  format          = "DOCKER"
  deletion_policy = var.protected ? "PREVENT" : "DELETE"

  # What was scanned and signed under a tag is what the tag means for ever.
  docker_config {
    immutable_tags = true
  }

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  # A version is kept if any policy keeps it. An image, its index, its bill of materials and its signature are a version
  # each, so a hundred are twenty-five builds: far enough to go back, and what runs is among them.
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
