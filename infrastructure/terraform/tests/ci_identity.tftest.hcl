mock_provider "google" {
  mock_resource "google_iam_workload_identity_pool" {
    defaults = {
      name = "projects/1/locations/global/workloadIdentityPools/circleci"
    }
  }

  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/fleetmarket-test/serviceAccounts/account@fleetmarket-test.iam.gserviceaccount.com"
      member = "serviceAccount:account@fleetmarket-test.iam.gserviceaccount.com"
    }
  }
}

variables {
  project_id = "fleetmarket-test"
  circleci = {
    organization_id = "11111111-1111-4111-8111-111111111111"
    project_id      = "22222222-2222-4222-8222-222222222222"
    repository      = "github.com/example/fleetmarket"
    context_id      = "33333333-3333-4333-8333-333333333333"
  }
}

run "given_a_job_when_not_of_the_organisation_project_and_main_then_its_token_is_rejected" {
  module { source = "./modules/ci-identity" }

  assert {
    condition     = google_iam_workload_identity_pool_provider.circleci.oidc[0].issuer_uri == "https://oidc.circleci.com/org/11111111-1111-4111-8111-111111111111" && google_iam_workload_identity_pool_provider.circleci.oidc[0].allowed_audiences == tolist(["11111111-1111-4111-8111-111111111111"])
    error_message = "Tokens of other organisations would be accepted."
  }

  # The whole condition: an additional alternative (||) would disable it.
  assert {
    condition = google_iam_workload_identity_pool_provider.circleci.attribute_condition == join(" && ", [
      "assertion.sub.startsWith('org/11111111-1111-4111-8111-111111111111/project/22222222-2222-4222-8222-222222222222/')",
      "assertion['oidc.circleci.com/vcs-origin'] == 'github.com/example/fleetmarket'",
      "assertion['oidc.circleci.com/vcs-ref'] == 'refs/heads/main'",
      "assertion['oidc.circleci.com/ssh-rerun'] == false",
      "'33333333-3333-4333-8333-333333333333' in assertion['oidc.circleci.com/context-ids']",
    ])
    error_message = "A job must belong to this organisation and project, run for main of this repository, be no SSH rerun, and use the context."
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.circleci.workload_identity_pool_id == google_iam_workload_identity_pool.circleci.workload_identity_pool_id
    error_message = "The provider belongs to another pool."
  }
}

run "given_no_context_when_tokens_are_checked_then_the_other_conditions_apply" {
  module { source = "./modules/ci-identity" }

  variables {
    circleci = {
      organization_id = "11111111-1111-4111-8111-111111111111"
      project_id      = "22222222-2222-4222-8222-222222222222"
      repository      = "github.com/example/fleetmarket"
    }
  }

  assert {
    condition     = length(split(" && ", google_iam_workload_identity_pool_provider.circleci.attribute_condition)) == 4 && strcontains(google_iam_workload_identity_pool_provider.circleci.attribute_condition, "'refs/heads/main'")
    error_message = "Without a context the other conditions are missing."
  }
}

run "given_a_ci_job_when_authenticated_then_it_can_only_deploy_or_push" {
  module { source = "./modules/ci-identity" }

  assert {
    condition     = toset(keys(google_service_account.ci)) == toset(["deployer", "image-pusher"])
    error_message = "There must be exactly two accounts, for deploying and for pushing."
  }

  assert {
    condition     = alltrue([for binding in google_service_account_iam_member.circleci : binding.role == "roles/iam.workloadIdentityUser" && binding.member == "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/circleci/attribute.project/22222222-2222-4222-8222-222222222222"])
    error_message = "Other principals than the project's jobs could impersonate these accounts."
  }

  assert {
    condition     = google_project_iam_member.deployer.role == "roles/container.developer" && google_project_iam_member.deployer.member == google_service_account.ci["deployer"].member
    error_message = "The deployer must only change workloads of the cluster."
  }
}

run "given_an_invalid_id_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/ci-identity" }

  variables {
    circleci = {
      organization_id = "example"
      project_id      = "22222222-2222-4222-8222-222222222222"
      repository      = "github.com/example/fleetmarket"
    }
  }

  expect_failures = [var.circleci]
}

run "given_a_repository_with_a_quote_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/ci-identity" }

  variables {
    circleci = {
      organization_id = "11111111-1111-4111-8111-111111111111"
      project_id      = "22222222-2222-4222-8222-222222222222"
      repository      = "github.com/example/fleetmarket' || true || 'a"
    }
  }

  expect_failures = [var.circleci]
}
