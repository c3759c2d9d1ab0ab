output "deployment" {
  description = "Everything that a deployment needs; see outputs.tf of the shop."
  value       = module.shop
}
