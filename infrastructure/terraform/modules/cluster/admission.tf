# What may run: images of the shop's own registry, which CI alone can write to, and the few of others that are named.
# GKE's own are admitted by Google's policy.
resource "google_binary_authorization_policy" "images" {
  project                       = var.project_id
  description                   = "Images from the shop's registry, and those of others that Terraform names."
  global_policy_evaluation_mode = "ENABLE"

  default_admission_rule {
    evaluation_mode  = "ALWAYS_DENY"
    enforcement_mode = "ENFORCED_BLOCK_AND_AUDIT_LOG"
  }

  dynamic "admission_whitelist_patterns" {
    for_each = var.admitted_images

    content {
      name_pattern = admission_whitelist_patterns.value
    }
  }
}
