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

run "given_secrets_when_created_then_they_are_regional_and_protected" {
  module { source = "./modules/secrets" }

  assert {
    condition     = output.names == tolist(["mongo-orders-password", "unread"])
    error_message = "The secrets are not those that are configured."
  }

  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.shop : secret.replication[0].user_managed[0].replicas[0].location == "europe-west1"])
    error_message = "Values would be replicated to other regions."
  }

  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.shop : secret.deletion_protection])
    error_message = "A secret of a protected environment could be deleted."
  }
}

run "given_a_secret_when_created_then_only_its_readers_have_access" {
  module { source = "./modules/secrets" }

  assert {
    condition = toset([for binding in google_secret_manager_secret_iam_member.reader : "${binding.secret_id} ${binding.member}"]) == toset([
      "mongo-orders-password ${var.workload_principal}/orders",
      "mongo-orders-password ${var.workload_principal}/setup",
    ])
    error_message = "Each secret must have exactly the configured readers."
  }

  assert {
    condition     = alltrue([for binding in google_secret_manager_secret_iam_member.reader : binding.role == "roles/secretmanager.secretAccessor"])
    error_message = "Readers must only read."
  }
}

run "given_a_principal_of_a_whole_namespace_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/secrets" }

  variables {
    workload_principal = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/namespace/fleetmarket"
  }

  expect_failures = [var.workload_principal]
}

run "given_a_name_with_a_dot_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/secrets" }

  variables {
    secrets = { "token-current.pem" = ["authentication"] }
  }

  expect_failures = [var.secrets]
}
