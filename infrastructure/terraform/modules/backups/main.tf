resource "google_storage_bucket" "backups" {
  #checkov:skip=CKV_GCP_78: A bucket cannot have both versions and a retention policy, and the policy is the stronger: nothing can be overwritten in the first place.
  #checkov:skip=CKV_GCP_62: Who reads and writes is in the audit log, which is switched on for Cloud Storage; a log bucket would tell it again, later.
  project                     = var.project_id
  name                        = var.name
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  deletion_policy             = var.protected ? "PREVENT" : "DELETE"

  # Within these days nobody can delete or replace a backup, whoever they have become. It is not locked: an owner of
  # the project can still lift it, which the audit log shows.
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

# Whoever takes over the job that makes backups can make more of them, and read or remove none.
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
