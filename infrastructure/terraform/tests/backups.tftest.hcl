mock_provider "google" {}

variables {
  project_id     = "fleetmarket-test"
  name           = "fleetmarket-test-backups"
  location       = "EU"
  retention_days = 35
  writer         = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/fleetmarket/sa/backup"
  reader         = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/fleetmarket/sa/restore"
  protected      = true
}

run "given_the_bucket_when_made_then_nobody_from_outside_can_look_into_it" {
  module { source = "./modules/backups" }

  assert {
    condition     = google_storage_bucket.backups.uniform_bucket_level_access
    error_message = "Single objects could be opened to others."
  }

  assert {
    condition     = google_storage_bucket.backups.public_access_prevention == "enforced"
    error_message = "The bucket could be made public."
  }
}

run "given_a_backup_when_it_is_younger_than_its_retention_then_nobody_can_remove_it" {
  module { source = "./modules/backups" }

  assert {
    condition     = tonumber(google_storage_bucket.backups.retention_policy[0].retention_period) == 35 * 24 * 60 * 60
    error_message = "Backups could be deleted or replaced."
  }

  assert {
    condition     = one([for rule in google_storage_bucket.backups.lifecycle_rule : rule.condition[0].age if rule.action[0].type == "Delete"]) == 36
    error_message = "Backups must be removed when their retention is over, and not before."
  }

  assert {
    condition     = google_storage_bucket.backups.force_destroy == false && google_storage_bucket.backups.deletion_policy == "PREVENT"
    error_message = "The bucket could be deleted with all that is in it."
  }
}

run "given_the_job_that_makes_backups_when_taken_over_then_it_can_only_make_more" {
  module { source = "./modules/backups" }

  assert {
    condition     = google_storage_bucket_iam_member.writer.role == "roles/storage.objectCreator" && google_storage_bucket_iam_member.writer.member == var.writer
    error_message = "The job could read, replace or delete backups."
  }

  assert {
    condition     = google_storage_bucket_iam_member.reader.role == "roles/storage.objectViewer" && google_storage_bucket_iam_member.reader.member == var.reader
    error_message = "Restoring must read, and nothing else."
  }
}

run "given_a_retention_when_it_is_no_time_then_it_is_refused" {
  command = plan
  module { source = "./modules/backups" }

  variables {
    retention_days = 0
  }

  expect_failures = [var.retention_days]
}
