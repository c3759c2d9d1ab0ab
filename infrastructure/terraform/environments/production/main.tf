module "shop" {
  source = "../.."

  environment = "production"
  project_id  = var.project_id
  region      = var.region
  domain      = var.domain
  circleci    = var.circleci
  protected   = true

  nodes = {
    machine_type = "e2-standard-4"
    minimum      = 3
    maximum      = 9
  }

  backups = {
    location       = "EU"
    retention_days = 35
  }

  backups_recipient = var.backups_recipient
  alert_email       = var.alert_email
}
