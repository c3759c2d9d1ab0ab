module "shop" {
  source = "../.."

  environment   = "staging"
  project_id    = var.project_id
  region        = var.region
  domain        = var.domain
  circleci      = var.circleci
  image_readers = var.image_readers

  # Staging may be destroyed and recreated.
  protected = false

  nodes = {
    machine_type = "e2-standard-4"
    minimum      = 3
    maximum      = 5
  }

  backups = {
    location       = var.region
    retention_days = 7
  }

  backups_recipient = var.backups_recipient
  alert_email       = var.alert_email
}
