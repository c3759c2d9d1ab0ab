"""Pods are such as the namespace admits: the Pod Security Standard `restricted`, level by level as it is written.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from shop import title

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
PROFILES = {"RuntimeDefault", "Localhost"}


def check(shop):
    found = []
    for namespace in shop.all("Namespace"):
        labels = namespace["metadata"].get("labels", {})
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            found.append(f"{title(namespace)} does not enforce restricted pods.")
        if not labels.get("pod-security.kubernetes.io/enforce-version", "").startswith("v1."):
            found.append(f"{title(namespace)} does not say of which version the rules are.")
    for thing, template in shop.workloads():
        found += [f"{title(thing)}: {complaint}" for complaint in of_pod(template["spec"])]
    return found


def of_pod(pod):
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"{field} is set."
    if pod.get("securityContext", {}).get("sysctls"):
        yield "sysctls are set."
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield f"the volume {volume['name']} is a {', '.join(kinds)}."
    for container in pod.get("initContainers", []) + pod["containers"]:
        for complaint in of_container(pod.get("securityContext", {}), container):
            yield f"the container {container['name']} {complaint}"


def of_container(pod_context, container):
    context = container.get("securityContext", {})
    both = {**pod_context, **context}
    capabilities = context.get("capabilities", {})
    if context.get("privileged"):
        yield "is privileged."
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges."
    if "ALL" not in capabilities.get("drop", []) or not set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"}:
        yield "does not drop all capabilities."
    if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
        yield "may run as root."
    if both.get("seccompProfile", {}).get("type") not in PROFILES:
        yield "has no seccomp profile."
    if both.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in PROFILES:
        yield "runs without AppArmor."
    if context.get("procMount", "Default") != "Default":
        yield "sees more of /proc."
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "takes a port of the node."
