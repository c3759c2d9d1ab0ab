terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.7"
    }
  }

  # `terraform init` sets the bucket with -backend-config=bucket=….
  backend "gcs" {
    prefix = "production"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  default_labels = {
    environment = "production"
  }
}
