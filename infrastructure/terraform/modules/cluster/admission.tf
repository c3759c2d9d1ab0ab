# Admits images of the shop's registry, which only CI can write to, and the listed third-party images. Google's policy
# admits GKE's own images.
resource "google_binary_authorization_policy" "images" {
  project                       = var.project_id
  description                   = "Images from the shop's registry, and listed third-party images."
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
