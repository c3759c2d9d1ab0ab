mock_provider "google" {
  mock_resource "google_compute_address" {
    defaults = {
      address = "192.0.2.10"
    }
  }

  mock_resource "google_project_iam_custom_role" {
    defaults = {
      id = "projects/fleetmarket-test/roles/certificateSolver"
    }
  }
}

variables {
  project_id = "fleetmarket-test"
  name       = "fleetmarket"
  region     = "europe-west1"
  domain     = "shop.example.com"
  solver     = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fleetmarket-test.svc.id.goog/subject/ns/cert-manager/sa/cert-manager"
  protected  = true
}

run "given_the_domain_when_resolved_then_it_is_the_reserved_address" {
  module { source = "./modules/dns-and-certificates" }

  assert {
    condition     = google_dns_record_set.shop.name == "shop.example.com." && google_dns_record_set.shop.type == "A" && google_dns_record_set.shop.managed_zone == google_dns_managed_zone.shop.name
    error_message = "The domain has no address record in its own zone."
  }

  assert {
    condition     = google_dns_record_set.shop.rrdatas == tolist([google_compute_address.ingress.address]) && output.address == google_compute_address.ingress.address
    error_message = "The domain resolves to another address than the load balancer's."
  }

  assert {
    condition     = google_compute_address.ingress.region == "europe-west1" && google_compute_address.ingress.address_type == "EXTERNAL" && output.address_name == google_compute_address.ingress.name
    error_message = "The load balancer needs an external address in the cluster's region."
  }
}

run "given_the_domain_when_resolved_then_the_answer_is_signed_and_names_one_authority" {
  module { source = "./modules/dns-and-certificates" }

  assert {
    condition     = google_dns_managed_zone.shop.dnssec_config[0].state == "on"
    error_message = "Answers would not be signed."
  }

  assert {
    condition     = google_dns_record_set.certificate_authority.type == "CAA" && toset(google_dns_record_set.certificate_authority.rrdatas) == toset(["0 issue \"letsencrypt.org\"", "0 issuewild \";\""])
    error_message = "Other authorities, or wildcards, would be allowed."
  }
}

run "given_cert_manager_when_it_solves_a_challenge_then_it_can_only_change_records_of_this_zone" {
  module { source = "./modules/dns-and-certificates" }

  assert {
    condition     = google_dns_managed_zone_iam_member.solver.role == google_project_iam_custom_role.solver.id && google_dns_managed_zone_iam_member.solver.managed_zone == google_dns_managed_zone.shop.name && google_dns_managed_zone_iam_member.solver.member == var.solver
    error_message = "cert-manager must have its own role, on the shop's zone."
  }

  assert {
    condition     = alltrue([for permission in google_project_iam_custom_role.solver.permissions : can(regex("^dns\\.(changes|resourceRecordSets)\\.(create|delete|get|list|update)$", permission))])
    error_message = "cert-manager must only have permissions on records."
  }
}

run "given_a_protected_environment_when_destroyed_then_address_and_zone_stay" {
  module { source = "./modules/dns-and-certificates" }

  assert {
    condition     = google_compute_address.ingress.deletion_policy == "PREVENT" && google_dns_managed_zone.shop.deletion_policy == "PREVENT"
    error_message = "The registered address or zone could be deleted."
  }
}

run "given_a_domain_with_a_trailing_dot_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/dns-and-certificates" }

  variables {
    domain = "shop.example.com."
  }

  expect_failures = [var.domain]
}
