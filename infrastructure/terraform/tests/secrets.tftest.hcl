mock_provider "google" {}

variables {
  project_id         = "fleetmarket-test"
  region             = "europe-west1"
  workload_principal = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/fleetmarket/sa"
  protected          = true
  secrets = {
    mongo-orders-password = ["orders", "setup"]
    unread                = []
  }
}

run "given_secrets_when_made_then_they_stay_in_the_region_and_are_not_deleted" {
  module { source = "./modules/secrets" }

  assert {
    condition     = output.names == tolist(["mongo-orders-password", "unread"])
    error_message = "There are other secrets than were asked for."
  }

  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.shop : secret.replication[0].user_managed[0].replicas[0].location == "europe-west1"])
    error_message = "Values would leave the region."
  }

  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.shop : secret.deletion_protection])
    error_message = "A secret of a protected environment could be deleted, and with it what it opens."
  }
}

run "given_a_secret_when_read_then_only_by_those_it_is_for" {
  module { source = "./modules/secrets" }

  assert {
    condition = toset([for binding in google_secret_manager_secret_iam_member.reader : "${binding.secret_id} ${binding.member}"]) == toset([
      "mongo-orders-password ${var.workload_principal}/orders",
      "mongo-orders-password ${var.workload_principal}/setup",
    ])
    error_message = "Each secret must have exactly the readers that are named for it."
  }

  assert {
    condition     = alltrue([for binding in google_secret_manager_secret_iam_member.reader : binding.role == "roles/secretmanager.secretAccessor"])
    error_message = "Reading is all that a reader may do."
  }
}

run "given_a_principal_when_it_is_a_whole_namespace_then_it_is_refused" {
  command = plan
  module { source = "./modules/secrets" }

  variables {
    workload_principal = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/namespace/fleetmarket"
  }

  expect_failures = [var.workload_principal]
}

run "given_a_name_when_it_has_a_dot_then_it_is_refused" {
  command = plan
  module { source = "./modules/secrets" }

  variables {
    secrets = { "token-current.pem" = ["authentication"] }
  }

  expect_failures = [var.secrets]
}
