output "provider" {
  description = "Where a job of CI exchanges its token."
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
