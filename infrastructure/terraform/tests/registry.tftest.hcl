mock_provider "google" {}

variables {
  project_id = "fleetmarket-test"
  name       = "fleetmarket"
  region     = "europe-west1"
  protected  = true
  readers    = { nodes = "serviceAccount:nodes@fleetmarket-test.iam.gserviceaccount.com" }
  writers    = { ci = "serviceAccount:image-pusher@fleetmarket-test.iam.gserviceaccount.com" }
}

run "given_the_registry_when_created_then_tags_are_immutable" {
  module { source = "./modules/registry" }

  assert {
    condition     = google_artifact_registry_repository.images.docker_config[0].immutable_tags
    error_message = "A tag that was scanned and approved could be moved to another image."
  }

  assert {
    condition     = google_artifact_registry_repository.images.vulnerability_scanning_config[0].enablement_config == "INHERITED"
    error_message = "Images would not be scanned."
  }

  assert {
    condition     = google_artifact_registry_repository.images.deletion_policy == "PREVENT"
    error_message = "The registry of a protected environment could be deleted, with all running images."
  }

  assert {
    condition     = output.url == "europe-west1-docker.pkg.dev/fleetmarket-test/fleetmarket"
    error_message = "The output is not the name of the registry."
  }
}

run "given_the_registry_when_cleaned_then_recent_images_are_kept" {
  module { source = "./modules/registry" }

  assert {
    condition     = one([for policy in google_artifact_registry_repository.images.cleanup_policies : policy if policy.action == "KEEP"]).most_recent_versions[0].keep_count >= 100
    error_message = "Cleanup could delete images that are running or needed for a rollback."
  }

  assert {
    condition     = one([for policy in google_artifact_registry_repository.images.cleanup_policies : policy if policy.action == "DELETE"]).condition[0].older_than == "7776000s"
    error_message = "Old images would never be deleted."
  }
}

run "given_readers_and_writers_when_listed_then_each_has_only_its_role" {
  module { source = "./modules/registry" }

  assert {
    condition     = { for name, binding in google_artifact_registry_repository_iam_member.reader : name => [binding.role, binding.member] } == { nodes = ["roles/artifactregistry.reader", var.readers.nodes] }
    error_message = "Exactly the listed readers must have the reader role."
  }

  assert {
    condition     = { for name, binding in google_artifact_registry_repository_iam_member.writer : name => [binding.role, binding.member] } == { ci = ["roles/artifactregistry.writer", var.writers.ci] }
    error_message = "CI must have the writer role, which cannot delete."
  }
}
