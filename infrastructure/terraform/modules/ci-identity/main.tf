locals {
  # The issuer belongs to one organisation. The job must also belong to the project, run for main of its own repository
  # (not of a fork), and not be an SSH rerun.
  conditions = concat(
    [
      "assertion.sub.startsWith('org/${var.circleci.organization_id}/project/${var.circleci.project_id}/')",
      "assertion['oidc.circleci.com/vcs-origin'] == '${var.circleci.repository}'",
      "assertion['oidc.circleci.com/vcs-ref'] == 'refs/heads/main'",
      "assertion['oidc.circleci.com/ssh-rerun'] == false",
    ],
    # CircleCI restricts a context to some users and to approved jobs, so requiring it also requires the approval.
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
  description               = "CircleCI jobs, authenticated by their OIDC tokens."
}

resource "google_iam_workload_identity_pool_provider" "circleci" {
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.circleci.workload_identity_pool_id
  workload_identity_pool_provider_id = "circleci"
  display_name                       = "CircleCI"
  attribute_condition                = join(" && ", local.conditions)

  # The subject of a job can exceed the limit of google.subject, 127 bytes.
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

# It may change workloads, but neither the cluster nor its permissions.
resource "google_project_iam_member" "deployer" {
  project = var.project_id
  role    = "roles/container.developer"
  member  = google_service_account.ci["deployer"].member
}
