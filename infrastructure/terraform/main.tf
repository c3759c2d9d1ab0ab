# The whole shop in one project, which `bootstrap` has prepared. environments/ sets the project and the size.

locals {
  name = "fleetmarket"

  # Prefix of the IAM principal of a Kubernetes service account, followed by ns/NAMESPACE/sa/NAME.
  workload_principal = "principal://iam.googleapis.com/projects/${data.google_project.shop.number}/locations/global/workloadIdentityPools/${module.cluster.workload_pool}/subject"
  shop_principal     = "${local.workload_principal}/ns/${var.namespace}/sa"
}

data "google_project" "shop" {
  project_id = var.project_id
}

# Logs access to secrets and backups, and impersonation. Data access logs are off by default.
resource "google_project_iam_audit_config" "access" {
  for_each = toset(["iam.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com", "sts.googleapis.com"])

  project = var.project_id
  service = each.value

  audit_log_config {
    log_type = "DATA_READ"
  }

  audit_log_config {
    log_type = "DATA_WRITE"
  }
}

module "network" {
  source = "./modules/network"

  project_id = var.project_id
  name       = local.name
  region     = var.region
}

module "cluster" {
  source = "./modules/cluster"

  project_id             = var.project_id
  name                   = local.name
  environment            = var.environment
  region                 = var.region
  network                = module.network.network
  subnetwork             = module.network.subnetwork
  range_names            = module.network.range_names
  control_plane_networks = var.control_plane_networks
  nodes                  = var.nodes
  admitted_images        = concat(["${module.registry.url}/**"], var.third_party_images)
  protected              = var.protected
}

module "registry" {
  source = "./modules/registry"

  project_id = var.project_id
  name       = local.name
  region     = var.region
  protected  = var.protected
  readers = merge(
    { nodes = module.cluster.node_account, deployer = "serviceAccount:${module.ci_identity.deployer}" },
    var.image_readers,
  )
  writers = { ci = "serviceAccount:${module.ci_identity.image_pusher}" }
}

module "dns_and_certificates" {
  source = "./modules/dns-and-certificates"

  project_id = var.project_id
  name       = local.name
  region     = var.region
  domain     = var.domain
  solver     = "${local.workload_principal}/ns/cert-manager/sa/cert-manager"
  protected  = var.protected
}

module "ci_identity" {
  source = "./modules/ci-identity"

  project_id = var.project_id
  circleci   = var.circleci
}

module "secrets" {
  source = "./modules/secrets"

  project_id         = var.project_id
  region             = var.region
  secrets            = local.secrets
  workload_principal = local.shop_principal
  protected          = var.protected
}

module "backups" {
  source = "./modules/backups"

  project_id     = var.project_id
  name           = "${var.project_id}-backups"
  location       = var.backups.location
  retention_days = var.backups.retention_days
  writer         = "${local.shop_principal}/backup"
  reader         = "${local.shop_principal}/restore"
  namespace      = var.namespace
  alert_email    = var.alert_email
  protected      = var.protected
}
