# The secrets that the cluster needs of those that `cargo xtask secrets` makes, each with a dash where its file has a
# dot, and the Kubernetes service account that brings it in. One is enough for each: who else needs it, such as the
# set-up, mounts the Kubernetes Secret that is there anyway.
locals {
  services_with_a_database = ["authentication", "products", "orders"]

  secrets = merge(
    { for service in local.services_with_a_database : "mongo-${service}-root-password" => ["mongo-${service}"] },
    { for service in local.services_with_a_database : "mongo-${service}-keyfile" => ["mongo-${service}"] },
    { for service in local.services_with_a_database : "mongo-${service}-password" => [service] },
    {
      kafka-setup-password    = ["setup"]
      kafka-products-password = ["products"]
      kafka-orders-password   = ["orders"]
      kafka-jaas-conf         = ["kafka"]
      token-previous-pem      = ["authentication"]
      token-current-pem       = ["authentication"]
      token-next-pem          = ["authentication"]
    },
  )
}
