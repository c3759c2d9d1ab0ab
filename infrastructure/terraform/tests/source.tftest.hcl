# Checks the source, because no plan shows what these files must not contain.
mock_provider "google" {}

variables {
  project_id  = "fleetmarket-test"
  region      = "europe-west1"
  domain      = "shop.example.com"
  environment = "staging"
  protected   = false
  nodes       = { machine_type = "e2-standard-4", minimum = 3, maximum = 3 }
  backups     = { location = "europe-west1", retention_days = 7 }

  backups_recipient = "age1test"
  alert_email       = "operator@example.com"

  circleci = {
    organization_id = "11111111-1111-4111-8111-111111111111"
    project_id      = "22222222-2222-4222-8222-222222222222"
    repository      = "github.com/example/fleetmarket"
  }
}

run "given_every_granted_role_when_listed_then_it_is_a_known_narrow_role" {
  command = plan

  assert {
    condition = toset(flatten([for name in fileset(path.module, "**/*.tf") : regexall("roles/[A-Za-z.]+", file("${path.module}/${name}"))])) == toset([
      "roles/artifactregistry.reader",
      "roles/artifactregistry.writer",
      "roles/container.defaultNodeServiceAccount",
      "roles/container.developer",
      "roles/iam.workloadIdentityUser",
      "roles/secretmanager.secretAccessor",
      "roles/storage.objectCreator",
      "roles/storage.objectViewer",
    ])
    error_message = "The granted roles are not those of this list, which has no owner, editor or administrator."
  }

  assert {
    condition     = length(flatten([for name in fileset(path.module, "**/*.tf") : regexall("allUsers|allAuthenticatedUsers|_iam_policy\"|_iam_binding\"", file("${path.module}/${name}"))])) == 0
    error_message = "Public access and authoritative IAM resources are not allowed."
  }
}

run "given_every_file_when_read_then_it_contains_no_key_and_no_secret_value" {
  command = plan

  assert {
    condition     = length(flatten([for name in fileset(path.module, "**/*.tf") : regexall("google_service_account_key|google_storage_hmac_key|google_secret_manager_secret_version|private_key|tls_private_key|random_password", file("${path.module}/${name}"))])) == 0
    error_message = "Terraform and its state would contain a key or a secret."
  }

  assert {
    condition     = length([for name in fileset(path.module, "**/*.{json,pem,p12,key,tfstate}") : name if !strcontains(name, ".terraform/")]) == 0
    error_message = "There is a key file or a state file."
  }
}

run "given_every_type_of_resource_when_its_api_is_looked_up_then_bootstrap_enables_it" {
  command = plan

  # The first word of a type names the API, with these exceptions.
  assert {
    condition = alltrue([
      for word in distinct(flatten([for name in fileset(path.module, "**/*.tf") : regexall("\"google_([a-z]+)", file("${path.module}/${name}"))])) :
      strcontains(file("${path.module}/bootstrap"), " ${lookup({
        artifact = "artifactregistry"
        binary   = "binaryauthorization"
        project  = "cloudresourcemanager"
        secret   = "secretmanager"
        service  = "iam"
      }, word, word)}.googleapis.com")
    ])
    error_message = "A resource needs an API that bootstrap does not enable."
  }
}
