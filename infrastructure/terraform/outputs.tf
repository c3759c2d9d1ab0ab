output "project_id" {
  description = "The project."
  value       = var.project_id
}

output "cluster" {
  description = "Name of the cluster."
  value       = module.cluster.name
}

output "location" {
  description = "Region of the cluster."
  value       = module.cluster.location
}

output "protected" {
  description = "Whether Terraform refuses to delete the cluster and other resources that cannot be recreated."
  value       = module.cluster.protected
}

output "registry" {
  description = "Prefix of the shop's image names."
  value       = module.registry.url
}

output "domain" {
  description = "Domain of the shop."
  value       = var.domain
}

output "address" {
  description = "The shop's address, for the ingress controller's load balancer."
  value       = module.dns_and_certificates.address
}

output "address_name" {
  description = "Name of the shop's address."
  value       = module.dns_and_certificates.address_name
}

output "dns_zone" {
  description = "Name of the zone, for cert-manager's issuer."
  value       = module.dns_and_certificates.zone
}

output "name_servers" {
  description = "Name servers to register for the domain."
  value       = module.dns_and_certificates.name_servers
}

output "pod_range" {
  description = "Address range of the pods, which contains the proxies that edge and gateway trust."
  value       = module.network.pod_range
}

output "secrets" {
  description = "The secrets that need a value."
  value       = module.secrets.names
}

output "backups_bucket" {
  description = "Bucket for the backups of the databases."
  value       = module.backups.bucket
}

output "backups_recipient" {
  description = "Public key for which the backups are encrypted."
  value       = var.backups_recipient
}

output "workload_identity_provider" {
  description = "The workload identity provider that exchanges the token of a CI job."
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
