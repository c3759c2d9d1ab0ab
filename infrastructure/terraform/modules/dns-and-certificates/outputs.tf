output "address" {
  description = "The shop's address, for the ingress controller's load balancer."
  value       = google_compute_address.ingress.address
}

output "address_name" {
  description = "Name of the shop's address."
  value       = google_compute_address.ingress.name
}

output "zone" {
  description = "Name of the zone, for cert-manager's issuer."
  value       = google_dns_managed_zone.shop.name
}

output "name_servers" {
  description = "Name servers to register for the domain."
  value       = google_dns_managed_zone.shop.name_servers
}
