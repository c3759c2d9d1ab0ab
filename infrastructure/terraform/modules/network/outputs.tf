output "network" {
  description = "The network, for the cluster."
  value       = google_compute_network.shop.id
}

output "subnetwork" {
  description = "The subnetwork of the nodes, for the cluster."
  value       = google_compute_subnetwork.nodes.id
}

output "pod_range" {
  description = "Address range of the pods, which contains the proxies that the gateway trusts."
  value       = var.pod_range
}

output "range_names" {
  description = "Names of the secondary ranges for pods and Services."
  value = {
    pods     = google_compute_subnetwork.nodes.secondary_ip_range[0].range_name
    services = google_compute_subnetwork.nodes.secondary_ip_range[1].range_name
  }
}
