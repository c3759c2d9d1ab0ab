locals {
  # The issuer is already one organisation's own. A job also has to be the project's, run for a commit on main of its
  # own repository rather than a fork's, and not be one that somebody has opened a shell in.
  conditions = concat(
    [
      "assertion.sub.startsWith('org/${var.circleci.organization_id}/project/${var.circleci.project_id}/')",
      "assertion['oidc.circleci.com/vcs-origin'] == '${var.circleci.repository}'",
      "assertion['oidc.circleci.com/vcs-ref'] == 'refs/heads/main'",
      "assertion['oidc.circleci.com/ssh-rerun'] == false",
    ],
    # A context is what CircleCI hands out to few and after an approval, so this makes the approval count here too.
    var.circleci.context_id == null ? [] : ["'${var.circleci.context_id}' in assertion['oidc.circleci.com/context-ids']"],
  )

  accounts = {
    deployer     = "Deploys the shop from CI"
    image-pusher = "Pushes images from CI"
  }
}

resource "google_iam_workload_identity_pool" "circleci" {
  project                   = var.project_id
  workload_identity_pool_id = "circleci"
  display_name              = "CircleCI"
  description               = "Jobs of CircleCI, known by the tokens that it signs for them."
}

resource "google_iam_workload_identity_pool_provider" "circleci" {
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.circleci.workload_identity_pool_id
  workload_identity_pool_provider_id = "circleci"
  display_name                       = "CircleCI"
  attribute_condition                = join(" && ", local.conditions)

  # A job's whole subject can be longer than the 127 bytes that google.subject takes.
  attribute_mapping = {
    "google.subject"    = "assertion['oidc.circleci.com/project-id']"
    "attribute.project" = "assertion['oidc.circleci.com/project-id']"
  }

  oidc {
    issuer_uri        = "https://oidc.circleci.com/org/${var.circleci.organization_id}"
    allowed_audiences = [var.circleci.organization_id]
  }
}

resource "google_service_account" "ci" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = each.key
  display_name = each.value
}

resource "google_service_account_iam_member" "circleci" {
  for_each = google_service_account.ci

  service_account_id = each.value.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.circleci.name}/attribute.project/${var.circleci.project_id}"
}

# It may change what runs in the cluster, but neither the cluster nor who may do what in it.
resource "google_project_iam_member" "deployer" {
  project = var.project_id
  role    = "roles/container.developer"
  member  = google_service_account.ci["deployer"].member
}
