"""One planted fault after another: the check that it is for has to find it, and to name it."""

import copy
import shutil
import tempfile
from dataclasses import dataclass
from typing import Callable

from shop import FOLDER, Broken, Shop, render


@dataclass
class Fault:
    """What is broken, and a part of the sentence with which `check` has to answer."""

    check: str
    sentence: str
    plant: Callable[[Shop], object]
    overlay: str = "local"


def pod(shop, name, kind="Deployment"):
    return shop.find(kind, name)["spec"]["template"]["spec"]


def container(shop, name, kind="Deployment"):
    return pod(shop, name, kind)["containers"][0]


def put(thing, path, value):
    """Sets what is at a path such as `spec.ports.0.port`; None removes it."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        thing = thing[part]
    if value is None:
        del thing[last]
    else:
        thing[last] = value


def change(kind, name, path, value):
    return lambda shop: put(shop.find(kind, name), path, value)


def in_pod(name, path, value, kind="Deployment"):
    return lambda shop: put(pod(shop, name, kind), path, value)


def in_container(name, path, value, kind="Deployment"):
    return lambda shop: put(container(shop, name, kind), path, value)


def setting(name, key, value):
    """Changes a value in the ConfigMap of a service."""

    def plant(shop):
        settings = next(one for one in shop.all("ConfigMap") if one["metadata"]["name"].startswith(f"{name}-"))
        settings["data"][key] = value

    return plant


def without(kind, name):
    return lambda shop: shop.objects.remove(shop.find(kind, name))


def annotated(name, value):
    return lambda shop: (
        shop.find("Deployment", name)["metadata"].setdefault("annotations", {}).update({"checkov.io/skip9": value})
    )


UNSATISFIABLE = "topologySpreadConstraints.0.whenUnsatisfiable"
ANOTHER_SECRET = "- resourceName: projects/p/secrets/x/versions/latest\n  path: kafka-jaas.conf\n"
EVERYWHERE = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
MAIL = {**EVERYWHERE, "ports": [{"port": 25}]}
FROM_EVERY_NAMESPACE = {"from": [{"namespaceSelector": {}}]}


def policy(shop, name):
    return shop.find("NetworkPolicy", name)["spec"]


def without_policies(*names):
    def plant(shop):
        for name in names:
            shop.objects.remove(shop.find("NetworkPolicy", name))

    return plant


def one_more_rule(name, direction, rule):
    return lambda shop: policy(shop, name)[direction].append(rule)


def at_every_port(source, destination):
    def plant(shop):
        del policy(shop, source)["egress"][0]["ports"]
        del policy(shop, destination)["ingress"][0]["ports"]

    return plant


def open_to_backup(shop):
    policy(shop, "backup")["egress"].append({})
    policy(shop, "kafka")["ingress"].append({})


FAULTS = [
    Fault("schemas", "Deployment gateway is not valid", change("Deployment", "gateway", "spec.templat", {})),
    Fault("schemas", "Deployment gateway is not valid", in_container("gateway", "lifecycle.preStop.sleeps", 5)),
    Fault("schemas", "which is no quantity", in_container("gateway", "resources.limits.memory", "lots")),
    Fault("schemas", "nothing is known", change("Service", "edge", "apiVersion", "v2")),
    Fault("schemas", "Certificate edge is not valid", change("Certificate", "edge", "spec.dnsName", "a"), "gke"),
    Fault(
        "schemas",
        "SecretProviderClass orders is not valid",
        change("SecretProviderClass", "orders", "spec.parameters.secrets", "- projects/x\n"),
        "gke",
    ),
    Fault("restricted pods", "does not enforce", change("Namespace", "fleetmarket", "metadata.labels", {})),
    Fault(
        "restricted pods", "may gain privileges", in_container("edge", "securityContext.allowPrivilegeEscalation", True)
    ),
    Fault(
        "restricted pods",
        "does not drop all",
        in_container("kafka", "securityContext.capabilities", {"add": ["NET_RAW"]}, "StatefulSet"),
    ),
    Fault("restricted pods", "may run as root", in_pod("setup", "securityContext.runAsNonRoot", None, "Job")),
    Fault(
        "restricted pods",
        "has no seccomp profile",
        in_pod("mongo-orders", "securityContext.seccompProfile", None, "StatefulSet"),
    ),
    Fault("restricted pods", "hostNetwork is set", in_pod("orders", "hostNetwork", True)),
    Fault(
        "restricted pods",
        "is a hostPath",
        in_pod("orders", "volumes.0", {"name": "secrets", "hostPath": {"path": "/"}}),
    ),
    Fault("restricted pods", "takes a port of the node", in_container("edge", "ports.0.hostPort", 80)),
    Fault("conventions", "sets replicas", change("Deployment", "orders", "spec.replicas", 3)),
    Fault("conventions", "has no autoscaler", without("HorizontalPodAutoscaler", "orders")),
    Fault("conventions", "goes below", change("HorizontalPodAutoscaler", "orders", "spec.minReplicas", 1), "gke"),
    Fault(
        "conventions",
        "with replicas missing",
        change("Deployment", "edge", "spec.strategy.rollingUpdate.maxUnavailable", 1),
    ),
    Fault(
        "conventions",
        "is not spread over topology.kubernetes.io/zone",
        in_pod("edge", "topologySpreadConstraints.0", {"topologyKey": "x"}),
    ),
    Fault("conventions", "does not have 3 members", change("StatefulSet", "kafka", "spec.replicas", 2), "gke"),
    Fault("conventions", "has no headless Service", change("Service", "mongo-orders", "spec.clusterIP", None)),
    Fault(
        "conventions", "keeps its data in the pod", change("StatefulSet", "kafka", "spec.volumeClaimTemplates", None)
    ),
    Fault(
        "conventions",
        "members stand in one zone",
        in_pod("kafka", "topologySpreadConstraints", [], "StatefulSet"),
        "gke",
    ),
    Fault(
        "conventions",
        "nowhere where there are no zones",
        in_pod("kafka", UNSATISFIABLE, "DoNotSchedule", "StatefulSet"),
    ),
    Fault("conventions", "may stand on one node", in_pod("mongo-orders", "affinity", None, "StatefulSet")),
    Fault("conventions", "gets a token", in_pod("orders", "automountServiceAccountToken", True)),
    Fault("conventions", "has no service account", in_pod("orders", "serviceAccountName", "default")),
    Fault("conventions", "has no priority", in_pod("orders", "priorityClassName", None)),
    Fault("conventions", "has no memory in its limits", in_container("orders", "resources.limits.memory", None)),
    Fault(
        "conventions",
        "can write to its image's files",
        in_container("orders", "securityContext.readOnlyRootFilesystem", False),
    ),
    Fault("conventions", "there is no preStop", in_container("gateway", "lifecycle", None)),
    Fault("conventions", "is killed before it can have stopped", setting("orders", "DRAIN_TIMEOUT", "50s")),
    Fault("conventions", "has no startupProbe", in_container("gateway", "startupProbe", None)),
    Fault(
        "conventions",
        "liveness asks what readiness does",
        in_container("gateway", "livenessProbe.httpGet.path", "/health/ready"),
    ),
    Fault("conventions", "which asks others", in_container("gateway", "livenessProbe.httpGet.path", "/health/ready")),
    Fault("conventions", "losing two pods at once", without("PodDisruptionBudget", "kafka")),
    Fault("references", "the Dockerfile makes no image", in_container("orders", "image", "fleetmarket/order:dev")),
    Fault("references", "is not named by its digest", in_container("orders", "image", "x/fleetmarket/orders:1"), "gke"),
    Fault("references", "may be another one tomorrow", in_container("orders", "image", "fleetmarket/orders")),
    Fault(
        "references",
        "is not the one of docker-compose.yml",
        in_container("mongo-orders", "image", "mongo:7.0", "StatefulSet"),
    ),
    Fault("references", "reads no variable UPSTREAM_CATALOGUE", setting("gateway", "UPSTREAM_CATALOGUE", "x")),
    Fault("references", "GATEWAY has no value", in_container("edge", "envFrom", [])),
    Fault("references", "without TRUSTED_PROXIES", in_container("authentication", "envFrom", [])),
    Fault("references", "there is no ConfigMap", in_container("orders", "envFrom.0.configMapRef.name", "order")),
    Fault("references", "listens at 0.0.0.0:9000", setting("orders", "LISTEN", "0.0.0.0:9000")),
    Fault("references", "does not listen at", in_container("orders", "ports.0.containerPort", 9000)),
    Fault("references", "no pod has the port", change("Service", "orders", "spec.ports.0.targetPort", "web")),
    Fault(
        "references",
        "where there is no such port",
        change("Ingress", "edge", "spec.rules.0.http.paths.0.backend.service.port.name", "web"),
    ),
    Fault(
        "references", "names order:8003, which is not there", setting("gateway", "UPSTREAM_ORDERS", "http://order:8003")
    ),
    Fault(
        "references",
        "names kafka-1.kafka:9092",
        setting("orders", "KAFKA_BROKERS", "kafka-0.kafka:9092,kafka-1.kafka:9092"),
    ),
    Fault(
        "references",
        "wants the replica set rs-order,",
        setting("orders", "MONGODB_URI", "mongodb://mongo-orders-0.mongo-orders:27017/?replicaSet=rs-order"),
    ),
    Fault(
        "references", "nothing answers at /healthz", in_container("orders", "livenessProbe.httpGet.path", "/healthz")
    ),
    Fault("references", "a port that it does not have", in_container("orders", "livenessProbe.httpGet.port", "web")),
    Fault(
        "references",
        "of the Secret order, which is not there",
        in_pod("orders", "volumes.0.secret.secretName", "order"),
    ),
    Fault(
        "references",
        "of the Secret setup, which is not there",
        in_pod("setup", "volumes.0.projected.sources.6.secret.items.0.key", "x", "Job"),
    ),
    Fault("references", "everybody in the container can read", in_pod("orders", "volumes.0.secret.defaultMode", 0o444)),
    Fault(
        "references",
        "where no Secret is mounted",
        setting("orders", "KAFKA_PASSWORD_FILE", "/run/secrets/orders/kafka"),
    ),
    Fault(
        "references",
        "its source has no",
        change("SecretSync", "kafka", "spec.secretObject.data.0.sourcePath", "x"),
        "gke",
    ),
    Fault(
        "references",
        "`cargo xtask secrets` makes no",
        change("SecretProviderClass", "kafka", "spec.parameters.secrets", ANOTHER_SECRET),
        "gke",
    ),
    Fault(
        "references",
        "there is no service account",
        change("SecretSync", "kafka", "spec.serviceAccountName", "x"),
        "gke",
    ),
    Fault(
        "references",
        "does not let setup read",
        change("SecretSync", "kafka", "spec.serviceAccountName", "setup"),
        "gke",
    ),
    Fault(
        "references",
        "and sessions are kept for",
        setting("authentication", "PUBLIC_ORIGINS", "https://other.example"),
        "gke",
    ),
    Fault(
        "references",
        "no certificate is ordered",
        change("Certificate", "edge", "spec.dnsNames", ["other.example"]),
        "gke",
    ),
    Fault("references", "names cronjob/dead-letters", without("CronJob", "dead-letters"), "gke"),
    Fault("references", "where nothing is mounted", in_container("kafka", "volumeMounts", [], "StatefulSet"), "gke"),
    Fault("network", "stranger to orders at any other TCP port is open", without_policies("orders", "nobody")),
    Fault("network", "orders to internet at any other TCP port is open", one_more_rule("orders", "egress", EVERYWHERE)),
    Fault(
        "network",
        "stranger to gateway at any other TCP port is open",
        one_more_rule("gateway", "ingress", FROM_EVERY_NAMESPACE),
    ),
    Fault("network", "edge to gateway at any other TCP port is open", at_every_port("edge", "gateway")),
    Fault("network", "products to kafka at 9092/TCP is meant, and is closed", without_policies("kafka")),
    Fault(
        "network",
        "selects nobody",
        change("NetworkPolicy", "orders", "spec.podSelector", {"matchLabels": {"app": "orders"}}),
    ),
    Fault("network", "orders to internet at 25/TCP is open", one_more_rule("orders", "egress", MAIL)),
    Fault("network", "backup to kafka at any other TCP port is open", open_to_backup, "gke"),
    Fault("findings of checkov", "CKV_K8S_", in_container("orders", "securityContext.privileged", True)),
    Fault("findings of checkov", "does not say why", annotated("orders", "CKV_K8S_11=no")),
]


def run(checks):
    shops = {}
    missed = 0
    for fault in FAULTS:
        if fault.overlay not in shops:
            shops[fault.overlay] = render(fault.overlay)
        shop = copy.deepcopy(shops[fault.overlay])
        fault.plant(shop)
        complaints = checks[fault.check](shop)
        if not any(fault.sentence in complaint for complaint in complaints):
            missed += 1
            print(f"{fault.check}: a planted fault is not found: {fault.sentence}. It says: {complaints[:3]}")
    missed += not is_found_when_it_cannot_be_rendered()
    print(f"{len(FAULTS) + 1 - missed} of {len(FAULTS) + 1} planted faults are found.")
    return int(missed > 0)


def is_found_when_it_cannot_be_rendered():
    with tempfile.TemporaryDirectory() as folder:
        copied = shutil.copytree(FOLDER, f"{folder}/kubernetes")
        with open(f"{copied}/base/kustomization.yaml", "a", encoding="utf-8") as kustomization:
            kustomization.write("resource: []\n")
        try:
            render("local", copied)
        except Broken:
            return True
    print("An overlay that cannot be rendered is not found.")
    return False
