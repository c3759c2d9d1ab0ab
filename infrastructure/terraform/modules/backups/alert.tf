# The alert reads the logs of the jobs.

locals {
  logs = "resource.type=\"k8s_container\" resource.labels.namespace_name=\"${var.namespace}\" resource.labels.container_name=\"backup\""
}

resource "google_logging_metric" "completed" {
  project     = var.project_id
  name        = "backups-completed"
  description = "Backups that were completed."
  filter      = "${local.logs} textPayload=~\"^the backup .* is complete:\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_logging_metric" "failed" {
  project     = var.project_id
  name        = "backups-failed"
  description = "Backups and restores that failed."
  filter      = "${local.logs} textPayload=~\"^backup: \""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_notification_channel" "operator" {
  project      = var.project_id
  display_name = "Operator of the backups"
  type         = "email"
  labels       = { email_address = var.alert_email }
}

resource "google_monitoring_alert_policy" "backups" {
  project               = var.project_id
  display_name          = "Backups"
  combiner              = "OR"
  notification_channels = [google_monitoring_notification_channel.operator.name]

  # Without it an incident stays open for days, and the next failure sends no e-mail.
  alert_strategy {
    auto_close = "1800s"
  }

  conditions {
    display_name = "A backup failed"

    condition_threshold {
      filter          = "resource.type=\"k8s_container\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.failed.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      # Failures are logged one at a time.
      evaluation_missing_data = "EVALUATION_MISSING_DATA_INACTIVE"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  # A backup is due every hour.
  conditions {
    display_name = "No backup was completed for two hours"

    condition_absent {
      filter   = "resource.type=\"k8s_container\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.completed.name}\""
      duration = "7200s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "See the section *Backups* of docs/KUBERNETES.md: `kubectl get jobs`, and the log of the failed one."
  }
}
