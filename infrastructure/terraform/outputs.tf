output "project_id" {
  description = "The project."
  value       = var.project_id
}

output "cluster" {
  description = "Name of the cluster."
  value       = module.cluster.name
}

output "location" {
  description = "Where the cluster is."
  value       = module.cluster.location
}

output "protected" {
  description = "Whether Terraform refuses to delete the cluster, and what else cannot be made again."
  value       = module.cluster.protected
}

output "registry" {
  description = "What the names of the shop's images begin with."
  value       = module.registry.url
}

output "domain" {
  description = "Where the shop is found."
  value       = var.domain
}

output "address" {
  description = "The shop's address, for the ingress controller's load balancer."
  value       = module.dns_and_certificates.address
}

output "address_name" {
  description = "Name of that address."
  value       = module.dns_and_certificates.address_name
}

output "dns_zone" {
  description = "Name of the zone, for cert-manager's issuer."
  value       = module.dns_and_certificates.zone
}

output "name_servers" {
  description = "Whom the registrar, or the zone above, has to name for the domain."
  value       = module.dns_and_certificates.name_servers
}

output "pod_range" {
  description = "Addresses of the pods: the proxies that edge and gateway may believe come from here."
  value       = module.network.pod_range
}

output "secrets" {
  description = "The secrets that want a value."
  value       = module.secrets.names
}

output "backups_bucket" {
  description = "Where backups of the databases are put."
  value       = module.backups.bucket
}

output "workload_identity_provider" {
  description = "Where a job of CI exchanges its token."
  value       = module.ci_identity.provider
}

output "deployer" {
  description = "E-mail of the service account that deploys."
  value       = module.ci_identity.deployer
}

output "image_pusher" {
  description = "E-mail of the service account that pushes images."
  value       = module.ci_identity.image_pusher
}
