mock_provider "google" {}

variables {
  project_id = "fleetmarket-test"
  name       = "fleetmarket"
  region     = "europe-west1"
}

run "given_the_network_when_created_then_it_has_one_subnetwork_with_ranges_for_pods_and_services" {
  module { source = "./modules/network" }

  assert {
    condition     = google_compute_network.shop.auto_create_subnetworks == false
    error_message = "The network would get a subnetwork in every region."
  }

  assert {
    condition     = { for range in google_compute_subnetwork.nodes.secondary_ip_range : range.range_name => range.ip_cidr_range } == { (output.range_names.pods) = output.pod_range, (output.range_names.services) = "10.30.0.0/20" }
    error_message = "The pods' addresses would not be in the range that the gateway trusts."
  }

  assert {
    condition     = google_compute_subnetwork.nodes.private_ip_google_access && length(google_compute_subnetwork.nodes.log_config) == 1
    error_message = "Nodes must reach Google's services without a public address, and flows must be logged."
  }
}

run "given_the_network_when_created_then_it_denies_ingress_and_allows_egress" {
  module { source = "./modules/network" }

  assert {
    condition     = one(google_compute_firewall.deny_ingress.deny).protocol == "all" && toset(google_compute_firewall.deny_ingress.source_ranges) == toset(["0.0.0.0/0"]) && length(google_compute_firewall.deny_ingress.allow) == 0
    error_message = "Ingress is allowed."
  }

  assert {
    condition     = google_compute_router_nat.shop.router == google_compute_router.shop.name && google_compute_router_nat.shop.source_subnetwork_ip_ranges_to_nat == "ALL_SUBNETWORKS_ALL_IP_RANGES"
    error_message = "Nodes and pods have no egress."
  }
}

run "given_a_small_pod_range_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/network" }

  variables {
    pod_range = "10.20.0.0/24"
  }

  expect_failures = [var.pod_range]
}
