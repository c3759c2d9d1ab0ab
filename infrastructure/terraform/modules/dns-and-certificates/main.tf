# The ingress controller's load balancer takes this address, so that it outlives both.
resource "google_compute_address" "ingress" {
  project         = var.project_id
  name            = "${var.name}-ingress"
  description     = "Where the shop is on the Internet."
  region          = var.region
  address_type    = "EXTERNAL"
  network_tier    = "PREMIUM"
  deletion_policy = var.protected ? "PREVENT" : "DELETE"
}

resource "google_dns_managed_zone" "shop" {
  project         = var.project_id
  name            = var.name
  dns_name        = "${var.domain}."
  description     = "Where the shop is found."
  deletion_policy = var.protected ? "PREVENT" : "DELETE"

  dnssec_config {
    state         = "on"
    non_existence = "nsec3"
  }

  cloud_logging_config {
    enable_logging = true
  }
}

resource "google_dns_record_set" "shop" {
  project      = var.project_id
  managed_zone = google_dns_managed_zone.shop.name
  name         = google_dns_managed_zone.shop.dns_name
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_address.ingress.address]
}

# No other authority may issue a certificate for the shop, and this one none for all names below it.
resource "google_dns_record_set" "certificate_authority" {
  project      = var.project_id
  managed_zone = google_dns_managed_zone.shop.name
  name         = google_dns_managed_zone.shop.dns_name
  type         = "CAA"
  ttl          = 3600
  rrdatas      = ["0 issue \"${var.certificate_authority}\"", "0 issuewild \";\""]
}

# cert-manager proves that the domain is ours by a record that it writes and removes (ACME's DNS-01). The ready-made
# role for that could also delete the zone.
resource "google_project_iam_custom_role" "solver" {
  project     = var.project_id
  role_id     = "certificateSolver"
  title       = "Solver of certificate challenges"
  description = "Writes and removes records, but can neither change nor delete a zone."
  permissions = [
    "dns.changes.create",
    "dns.changes.get",
    "dns.changes.list",
    "dns.resourceRecordSets.create",
    "dns.resourceRecordSets.delete",
    "dns.resourceRecordSets.get",
    "dns.resourceRecordSets.list",
    "dns.resourceRecordSets.update",
  ]
}

resource "google_dns_managed_zone_iam_member" "solver" {
  project      = var.project_id
  managed_zone = google_dns_managed_zone.shop.name
  role         = google_project_iam_custom_role.solver.id
  member       = var.solver
}
