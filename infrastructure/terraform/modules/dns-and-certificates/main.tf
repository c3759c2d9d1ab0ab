# Reserved for the load balancer of the ingress controller, so that the address stays the same if they are recreated.
resource "google_compute_address" "ingress" {
  project         = var.project_id
  name            = "${var.name}-ingress"
  description     = "Public address of the shop."
  region          = var.region
  address_type    = "EXTERNAL"
  network_tier    = "PREMIUM"
  deletion_policy = var.protected ? "PREVENT" : "DELETE"
}

resource "google_dns_managed_zone" "shop" {
  project         = var.project_id
  name            = var.name
  dns_name        = "${var.domain}."
  description     = "DNS zone of the shop."
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

# Only this authority may issue certificates for the shop, and no wildcard certificates.
resource "google_dns_record_set" "certificate_authority" {
  project      = var.project_id
  managed_zone = google_dns_managed_zone.shop.name
  name         = google_dns_managed_zone.shop.dns_name
  type         = "CAA"
  ttl          = 3600
  rrdatas      = ["0 issue \"${var.certificate_authority}\"", "0 issuewild \";\""]
}

# cert-manager creates and deletes DNS records to prove control of the domain (ACME DNS-01). The predefined role could
# also delete the zone.
resource "google_project_iam_custom_role" "solver" {
  project     = var.project_id
  role_id     = "certificateSolver"
  title       = "Solver of certificate challenges"
  description = "Creates and deletes records, but cannot change or delete a zone."
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
