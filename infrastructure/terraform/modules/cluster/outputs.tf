output "name" {
  description = "Name of the cluster."
  value       = google_container_cluster.shop.name
}

output "location" {
  description = "Region of the cluster."
  value       = google_container_cluster.shop.location
}

output "protected" {
  description = "Whether Terraform refuses to delete the cluster."
  value       = google_container_cluster.shop.deletion_protection
}

output "node_account" {
  description = "The nodes' service account, as an IAM member."
  value       = google_service_account.nodes.member
}

output "workload_pool" {
  description = "Workload identity pool of the cluster's service accounts. It exists when the project has a cluster."
  value       = google_container_cluster.shop.workload_identity_config[0].workload_pool
}
