module "shop" {
  source = "../.."

  environment   = "staging"
  project_id    = var.project_id
  region        = var.region
  domain        = var.domain
  circleci      = var.circleci
  image_readers = var.image_readers

  # It can be taken down and made again.
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
}
