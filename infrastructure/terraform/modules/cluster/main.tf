resource "google_container_cluster" "shop" {
  #checkov:skip=CKV_GCP_12: Dataplane V2 enforces NetworkPolicies; the network_policy block configures its predecessor.
  #checkov:skip=CKV_GCP_65: Groups require Google Workspace. IAM controls access to the cluster.
  project             = var.project_id
  name                = var.name
  location            = var.region
  deletion_protection = var.protected

  resource_labels = {
    environment = var.environment
  }

  network           = var.network
  subnetwork        = var.subnetwork
  networking_mode   = "VPC_NATIVE"
  datapath_provider = "ADVANCED_DATAPATH"

  ip_allocation_policy {
    cluster_secondary_range_name  = var.range_names.pods
    services_secondary_range_name = var.range_names.services
  }

  # Traffic between the services is not encrypted (HTTP, Kafka without TLS), so traffic between nodes is encrypted here.
  in_transit_encryption_config = "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT"
  enable_intranode_visibility  = true

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = true
  }

  # The control plane has no public address. Users and CI connect to its DNS endpoint, where IAM authenticates them, so
  # no bastion or allowlist of CI's addresses is needed.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic    = true
      enable_k8s_tokens_via_dns = false
      enable_k8s_certs_via_dns  = false
    }
  }

  # Networks that may use the private address, besides the nodes: none by default.
  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false

    dynamic "cidr_blocks" {
      for_each = var.control_plane_networks

      content {
        cidr_block   = cidr_blocks.value
        display_name = cidr_blocks.key
      }
    }
  }

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  anonymous_authentication_config {
    mode = "LIMITED"
  }

  rbac_binding_config {
    enable_insecure_binding_system_authenticated   = false
    enable_insecure_binding_system_unauthenticated = false
  }

  workload_identity_config {
    workload_pool = "${var.project_id}.svc.id.goog"
  }

  # Reads Secret Manager with the service account of each SecretSync.
  secret_manager_config {
    enabled = true

    rotation_config {
      enabled           = true
      rotation_interval = "120s"
    }
  }

  # Creates Kubernetes Secrets from it, which pods can mount with an fsGroup and a mode.
  secret_sync_config {
    enabled = true

    rotation_config {
      enabled           = true
      rotation_interval = "120s"
    }
  }

  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }

  security_posture_config {
    mode = "BASIC"
  }

  enable_shielded_nodes = true

  addons_config {
    # Disabled: the NetworkPolicies do not allow traffic to the DNS cache's address on the node.
    dns_cache_config {
      enabled = false
    }

    gce_persistent_disk_csi_driver_config {
      enabled = true
    }

    horizontal_pod_autoscaling {
      disabled = false
    }
  }

  release_channel {
    channel = "REGULAR"
  }

  # Nights from Tuesday to Thursday, in UTC, each followed by a working day.
  maintenance_policy {
    recurring_window {
      start_time = "2026-01-06T01:00:00Z"
      end_time   = "2026-01-06T06:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=TU,WE,TH"
    }
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS", "STORAGE", "HPA", "POD", "DEPLOYMENT", "STATEFULSET", "KUBELET", "CADVISOR"]

    managed_prometheus {
      enabled = true
    }
  }

  cost_management_config {
    enabled = true
  }

  # The default node pool cannot be changed later, so it is removed. It has the same protection as the others while it
  # exists.
  remove_default_node_pool = true
  initial_node_count       = 1

  # Small and not SSD: by default its three nodes need 300 GB of the SSD quota, and a new project may have 250.
  node_config {
    disk_type       = "pd-standard"
    disk_size_gb    = 20
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    ignore_changes = [node_config, initial_node_count]
  }

  depends_on = [google_project_iam_member.nodes]
}
