# What no plan shows: what is written nowhere in these files.
mock_provider "google" {}

variables {
  project_id  = "fleetmarket-test"
  region      = "europe-west1"
  domain      = "shop.example.com"
  environment = "staging"
  protected   = false
  nodes       = { machine_type = "e2-standard-4", minimum = 3, maximum = 3 }
  backups     = { location = "europe-west1", retention_days = 7 }
  circleci = {
    organization_id = "11111111-1111-4111-8111-111111111111"
    project_id      = "22222222-2222-4222-8222-222222222222"
    repository      = "github.com/example/fleetmarket"
  }
}

run "given_every_role_when_granted_then_it_is_one_of_the_known_small_ones" {
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
    error_message = "A role is granted, or no longer granted, that this list does not expect: no owner, no editor, no administrator."
  }

  assert {
    condition     = length(flatten([for name in fileset(path.module, "**/*.tf") : regexall("allUsers|allAuthenticatedUsers|_iam_policy\"|_iam_binding\"", file("${path.module}/${name}"))])) == 0
    error_message = "Something is granted to everybody, or in a way that takes it from everybody else."
  }
}

run "given_every_file_when_read_then_there_is_no_key_file_and_no_value_of_a_secret" {
  command = plan

  assert {
    condition     = length(flatten([for name in fileset(path.module, "**/*.tf") : regexall("google_service_account_key|google_storage_hmac_key|google_secret_manager_secret_version|private_key|tls_private_key|random_password", file("${path.module}/${name}"))])) == 0
    error_message = "Terraform would know a key or a secret, and its state with it."
  }

  assert {
    condition     = length(fileset(path.module, "**/*.{json,pem,p12,key,tfstate}")) == 0
    error_message = "There is a file here that looks like a key or a state."
  }
}
