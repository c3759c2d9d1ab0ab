output "names" {
  description = "The secrets that want a value."
  value       = sort(keys(google_secret_manager_secret.shop))
}
