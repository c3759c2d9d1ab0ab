resource "google_storage_bucket" "backups" {
  #checkov:skip=CKV_GCP_78: A bucket cannot have both versioning and a retention policy, and the policy is stronger: nothing can be overwritten.
  #checkov:skip=CKV_GCP_62: The audit log of Cloud Storage is enabled and records all access; access logs would duplicate it.
  project                     = var.project_id
  name                        = var.name
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  deletion_policy             = var.protected ? "PREVENT" : "DELETE"

  # No account can delete or replace a backup within this period. The policy is not locked: an owner of the project can
  # remove it, which the audit log shows.
  retention_policy {
    retention_period = var.retention_days * 24 * 60 * 60
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age = var.retention_days + 1
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age = 1
    }
  }
}

# A compromised backup job can only add objects, not read, replace or delete them.
resource "google_storage_bucket_iam_member" "writer" {
  bucket = google_storage_bucket.backups.name
  role   = "roles/storage.objectCreator"
  member = var.writer
}

resource "google_storage_bucket_iam_member" "reader" {
  bucket = google_storage_bucket.backups.name
  role   = "roles/storage.objectViewer"
  member = var.reader
}
