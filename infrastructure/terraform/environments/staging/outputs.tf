output "deployment" {
  description = "What deploying needs to know; see outputs.tf of the shop."
  value       = module.shop
}
