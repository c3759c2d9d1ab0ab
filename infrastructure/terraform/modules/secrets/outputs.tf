output "names" {
  description = "The secrets that need a value."
  value       = sort(keys(google_secret_manager_secret.shop))
}
