"""How workloads are rolled out, spread, probed and stopped, so that no request and no data is lost.

checkov checks the rest of a pod: its privileges, its resources, its token and that it has probes.
"""

import re
from itertools import pairwise

from manifests import image_name, is_own_image, name_of, title
from network import matches

# Seconds that a service may need to stop after draining: background tasks, outbox, producer (services/*/src/serve.rs).
BACKGROUND_STOP = 15
# worker_shutdown_timeout in nginx.conf.template.
EDGE_DRAIN = 10
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def check(manifests):
    for part in (namespaces, deployments, stateful_sets, databases, pods, stopping, probes, disruption_budgets):
        yield from part(manifests)


def namespaces(manifests):
    """The cluster itself rejects pods that break the Pod Security Standard `restricted`."""
    for namespace in manifests.all("Namespace"):
        labels = namespace["metadata"].get("labels", {})
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{title(namespace)} does not enforce restricted pods"
        if not labels.get("pod-security.kubernetes.io/enforce-version", "").startswith("v1."):
            yield f"{title(namespace)} does not pin the version of the Pod Security Standard"


def deployments(manifests):
    minimum = 1 if manifests.overlay == "local" else 2
    for deployment in manifests.all("Deployment"):
        spec = deployment["spec"]
        if "replicas" in spec:
            yield f"{title(deployment)} sets replicas, which its autoscaler controls"
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name_of(deployment)}
        scalers = [one for one in manifests.all("HorizontalPodAutoscaler") if one["spec"]["scaleTargetRef"] == target]
        if not scalers:
            yield f"{title(deployment)} has no autoscaler"
        elif scalers[0]["spec"].get("minReplicas", 1) < minimum:
            yield f"{title(scalers[0])} can scale below {minimum}"
        if spec.get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0:
            yield f"{title(deployment)}: maxUnavailable is not 0, so a rollout removes replicas first"
        for key in {ZONE, HOST} - set(spread(spec["template"]["spec"])):
            yield f"{title(deployment)} is not spread over {key}"


def spread(pod):
    """Each topology key that pods are spread over, and what the scheduler does where it cannot spread them."""
    return {one["topologyKey"]: one.get("whenUnsatisfiable") for one in pod.get("topologySpreadConstraints", [])}


def stateful_sets(manifests):
    local = manifests.overlay == "local"
    for stateful_set in manifests.all("StatefulSet"):
        spec = stateful_set["spec"]
        pod, labels = spec["template"]["spec"], spec["template"]["metadata"]["labels"]
        if spec.get("replicas") != (1 if local else 3):
            yield f"{title(stateful_set)} does not have {1 if local else 3} members"
        service = (manifests.find("Service", spec["serviceName"]) or {}).get("spec", {})
        if service.get("clusterIP") != "None" or not service.get("publishNotReadyAddresses"):
            yield f"{title(stateful_set)} has no headless Service that publishes members that are not ready"
        if not spec.get("volumeClaimTemplates"):
            yield f"{title(stateful_set)} keeps its data in the pod"
        if spread(pod).get(ZONE) != ("ScheduleAnyway" if local else "DoNotSchedule"):
            yield f"{title(stateful_set)}: wrong spread over zones for the overlay {manifests.overlay}"
        affinity = pod.get("affinity", {}).get("podAntiAffinity", {})
        rules = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", [])
        if not any(rule["topologyKey"] == HOST and matches(rule["labelSelector"], labels) for rule in rules):
            yield f"{title(stateful_set)}: two members can run on one node"


def databases(manifests):
    """The options on which promises of the services depend."""
    options = {
        ("--oplogMinRetentionHours", "1"): "the event stream cannot be resumed for an hour",
        ("--setParameter", "transactionLifetimeLimitSeconds=3"): "a killed service holds its locks for a minute",
    }
    for workload, _, container in manifests.containers():
        if container["name"] != "mongod":
            continue
        given = list(pairwise(container["args"]))
        for option, otherwise in options.items():
            if option not in given:
                yield f"{title(workload)}: without {' '.join(option)}, {otherwise}"


def pods(manifests):
    classes = {name_of(one) for one in manifests.all("PriorityClass")}
    accounts = {name_of(one) for one in manifests.all("ServiceAccount")}
    for workload, template in manifests.workloads():
        pod = template["spec"]
        if pod.get("securityContext", {}).get("runAsNonRoot") is not True:
            yield f"{title(workload)} does not set runAsNonRoot"
        if any("hostPath" in volume for volume in pod.get("volumes", [])):
            yield f"{title(workload)} mounts a hostPath volume"
        if pod.get("serviceAccountName") not in accounts:
            yield f"{title(workload)} has no dedicated service account"
        if workload["kind"] in ("Deployment", "StatefulSet") and pod.get("priorityClassName") not in classes:
            yield f"{title(workload)} has no priority class"


def stopping(manifests):
    """The grace period is longer than the pod needs to drain and stop."""
    for deployment in manifests.all("Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        container = pod["containers"][0]
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if not sleep:
            yield f"{title(deployment)} has no preStop sleep: it is stopped while it still receives requests"
        drain = EDGE_DRAIN
        if image_name(container) != "edge":
            settings = manifests.environment(container)
            drain = BACKGROUND_STOP + seconds(settings, "DRAIN_DELAY", 0) + seconds(settings, "DRAIN_TIMEOUT", 10)
        if pod.get("terminationGracePeriodSeconds", 30) <= sleep + drain:
            yield f"{title(deployment)}: the grace period is too short; stopping takes up to {sleep + drain} s"


def seconds(settings, name, default):
    return int(re.fullmatch(r"(\d+)s", settings.get(name, f"{default}s"))[1])


def probes(manifests):
    for workload, pod, container in manifests.containers():
        if workload["kind"] not in ("Deployment", "StatefulSet") or container in pod.get("initContainers", []):
            continue
        if not container.get("startupProbe"):
            yield f"{title(workload)} has no startupProbe"
        liveness, readiness = (handler(container.get(kind, {})) for kind in ("livenessProbe", "readinessProbe"))
        if liveness == readiness:
            yield f"{title(workload)}: liveness and readiness are the same probe, so being unready restarts the pod"
        if is_own_image(container) and liveness.get("httpGet", {}).get("path") not in (None, "/health/live"):
            yield f"{title(workload)}: the liveness probe depends on other services"


def handler(probe):
    return {kind: value for kind, value in probe.items() if kind in ("httpGet", "tcpSocket", "exec", "grpc")}


def disruption_budgets(manifests):
    for workload in manifests.all("Deployment", "StatefulSet"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        budgets = [one["spec"] for one in manifests.all("PodDisruptionBudget") if matches(one["spec"]["selector"], labels)]
        if [budget.get("maxUnavailable") for budget in budgets] != [1]:
            yield f"{title(workload)} has no disruption budget of one pod"
