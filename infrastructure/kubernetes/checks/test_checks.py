"""Tests of this project's own checks: each reports a broken manifest."""

import copy
from functools import cache

import capacity
import encryption
import network
import pytest
import references
import workloads
from manifests import render

rendered = cache(render)


@pytest.fixture(name="local")
def fixture_local():
    return copy.deepcopy(rendered("local"))


@pytest.fixture(name="gke")
def fixture_gke():
    return copy.deepcopy(rendered("gke"))


def spec(manifests, kind, name):
    return manifests.find(kind, name)["spec"]


def pod(manifests, name, kind="Deployment"):
    return spec(manifests, kind, name)["template"]["spec"]


def settings(manifests, name):
    return next(one["data"] for one in manifests.all("ConfigMap") if one["metadata"]["name"].startswith(f"{name}-"))


def expect(errors, message):
    assert any(message in error for error in errors)


def test_given_no_default_deny_when_checked_then_the_open_path_is_reported(local):
    for name in ("orders", "default-deny"):
        local.objects.remove(local.find("NetworkPolicy", name))
    expect(network.check(local), "other-namespace to orders on every TCP port is open")


def test_given_a_missing_policy_when_checked_then_the_closed_path_is_reported(local):
    local.objects.remove(local.find("NetworkPolicy", "kafka"))
    expect(network.check(local), "products to kafka on 9092/TCP is in reachability.yaml, but closed")


@pytest.mark.parametrize(
    "rule, message",
    [
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, "orders to internet on every TCP port is open"),
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 25}]}, "orders to internet on 25/TCP is open"),
    ],
)
def test_given_an_extra_egress_rule_when_checked_then_the_open_path_is_reported(local, rule, message):
    spec(local, "NetworkPolicy", "orders")["egress"].append(rule)
    expect(network.check(local), message)


def test_given_a_policy_without_ports_when_checked_then_the_open_ports_are_reported(local):
    del spec(local, "NetworkPolicy", "edge")["egress"][0]["ports"]
    del spec(local, "NetworkPolicy", "gateway")["ingress"][0]["ports"]
    expect(network.check(local), "edge to gateway on every TCP port is open")


def test_given_a_policy_that_selects_no_pod_when_checked_then_it_is_reported(local):
    spec(local, "NetworkPolicy", "orders")["podSelector"] = {"matchLabels": {"app": "orders"}}
    expect(network.check(local), "NetworkPolicy orders selects no pod")


def test_given_a_short_oplog_when_checked_then_it_is_reported(gke):
    args = pod(gke, "mongo-orders", "StatefulSet")["containers"][0]["args"]
    args[args.index("--oplogMinRetentionHours") + 1] = "0"
    expect(workloads.check(gke), "without --oplogMinRetentionHours 1, the event stream cannot be resumed for an hour")


def test_given_an_unknown_variable_when_checked_then_it_is_reported(local):
    settings(local, "gateway")["UPSTREAM_CATALOGUE"] = "x"
    expect(references.check(local), "gateway does not read the variable UPSTREAM_CATALOGUE")


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("KAFKA_BROKERS", "kafka-1.kafka:9092", "names kafka-1.kafka:9092, which does not exist"),
        ("MONGODB_URI", "mongodb://mongo-orders-0.mongo-orders:27017/?replicaSet=rs-x", "names the replica set rs-x"),
        ("KAFKA_PASSWORD_FILE", "/run/secrets/orders/kafka", "where no Secret is mounted"),
        ("LISTEN", "0.0.0.0:9000", "listens on 0.0.0.0:9000"),
    ],
)
def test_given_a_wrong_setting_when_checked_then_it_is_reported(local, name, value, message):
    settings(local, "orders")[name] = value
    expect(references.check(local), message)


def test_given_a_secret_that_is_not_mounted_for_its_group_only_when_checked_then_it_is_reported(local):
    secret = pod(local, "orders")["volumes"][0]["secret"]
    secret["defaultMode"] = 0o444
    expect(references.check(local), "is world-readable")
    secret["secretName"] = "order"
    expect(references.check(local), "of the Secret order, which does not exist")


def test_given_a_probe_of_an_unknown_path_when_checked_then_it_is_reported(local):
    pod(local, "orders")["containers"][0]["livenessProbe"]["httpGet"]["path"] = "/healthz"
    expect(references.check(local), "requests /healthz, which is not served")


def test_given_a_service_without_a_pod_when_checked_then_it_is_reported(local):
    spec(local, "Service", "orders")["ports"][0]["targetPort"] = "web"
    expect(references.check(local), "no selected pod has the port web")


def test_given_a_secret_with_another_reader_when_checked_then_it_is_reported(gke):
    spec(gke, "SecretSync", "kafka")["serviceAccountName"] = "setup"
    expect(references.check(gke), "Terraform does not let setup read kafka-jaas-conf")


def test_given_an_origin_without_certificate_when_checked_then_it_is_reported(gke):
    spec(gke, "Certificate", "edge")["dnsNames"] = ["other.example"]
    settings(gke, "authentication")["PUBLIC_ORIGINS"] = "https://other.example"
    errors = list(references.check(gke))
    expect(errors, "there is no certificate for shop.example")
    expect(errors, "but PUBLIC_ORIGINS of authentication is https://other.example")


def test_given_a_guide_to_a_missing_job_when_checked_then_it_is_reported(gke):
    gke.objects.remove(gke.find("CronJob", "dead-letters"))
    expect(references.check(gke), "names cronjob/dead-letters, which does not exist")


def test_given_a_drain_longer_than_the_grace_period_when_checked_then_it_is_reported(local):
    settings(local, "orders")["DRAIN_TIMEOUT"] = "50s"
    expect(workloads.check(local), "Deployment orders: the grace period is too short")


def test_given_a_rollout_with_missing_replicas_when_checked_then_it_is_reported(local):
    spec(local, "Deployment", "edge")["strategy"]["rollingUpdate"]["maxUnavailable"] = 1
    expect(workloads.check(local), "Deployment edge: maxUnavailable is not 0")


def test_given_members_that_share_a_node_when_checked_then_it_is_reported(gke):
    del pod(gke, "mongo-orders", "StatefulSet")["affinity"]
    expect(workloads.check(gke), "StatefulSet mongo-orders: two members can run on one node")


@pytest.mark.parametrize(
    "requests, message",
    [
        ({"cpu": "2", "memory": "1536Mi"}, "m CPU, and the nodes have 9600m"),
        ({"cpu": "250m", "memory": "8Gi"}, "MiB of memory, and the nodes have 36864 MiB"),
    ],
)
def test_given_pods_that_do_not_fit_on_the_nodes_when_checked_then_it_is_reported(gke, requests, message):
    pod(gke, "mongo-orders", "StatefulSet")["containers"][0]["resources"]["requests"] = requests
    expect(capacity.check(gke), message)


def test_given_an_unencrypted_probe_of_a_service_with_tls_when_checked_then_it_is_reported(gke):
    del pod(gke, "orders")["containers"][0]["readinessProbe"]["httpGet"]["scheme"]
    expect(encryption.check(gke), "Deployment orders: the readinessProbe does not use HTTPS")


@pytest.mark.parametrize(
    "name, client, host",
    [
        ("orders", "Deployment gateway", "orders"),
        ("kafka", "Deployment products", "kafka-1.kafka"),
        ("mongo-orders", "Job setup", "mongo-orders-2.mongo-orders"),
    ],
)
def test_given_a_server_without_certificate_when_checked_then_its_clients_are_reported(gke, name, client, host):
    gke.objects.remove(gke.find("Certificate", name))
    expect(encryption.check(gke), f"{client} connects to {host}, which has no certificate for that name")


@pytest.mark.parametrize(
    "name, setting, value, message",
    [
        ("gateway", "UPSTREAM_ORDERS", "http://orders:8003", "Deployment gateway connects to orders without TLS"),
        ("edge", "GATEWAY_SCHEME", "http", "Deployment edge connects to gateway without TLS"),
        ("orders", "KAFKA_CA_FILE", None, "Deployment orders connects to kafka-0.kafka without TLS"),
        ("setup", "MONGODB_CA_FILE", None, "Job setup connects to mongo-orders-0.mongo-orders without TLS"),
    ],
)
def test_given_a_client_without_tls_when_checked_then_it_is_reported(gke, name, setting, value, message):
    settings(gke, name)[setting] = value
    if value is None:
        del settings(gke, name)[setting]
    expect(encryption.check(gke), message)


def test_given_a_server_without_tls_when_checked_then_its_clients_are_reported(gke):
    pod(gke, "mongo-orders", "StatefulSet")["containers"][0]["args"].remove("requireTLS")
    expect(encryption.check(gke), "Deployment orders connects to mongo-orders-0.mongo-orders with TLS, unlike the server")


def test_given_the_certificate_of_another_server_when_checked_then_it_is_reported(gke):
    volume = next(one for one in pod(gke, "orders")["volumes"] if one["name"] == "tls")
    volume["secret"]["secretName"] = "tls-products"
    expect(encryption.check(gke), "Deployment orders: mounts no certificate for orders")


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("scheme", "http", "PodMonitoring services: the metrics of orders do not use https"),
        ("port", "metrics", "PodMonitoring services: orders has no port metrics"),
    ],
)
def test_given_wrong_metrics_when_checked_then_they_are_reported(gke, key, value, message):
    spec(gke, "PodMonitoring", "services")["endpoints"][0][key] = value
    expect(encryption.check(gke), message)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("/run/secrets/tls/ca.crt", "/run/secrets/tls/ca.pem", "a command names /run/secrets/tls/ca.pem, which is not"),
        ("/etc/mongo/ready.sh", "/etc/mongo/probe.sh", "a command names /etc/mongo/probe.sh, which is not mounted"),
        ("27017", "27018", "a probe uses the port 27018, which the container does not have"),
    ],
)
def test_given_a_probe_with_a_wrong_word_when_checked_then_it_is_reported(gke, old, new, message):
    command = pod(gke, "mongo-orders", "StatefulSet")["containers"][0]["readinessProbe"]["exec"]["command"]
    command[command.index(old)] = new
    expect(references.check(gke), message)


def test_given_an_argument_that_names_a_missing_file_when_checked_then_it_is_reported(gke):
    pod(gke, "mongo-orders", "StatefulSet")["containers"][0]["args"][-2] = "/run/secrets/tls/authority.crt"
    expect(references.check(gke), "a command names /run/secrets/tls/authority.crt, which is not mounted")


def test_given_a_wrong_certificate_when_checked_then_it_is_reported(gke):
    spec(gke, "Certificate", "kafka")["dnsNames"].append("kafka-3.kafka")
    spec(gke, "Certificate", "orders")["dnsNames"] = ["order"]
    spec(gke, "Certificate", "products")["issuerRef"]["name"] = "authorities"
    spec(gke, "Issuer", "authority")["ca"]["secretName"] = "authority"
    errors = list(references.check(gke))
    expect(errors, "Certificate kafka names kafka-3.kafka, which does not exist")
    expect(errors, "Certificate orders names order, which does not exist")
    expect(errors, "Certificate products: there is no Issuer authorities")
    expect(errors, "Issuer authority: no Certificate creates the authority authority")
