mock_provider "google" {}

variables {
  project_id     = "fleetmarket-test"
  name           = "fleetmarket-test-backups"
  location       = "EU"
  retention_days = 35
  writer         = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/fleetmarket/sa/backup"
  reader         = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/fleetmarket/sa/restore"
  namespace      = "fleetmarket"
  alert_email    = "operator@example.com"
  protected      = true
}

run "given_the_bucket_when_created_then_it_is_not_public" {
  module { source = "./modules/backups" }

  assert {
    condition     = google_storage_bucket.backups.uniform_bucket_level_access
    error_message = "Single objects could be shared."
  }

  assert {
    condition     = google_storage_bucket.backups.public_access_prevention == "enforced"
    error_message = "The bucket could be made public."
  }
}

run "given_a_backup_when_within_its_retention_then_it_cannot_be_deleted" {
  module { source = "./modules/backups" }

  assert {
    condition     = tonumber(google_storage_bucket.backups.retention_policy[0].retention_period) == 35 * 24 * 60 * 60
    error_message = "Backups could be deleted or replaced."
  }

  assert {
    condition     = one([for rule in google_storage_bucket.backups.lifecycle_rule : one(rule.condition).age if one(rule.action).type == "Delete"]) == 36
    error_message = "Backups must be deleted the day after their retention."
  }

  assert {
    condition     = google_storage_bucket.backups.force_destroy == false && google_storage_bucket.backups.deletion_policy == "PREVENT"
    error_message = "The bucket could be deleted with its content."
  }
}

run "given_the_backup_job_when_compromised_then_it_can_only_add_backups" {
  module { source = "./modules/backups" }

  assert {
    condition     = google_storage_bucket_iam_member.writer.role == "roles/storage.objectCreator" && google_storage_bucket_iam_member.writer.member == var.writer
    error_message = "The job could read, replace or delete backups."
  }

  assert {
    condition     = google_storage_bucket_iam_member.reader.role == "roles/storage.objectViewer" && google_storage_bucket_iam_member.reader.member == var.reader
    error_message = "The restore job must only read."
  }
}

run "given_a_failed_or_missing_backup_when_two_hours_have_passed_then_the_operator_gets_an_email" {
  module { source = "./modules/backups" }

  assert {
    condition     = google_monitoring_alert_policy.backups.combiner == "OR" && one(google_monitoring_alert_policy.backups.notification_channels) == google_monitoring_notification_channel.operator.name && google_monitoring_notification_channel.operator.labels.email_address == "operator@example.com"
    error_message = "Nobody would be notified."
  }

  assert {
    condition     = one([for condition in google_monitoring_alert_policy.backups.conditions : one(condition.condition_absent).duration if length(condition.condition_absent) > 0]) == "7200s"
    error_message = "Missing backups would not be reported within two hours."
  }

  assert {
    condition = alltrue([for metric in ["backups-completed", "backups-failed"] : anytrue([
      for condition in google_monitoring_alert_policy.backups.conditions : strcontains(join("", concat(condition.condition_absent[*].filter, condition.condition_threshold[*].filter)), "logging.googleapis.com/user/${metric}\"")
    ])])
    error_message = "The conditions must use both metrics."
  }

  assert {
    condition     = one(google_monitoring_alert_policy.backups.alert_strategy).auto_close == "1800s"
    error_message = "A second failure would send no e-mail while the first incident is open."
  }

  # The lines that the program prints.
  assert {
    condition     = can(regex(replace(regex("textPayload=~\"(.*)\"", google_logging_metric.completed.filter)[0], "\\", ""), "the backup 2026-11-25T03-00-00 is complete: the state of 2026-11-25T03:00:05Z: 5 documents, 1 changes"))
    error_message = "The metric does not count the line of a complete backup."
  }
}

run "given_a_retention_of_zero_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/backups" }

  variables {
    retention_days = 0
  }

  expect_failures = [var.retention_days]
}
