"""How workloads are replaced, spread and kept alive, so that no request and no data is lost."""

import re

from network import matches
from shop import image_name, is_ours, name_of, title

# What a service may take to stop beside draining: background work, outbox, producer (services/*/src/serve.rs).
BACKGROUND = 15
# worker_shutdown_timeout in nginx.conf.template.
EDGE_DRAIN = 10


def check(shop):
    return [
        *deployments(shop),
        *stores(shop),
        *pods(shop),
        *stopping(shop),
        *probes(shop),
        *disruption(shop),
    ]


def deployments(shop):
    least = 1 if shop.overlay == "local" else 2
    for thing in shop.all("Deployment"):
        spec = thing["spec"]
        if "replicas" in spec:
            yield f"{title(thing)} sets replicas, which its autoscaler does."
        scaler = next((one for one in shop.all("HorizontalPodAutoscaler") if scales(one, thing)), None)
        if not scaler:
            yield f"{title(thing)} has no autoscaler."
        elif scaler["spec"].get("minReplicas", 1) < least:
            yield f"{title(scaler)} goes below {least}."
        if spec.get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0:
            yield f"{title(thing)} is replaced with replicas missing: maxUnavailable is not 0."
        spread = {one["topologyKey"] for one in spec["template"]["spec"].get("topologySpreadConstraints", [])}
        for key in {"topology.kubernetes.io/zone", "kubernetes.io/hostname"} - spread:
            yield f"{title(thing)} is not spread over {key}."


def scales(scaler, thing):
    target = scaler["spec"]["scaleTargetRef"]
    return (target["apiVersion"], target["kind"], target["name"]) == (
        thing["apiVersion"],
        thing["kind"],
        name_of(thing),
    )


def stores(shop):
    members = 1 if shop.overlay == "local" else 3
    for thing in shop.all("StatefulSet"):
        spec = thing["spec"]
        pod = spec["template"]["spec"]
        if spec.get("replicas") != members:
            yield f"{title(thing)} does not have {members} members."
        service = shop.find("Service", spec["serviceName"])
        if (
            not service
            or service["spec"].get("clusterIP") != "None"
            or not service["spec"].get("publishNotReadyAddresses")
        ):
            yield f"{title(thing)} has no headless Service that names members that are not ready."
        if not spec.get("volumeClaimTemplates"):
            yield f"{title(thing)} keeps its data in the pod."
        apart = (
            pod.get("affinity", {}).get("podAntiAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", [])
        )
        zones = {one["topologyKey"]: one["whenUnsatisfiable"] for one in pod.get("topologySpreadConstraints", [])}
        if zones.get("topology.kubernetes.io/zone") != (
            "ScheduleAnyway" if shop.overlay == "local" else "DoNotSchedule"
        ):
            yield f"{title(thing)}: members stand in one zone, or nowhere where there are no zones."
        labels = spec["template"]["metadata"]["labels"]
        if not any(
            one["topologyKey"] == "kubernetes.io/hostname" and matches(one["labelSelector"], labels) for one in apart
        ):
            yield f"{title(thing)}: two members may stand on one node."


def pods(shop):
    classes = {name_of(one) for one in shop.all("PriorityClass")}
    accounts = {name_of(one) for one in shop.all("ServiceAccount")}
    for thing, template in shop.workloads():
        pod = template["spec"]
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{title(thing)} gets a token of the cluster's API."
        if pod.get("serviceAccountName") not in accounts:
            yield f"{title(thing)} has no service account of its own."
        if thing["kind"] in ("Deployment", "StatefulSet") and pod.get("priorityClassName") not in classes:
            yield f"{title(thing)} has no priority."
    for thing, _, container in shop.containers():
        resources = container.get("resources", {})
        for kind in ("requests", "limits"):
            for what in {"cpu", "memory"} - set(resources.get(kind, {})):
                yield f"{title(thing)}: {container['name']} has no {what} in its {kind}."
        if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
            yield f"{title(thing)}: {container['name']} can write to its image's files."


def stopping(shop):
    """The pod is killed only after the service had the time that it may take."""
    for thing in shop.all("Deployment"):
        pod = thing["spec"]["template"]["spec"]
        container = pod["containers"][0]
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if not pause:
            yield f"{title(thing)} is told to stop while it is still being sent requests: there is no preStop."
        if image_name(container) == "edge":
            drain = EDGE_DRAIN
        else:
            settings = shop.environment(container)
            drain = (
                BACKGROUND + seconds(settings.get("DRAIN_DELAY", "0s")) + seconds(settings.get("DRAIN_TIMEOUT", "10s"))
            )
        if pod.get("terminationGracePeriodSeconds", 30) <= pause + drain:
            yield f"{title(thing)} is killed before it can have stopped, which takes up to {pause + drain} s."


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def probes(shop):
    for thing, pod, container in shop.containers():
        if thing["kind"] not in ("Deployment", "StatefulSet") or container in pod.get("initContainers", []):
            continue
        asked = {kind: container.get(kind) for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
        for kind in [kind for kind, probe in asked.items() if not probe]:
            yield f"{title(thing)} has no {kind}."
        if all(asked.values()) and how(asked["livenessProbe"]) == how(asked["readinessProbe"]):
            yield f"{title(thing)} is restarted for what should keep requests away: liveness asks what readiness does."
        path = (asked["livenessProbe"] or {}).get("httpGet", {}).get("path")
        if is_ours(container) and path not in (None, "/health/live"):
            yield f"{title(thing)}: liveness asks {path}, which asks others."


def how(probe):
    return {kind: value for kind, value in probe.items() if kind in ("httpGet", "tcpSocket", "exec", "grpc")}


def disruption(shop):
    for thing in shop.all("Deployment", "StatefulSet"):
        labels = thing["spec"]["template"]["metadata"]["labels"]
        budgets = [one for one in shop.all("PodDisruptionBudget") if matches(one["spec"]["selector"], labels)]
        if len(budgets) != 1 or budgets[0]["spec"].get("maxUnavailable") != 1:
            yield f"{title(thing)} is not kept from losing two pods at once to maintenance."
