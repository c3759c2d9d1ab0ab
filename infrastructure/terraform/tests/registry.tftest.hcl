mock_provider "google" {}

variables {
  project_id = "fleetmarket-test"
  name       = "fleetmarket"
  region     = "europe-west1"
  protected  = true
  readers    = { nodes = "serviceAccount:nodes@fleetmarket-test.iam.gserviceaccount.com" }
  writers    = { ci = "serviceAccount:image-pusher@fleetmarket-test.iam.gserviceaccount.com" }
}

run "given_the_registry_when_made_then_a_tag_means_the_same_image_for_ever" {
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
    error_message = "The registry of a protected environment could be deleted, and with it all that is running there."
  }

  assert {
    condition     = output.url == "europe-west1-docker.pkg.dev/fleetmarket-test/fleetmarket"
    error_message = "Images would be pushed and pulled under a name that is not the registry's."
  }
}

run "given_the_registry_when_cleaned_then_recent_images_are_kept" {
  module { source = "./modules/registry" }

  assert {
    condition     = one([for policy in google_artifact_registry_repository.images.cleanup_policies : policy if policy.action == "KEEP"]).most_recent_versions[0].keep_count >= 100
    error_message = "Cleaning could remove an image that is running, or that one may have to go back to."
  }

  assert {
    condition     = one([for policy in google_artifact_registry_repository.images.cleanup_policies : policy if policy.action == "DELETE"]).condition[0].older_than == "7776000s"
    error_message = "Nothing would ever be removed."
  }
}

run "given_readers_and_writers_when_named_then_each_may_do_that_and_no_more" {
  module { source = "./modules/registry" }

  assert {
    condition     = { for name, binding in google_artifact_registry_repository_iam_member.reader : name => [binding.role, binding.member] } == { nodes = ["roles/artifactregistry.reader", var.readers.nodes] }
    error_message = "Readers must read, and nobody else."
  }

  assert {
    condition     = { for name, binding in google_artifact_registry_repository_iam_member.writer : name => [binding.role, binding.member] } == { ci = ["roles/artifactregistry.writer", var.writers.ci] }
    error_message = "CI must write, and can have no role that deletes."
  }
}
