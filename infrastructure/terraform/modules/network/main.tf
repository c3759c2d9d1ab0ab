resource "google_compute_network" "shop" {
  project                 = var.project_id
  name                    = var.name
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"
}

resource "google_compute_subnetwork" "nodes" {
  project                  = var.project_id
  name                     = "${var.name}-nodes"
  region                   = var.region
  network                  = google_compute_network.shop.id
  ip_cidr_range            = var.node_range
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = var.pod_range
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = var.service_range
  }

  # A sample of a tenth of the flows shows the connections at a tenth of the cost.
  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# The implied rule of the network already denies ingress that no rule of the cluster allows. This rule has the lowest
# priority and logs the denied connections.
resource "google_compute_firewall" "deny_ingress" {
  project       = var.project_id
  name          = "${var.name}-deny-ingress"
  network       = google_compute_network.shop.id
  direction     = "INGRESS"
  priority      = 65534
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "shop" {
  project = var.project_id
  name    = var.name
  region  = var.region
  network = google_compute_network.shop.id
}

# Nodes have no public address. They reach registries and the certificate authority through NAT.
resource "google_compute_router_nat" "shop" {
  project                             = var.project_id
  name                                = var.name
  region                              = var.region
  router                              = google_compute_router.shop.name
  nat_ip_allocate_option              = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat  = "ALL_SUBNETWORKS_ALL_IP_RANGES"
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 64
  max_ports_per_vm                    = 4096

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
