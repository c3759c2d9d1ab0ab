output "provider" {
  description = "The workload identity provider that exchanges the token of a CI job."
  value       = google_iam_workload_identity_pool_provider.circleci.name
}

output "deployer" {
  description = "E-mail of the service account that deploys."
  value       = google_service_account.ci["deployer"].email
}

output "image_pusher" {
  description = "E-mail of the service account that pushes images."
  value       = google_service_account.ci["image-pusher"].email
}
