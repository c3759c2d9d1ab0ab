locals {
  pools = {
    # For databases, the broker and everything else that must not be preempted.
    general = {
      spot            = false
      initial         = 1 # in each zone
      minimum         = var.nodes.minimum
      maximum         = var.nodes.maximum
      location_policy = "BALANCED"
    }

    # Cheap preemptible nodes, for replicated services. Only pods that tolerate the taint run here; without any there are
    # no nodes.
    spot = {
      spot            = true
      initial         = 0
      minimum         = 0
      maximum         = 10
      location_policy = "ANY"
    }
  }
}

# The identity of the nodes may only write logs and metrics. Workloads have their own identities.
resource "google_service_account" "nodes" {
  project      = var.project_id
  account_id   = "${var.name}-nodes"
  display_name = "Nodes of the cluster ${var.name}"
}

resource "google_project_iam_member" "nodes" {
  project = var.project_id
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.nodes.member
}

# The quotas in bootstrap follow from the number of nodes, their type and their disks.
resource "google_container_node_pool" "pool" {
  for_each = local.pools

  project            = var.project_id
  name               = each.key
  cluster            = google_container_cluster.shop.id
  location           = var.region
  initial_node_count = each.value.initial

  # Totals for the region; min_node_count and max_node_count would apply to each zone.
  autoscaling {
    total_min_node_count = each.value.minimum
    total_max_node_count = each.value.maximum
    location_policy      = each.value.location_policy
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  upgrade_settings {
    strategy        = "SURGE"
    max_surge       = 1
    max_unavailable = 0
  }

  network_config {
    enable_private_nodes = true
  }

  node_config {
    machine_type    = var.nodes.machine_type
    spot            = each.value.spot
    image_type      = "COS_CONTAINERD"
    disk_type       = "pd-balanced"
    disk_size_gb    = 50
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    metadata = {
      disable-legacy-endpoints = "true"
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    gvnic {
      enabled = true
    }

    kubelet_config {
      insecure_kubelet_readonly_port_enabled = "FALSE"
      pod_pids_limit                         = 4096
    }

    dynamic "taint" {
      for_each = each.value.spot ? ["cloud.google.com/gke-spot"] : []

      content {
        key    = taint.value
        value  = "true"
        effect = "NO_SCHEDULE"
      }
    }
  }

  # The autoscaler controls the number of nodes.
  lifecycle {
    ignore_changes = [initial_node_count]
  }
}
