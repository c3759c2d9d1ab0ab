locals {
  readers = merge([
    for secret, accounts in var.secrets : {
      for account in accounts : "${secret} to ${account}" => { secret = secret, account = account }
    }
  ]...)
}

# Secrets without values. Terraform would store a value as plain text in its state.
resource "google_secret_manager_secret" "shop" {
  for_each = var.secrets

  project             = var.project_id
  secret_id           = each.key
  deletion_protection = var.protected
  version_destroy_ttl = "604800s" # a destroyed version can be restored for a week

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.shop[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "${var.workload_principal}/${each.value.account}"
}
