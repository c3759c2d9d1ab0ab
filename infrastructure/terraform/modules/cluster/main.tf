resource "google_container_cluster" "shop" {
  #checkov:skip=CKV_GCP_12: Dataplane V2 enforces NetworkPolicies by itself, and takes no network_policy block, which is for what it replaces.
  #checkov:skip=CKV_GCP_65: Groups want a Google Workspace, which whoever runs the shop need not have. IAM says who may do what in the cluster.
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

  # The services speak plain HTTP and Kafka without TLS among themselves: what leaves a node is encrypted here.
  in_transit_encryption_config = "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT"
  enable_intranode_visibility  = true

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = true
  }

  # The control plane has no public address. People and CI reach it by its name, where Google asks IAM who they are
  # before anything gets to it, so nobody needs a bastion or a list of CI's addresses.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic    = true
      enable_k8s_tokens_via_dns = false
      enable_k8s_certs_via_dns  = false
    }
  }

  # Who may use its private address: nobody but the nodes, unless a network is named.
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

  # Reads Secret Manager as the service account that a SecretProviderClass is used with.
  secret_manager_config {
    enabled = true

    rotation_config {
      enabled           = true
      rotation_interval = "120s"
    }
  }

  # Makes Kubernetes Secrets of what was read, which pods mount with the owner and the mode that they ask for.
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
    # It would answer the pods' questions from an address that no NetworkPolicy of the shop knows.
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

  # Nights from Tuesday to Thursday, in UTC: somebody is there the day after.
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

  # A cluster is born with a pool that cannot be changed later: it is removed at once for those below. While it
  # lives it is no less guarded than they are.
  remove_default_node_pool = true
  initial_node_count       = 1

  node_config {
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
