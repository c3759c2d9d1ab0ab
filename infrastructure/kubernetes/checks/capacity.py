"""The requests of all pods fit on the smallest nodes of an overlay, also while every Deployment has one more pod."""

from manifests import name_of

# Millicores and MiB for the shop: what the nodes can allocate, without the pods of the cluster itself.
CAPACITY = {
    # One node with two cores and 4 GiB, of which kubelet and system reserve up to 1.1 GiB, and kind's pods request 0.95
    # cores and 290 MiB.
    "local": (1000, 2480),
    # Three e2-standard-4, each with 3.92 cores and 13 GiB, of which GKE's pods request 0.7 cores and 1 GiB.
    "gke": (3 * 3200, 3 * 12 * 1024),
}
MEBIBYTES = {"Mi": 1, "Gi": 1024}


def check(manifests):
    cpu = sum(pods * millicores(request["cpu"]) for pods, request in requests(manifests))
    memory = sum(pods * mebibytes(request["memory"]) for pods, request in requests(manifests))
    limit_cpu, limit_memory = CAPACITY[manifests.overlay]
    if cpu > limit_cpu:
        yield f"the pods request {cpu:.0f}m CPU, and the nodes have {limit_cpu}m"
    if memory > limit_memory:
        yield f"the pods request {memory:.0f} MiB of memory, and the nodes have {limit_memory} MiB"


def requests(manifests):
    """The requests of each workload, and the number of its pods. Init containers request less than the pod."""
    scalers = [one["spec"] for one in manifests.all("HorizontalPodAutoscaler")]
    minimum = {scaler["scaleTargetRef"]["name"]: scaler["minReplicas"] for scaler in scalers}
    for workload, template in manifests.workloads():
        spec = workload["spec"]
        pods = 0 if spec.get("suspend") else spec.get("replicas", 1)
        if workload["kind"] == "Deployment":
            pods = minimum[name_of(workload)] + 1
        for container in template["spec"]["containers"]:
            yield pods, container["resources"]["requests"]


def millicores(quantity):
    return float(quantity[:-1]) if quantity.endswith("m") else 1000 * float(quantity)


def mebibytes(quantity):
    return MEBIBYTES[quantity[-2:]] * float(quantity[:-2])
