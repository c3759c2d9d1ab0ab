# The secrets of `cargo xtask secrets` that the cluster needs, with a dash for each dot of the file name, and the
# Kubernetes service account that reads it from Secret Manager. One account is enough: other readers, such as setup,
# mount the Kubernetes Secret.
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
