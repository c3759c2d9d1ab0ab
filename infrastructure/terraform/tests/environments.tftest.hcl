mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }

  mock_resource "google_compute_address" {
    defaults = {
      address = "192.0.2.10"
    }
  }

  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/fleetmarket-test/serviceAccounts/account@fleetmarket-test.iam.gserviceaccount.com"
      email  = "account@fleetmarket-test.iam.gserviceaccount.com"
      member = "serviceAccount:account@fleetmarket-test.iam.gserviceaccount.com"
    }
  }
}

variables {
  project_id = "fleetmarket-test"
  region     = "europe-west1"
  domain     = "shop.example.com"

  backups_recipient = "age1test"
  alert_email       = "operator@example.com"

  circleci = {
    organization_id = "11111111-1111-4111-8111-111111111111"
    project_id      = "22222222-2222-4222-8222-222222222222"
    repository      = "github.com/example/fleetmarket"
  }
}

run "given_production_when_created_then_it_is_protected_against_deletion" {
  module { source = "./environments/production" }

  assert {
    condition     = output.deployment.protected
    error_message = "Terraform would delete production's cluster."
  }
}

run "given_staging_when_created_then_it_can_be_destroyed" {
  module { source = "./environments/staging" }

  assert {
    condition     = output.deployment.protected == false
    error_message = "Staging could not be destroyed."
  }
}

run "given_an_environment_when_created_then_its_outputs_contain_what_a_deployment_needs" {
  module { source = "./environments/production" }

  assert {
    condition     = output.deployment.cluster == "fleetmarket" && output.deployment.location == "europe-west1" && output.deployment.project_id == "fleetmarket-test"
    error_message = "The outputs of the cluster are wrong."
  }

  assert {
    condition     = output.deployment.registry == "europe-west1-docker.pkg.dev/fleetmarket-test/fleetmarket" && output.deployment.backups_bucket == "fleetmarket-test-backups" && output.deployment.backups_recipient == "age1test"
    error_message = "The outputs of the registry or the backups are wrong."
  }

  assert {
    condition     = output.deployment.domain == "shop.example.com" && output.deployment.address == "192.0.2.10" && output.deployment.address_name == "fleetmarket-ingress" && output.deployment.dns_zone == "fleetmarket"
    error_message = "The outputs of the domain or the address are wrong."
  }

  assert {
    condition     = alltrue([for name in ["workload_identity_provider", "deployer", "image_pusher"] : length(output.deployment[name]) > 0])
    error_message = "The outputs for CI are missing."
  }
}

run "given_the_shop_when_created_then_its_secrets_are_those_that_the_cluster_reads" {
  variables {
    environment = "staging"
    protected   = false
    nodes       = { machine_type = "e2-standard-4", minimum = 3, maximum = 3 }
    backups     = { location = "europe-west1", retention_days = 7 }
  }

  assert {
    condition = output.secrets == sort(concat(
      flatten([for service in ["authentication", "products", "orders"] : ["mongo-${service}-root-password", "mongo-${service}-password", "mongo-${service}-keyfile"]]),
      ["kafka-setup-password", "kafka-products-password", "kafka-orders-password", "kafka-jaas-conf"],
      ["token-current-pem", "token-previous-pem", "token-next-pem"],
    ))
    error_message = "The secrets are not those of infrastructure/setup/README.md that the cluster needs."
  }

  assert {
    condition = toset(flatten([for name, readers in local.secrets : [for reader in readers : "${reader} ${name}"]])) == toset(flatten([
      for object in [for text in split("---\n", file("${path.module}/../kubernetes/components/secret-manager/secrets.yaml")) : yamldecode(text)] : [
        for name in flatten(regexall("secrets/([a-z-]+)/versions", object.spec.parameters.secrets)) : "${object.metadata.name} ${name}"
      ] if object.kind == "SecretProviderClass"
    ]))
    error_message = "components/secret-manager and IAM differ in the secrets or their readers."
  }

  assert {
    condition     = local.shop_principal == "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/fleetmarket/sa"
    error_message = "The IAM principal of the shop's service accounts is wrong."
  }

  assert {
    condition     = alltrue([for service in ["secretmanager.googleapis.com", "storage.googleapis.com"] : toset(google_project_iam_audit_config.access[service].audit_log_config[*].log_type) == toset(["DATA_READ", "DATA_WRITE"])])
    error_message = "Access to secrets and backups must be logged."
  }
}

run "given_an_unknown_environment_when_planned_then_it_is_rejected" {
  command = plan

  variables {
    environment = "test"
    protected   = false
    nodes       = { machine_type = "e2-standard-4", minimum = 3, maximum = 3 }
    backups     = { location = "europe-west1", retention_days = 7 }
  }

  expect_failures = [var.environment]
}
