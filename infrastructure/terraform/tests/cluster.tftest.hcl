mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      email  = "nodes@fleetmarket-test.iam.gserviceaccount.com"
      member = "serviceAccount:nodes@fleetmarket-test.iam.gserviceaccount.com"
    }
  }
}

variables {
  project_id      = "fleetmarket-test"
  name            = "fleetmarket"
  environment     = "staging"
  region          = "europe-west1"
  network         = "projects/fleetmarket-test/global/networks/fleetmarket"
  subnetwork      = "projects/fleetmarket-test/regions/europe-west1/subnetworks/nodes"
  range_names     = { pods = "pods", services = "services" }
  nodes           = { machine_type = "e2-standard-4", minimum = 3, maximum = 9 }
  admitted_images = ["europe-west1-docker.pkg.dev/fleetmarket-test/fleetmarket/**"]
  protected       = true
}

run "given_the_cluster_when_created_then_nodes_and_control_plane_are_private" {
  module { source = "./modules/cluster" }

  assert {
    condition     = google_container_cluster.shop.private_cluster_config[0].enable_private_nodes && alltrue([for pool in google_container_node_pool.pool : pool.network_config[0].enable_private_nodes])
    error_message = "Nodes would have public addresses."
  }

  assert {
    condition     = google_container_cluster.shop.private_cluster_config[0].enable_private_endpoint
    error_message = "The control plane would have a public address."
  }

  assert {
    condition     = length(google_container_cluster.shop.master_authorized_networks_config) == 1 && length(google_container_cluster.shop.master_authorized_networks_config[0].cidr_blocks) == 0 && google_container_cluster.shop.master_authorized_networks_config[0].gcp_public_cidrs_access_enabled == false
    error_message = "Unlisted networks could use the control plane's address."
  }

  assert {
    condition     = google_container_cluster.shop.control_plane_endpoints_config[0].dns_endpoint_config[0].allow_external_traffic && google_container_cluster.shop.control_plane_endpoints_config[0].dns_endpoint_config[0].enable_k8s_tokens_via_dns == false && google_container_cluster.shop.control_plane_endpoints_config[0].dns_endpoint_config[0].enable_k8s_certs_via_dns == false
    error_message = "CI must reach the control plane by its DNS endpoint, authenticated by IAM only."
  }

  assert {
    condition     = google_container_cluster.shop.master_auth[0].client_certificate_config[0].issue_client_certificate == false && google_container_cluster.shop.anonymous_authentication_config[0].mode == "LIMITED"
    error_message = "IAM must be the only authentication of the cluster."
  }
}

run "given_the_cluster_when_created_then_it_is_regional_and_protected" {
  module { source = "./modules/cluster" }

  assert {
    condition     = google_container_cluster.shop.location == "europe-west1" && google_container_cluster.shop.networking_mode == "VPC_NATIVE"
    error_message = "The cluster must be regional and VPC-native."
  }

  assert {
    condition     = google_container_cluster.shop.datapath_provider == "ADVANCED_DATAPATH" && google_container_cluster.shop.in_transit_encryption_config == "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT"
    error_message = "NetworkPolicies need Dataplane V2, and traffic between nodes must be encrypted."
  }

  assert {
    condition     = google_container_cluster.shop.workload_identity_config[0].workload_pool == "fleetmarket-test.svc.id.goog" && output.workload_pool == "fleetmarket-test.svc.id.goog"
    error_message = "Workloads would have no identity."
  }

  assert {
    condition     = google_container_cluster.shop.secret_manager_config[0].enabled && google_container_cluster.shop.secret_sync_config[0].enabled && google_container_cluster.shop.secret_sync_config[0].rotation_config[0].enabled
    error_message = "Secrets, or their changes, would not be synchronised from Secret Manager."
  }

  assert {
    condition     = google_container_cluster.shop.addons_config[0].dns_cache_config[0].enabled == false
    error_message = "NetworkPolicies only allow kube-dns, not a DNS cache on the node."
  }

  assert {
    condition     = google_container_cluster.shop.release_channel[0].channel == "REGULAR" && length(google_container_cluster.shop.maintenance_policy[0].recurring_window) == 1
    error_message = "Upgrades must come from a release channel, in a maintenance window."
  }

  assert {
    condition     = google_container_cluster.shop.deletion_protection
    error_message = "A protected cluster could be deleted."
  }
}

run "given_the_node_pools_when_created_then_spot_is_tainted_and_has_none_to_ten_nodes" {
  module { source = "./modules/cluster" }

  assert {
    condition     = toset(keys(google_container_node_pool.pool)) == toset(["general", "spot"])
    error_message = "There must be a general pool and a spot pool."
  }

  assert {
    condition     = google_container_node_pool.pool["spot"].autoscaling[0].total_min_node_count == 0 && google_container_node_pool.pool["spot"].autoscaling[0].total_max_node_count == 10 && google_container_node_pool.pool["spot"].initial_node_count == 0
    error_message = "The spot pool must start with no node and have 0 to 10 in the region."
  }

  assert {
    condition     = google_container_node_pool.pool["spot"].node_config[0].spot && one(google_container_node_pool.pool["spot"].node_config[0].taint) == { effect = "NO_SCHEDULE", key = "cloud.google.com/gke-spot", value = "true" }
    error_message = "Spot nodes must be preemptible and tainted."
  }

  assert {
    condition     = google_container_node_pool.pool["general"].node_config[0].spot == false && length(google_container_node_pool.pool["general"].node_config[0].taint) == 0
    error_message = "The general pool must be neither preemptible nor tainted."
  }

  assert {
    condition     = google_container_node_pool.pool["general"].autoscaling[0].total_min_node_count == 3 && google_container_node_pool.pool["general"].autoscaling[0].total_max_node_count == 9
    error_message = "The general pool must have the configured size."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.pool : pool.upgrade_settings[0].max_unavailable == 0 && pool.management[0].auto_repair && pool.management[0].auto_upgrade])
    error_message = "An upgrade must add a node before it removes one, and pools must be repaired."
  }
}

run "given_a_new_project_when_the_default_pool_is_created_then_it_needs_no_ssd_quota" {
  module { source = "./modules/cluster" }

  assert {
    condition     = google_container_cluster.shop.node_config[0].disk_type == "pd-standard" && google_container_cluster.shop.node_config[0].disk_size_gb == 20
    error_message = "The default node pool would need 300 GB of the SSD quota until it is removed."
  }
}

run "given_the_nodes_when_created_then_they_are_shielded_and_may_write_logs_and_metrics_only" {
  module { source = "./modules/cluster" }

  assert {
    condition     = alltrue([for config in concat(google_container_cluster.shop.node_config, [for pool in google_container_node_pool.pool : pool.node_config[0]]) : config.service_account == google_service_account.nodes.email])
    error_message = "Nodes would run as the project's default account, which has broad permissions."
  }

  assert {
    condition     = google_project_iam_member.nodes.role == "roles/container.defaultNodeServiceAccount" && google_project_iam_member.nodes.member == google_service_account.nodes.member
    error_message = "Nodes must have the minimal role for GKE."
  }

  assert {
    condition     = alltrue([for config in concat(google_container_cluster.shop.node_config, [for pool in google_container_node_pool.pool : pool.node_config[0]]) : config.shielded_instance_config[0].enable_secure_boot && config.shielded_instance_config[0].enable_integrity_monitoring && config.workload_metadata_config[0].mode == "GKE_METADATA"])
    error_message = "Nodes must be shielded, and hide their identity from pods."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.pool : pool.node_config[0].metadata["disable-legacy-endpoints"] == "true" && pool.node_config[0].kubelet_config[0].insecure_kubelet_readonly_port_enabled == "FALSE"])
    error_message = "Legacy endpoints of the nodes must be disabled."
  }
}

run "given_an_image_when_its_name_is_not_admitted_then_it_does_not_run" {
  module { source = "./modules/cluster" }

  assert {
    condition     = google_container_cluster.shop.binary_authorization[0].evaluation_mode == "PROJECT_SINGLETON_POLICY_ENFORCE"
    error_message = "The cluster would not enforce the policy."
  }

  assert {
    condition     = google_binary_authorization_policy.images.default_admission_rule[0].evaluation_mode == "ALWAYS_DENY" && google_binary_authorization_policy.images.default_admission_rule[0].enforcement_mode == "ENFORCED_BLOCK_AND_AUDIT_LOG"
    error_message = "The policy would admit any image."
  }

  assert {
    condition     = google_binary_authorization_policy.images.admission_whitelist_patterns[*].name_pattern == var.admitted_images
    error_message = "The policy does not admit exactly the configured images."
  }
}

run "given_a_pattern_that_admits_everything_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/cluster" }

  variables {
    admitted_images = ["docker.io/**"]
  }

  expect_failures = [var.admitted_images]
}

run "given_a_zone_as_region_when_planned_then_it_is_rejected" {
  command = plan
  module { source = "./modules/cluster" }

  variables {
    region = "europe-west1-b"
  }

  expect_failures = [var.region]
}

run "given_too_few_nodes_and_an_open_network_when_planned_then_both_are_rejected" {
  command = plan
  module { source = "./modules/cluster" }

  variables {
    nodes                  = { machine_type = "e2-standard-4", minimum = 2, maximum = 9 }
    control_plane_networks = { everything = "0.0.0.0/0" }
  }

  expect_failures = [var.nodes, var.control_plane_networks]
}
