"""Where TLS is on, it is on at both ends, with a certificate that is valid for the name that clients use."""

import re

from manifests import name_of, title

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def check(manifests):
    for part in (probes, metrics, clients, certificates):
        yield from part(manifests)


def encrypts(manifests, container):
    """Whether a server accepts only TLS."""
    settings = manifests.environment(container)
    return (
        "TLS_CERTIFICATE_FILE" in settings
        or "requireTLS" in container.get("args", [])
        or "CLIENT:SASL_SSL" in (settings.get("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP") or "")
    )


def probes(manifests):
    """A service with a certificate answers no unencrypted probe."""
    for workload, _, container in manifests.containers():
        expected = "HTTPS" if encrypts(manifests, container) else "HTTP"
        for name in PROBES:
            probe = container.get(name, {}).get("httpGet")
            if probe and probe.get("scheme", "HTTP") != expected:
                yield f"{title(workload)}: the {name} does not use {expected}"


def metrics(manifests):
    """Metrics are read with TLS from a service that accepts nothing else."""
    for monitoring in manifests.all("PodMonitoring"):
        expressions = monitoring["spec"]["selector"]["matchExpressions"]
        names = {name for one in expressions for name in one["values"]}
        for workload, _, container in manifests.containers():
            expected = "https" if encrypts(manifests, container) else "http"
            for endpoint in monitoring["spec"]["endpoints"] if name_of(workload) in names else []:
                if endpoint.get("scheme", "http") != expected:
                    yield f"{title(monitoring)}: the metrics of {name_of(workload)} do not use {expected}"
                if endpoint["port"] not in {port["name"] for port in container["ports"]}:
                    yield f"{title(monitoring)}: {name_of(workload)} has no port {endpoint['port']}"


def clients(manifests):
    """A client uses TLS if its server does, and the server has a certificate for the name that the client uses."""
    certified = {name for one in manifests.all("Certificate") for name in one["spec"].get("dnsNames", [])}
    servers = {name_of(workload): encrypts(manifests, container) for workload, _, container in manifests.containers()}
    for workload, _, container in manifests.containers():
        for host, encrypted in sorted(connections(manifests.environment(container))):
            required = servers.get(host.split(".")[-1])
            if encrypted and host not in certified:
                yield f"{title(workload)} connects to {host}, which has no certificate for that name"
            if required is not None and required != encrypted:
                yield f"{title(workload)} connects to {host} {'with' if encrypted else 'without'} TLS, unlike the server"


def connections(settings):
    """Each host with a port in the settings, with whether the connection is encrypted."""
    protocols = settings.get("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP") or ""
    for name, value in settings.items():
        store = f"{name.split('_')[0]}_CA_FILE"
        for scheme, host in re.findall(r"(https?://)?(?<![\w.-])([a-z][a-z0-9.-]*):\d+", value or ""):
            gateway = name == "GATEWAY" and settings.get("GATEWAY_SCHEME") == "https"
            broker = name.startswith("KAFKA_") and "SASL_SSL" in protocols
            yield host, scheme == "https://" or (not scheme and store in settings) or gateway or broker


def certificates(manifests):
    """A server mounts the certificate for its own names."""
    issued = {one["spec"]["secretName"]: one["spec"].get("dnsNames", []) for one in manifests.all("Certificate")}
    for workload, pod, container in manifests.containers():
        if encrypts(manifests, container):
            mounted = [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume]
            names = {name for secret in mounted for name in issued.get(secret, [])}
            for name in sorted(names_of_server(workload) - names):
                yield f"{title(workload)}: mounts no certificate for {name}"


def names_of_server(workload):
    name = name_of(workload)
    if workload["kind"] != "StatefulSet":
        return {name}
    return {f"{name}-{number}.{name}" for number in range(workload["spec"]["replicas"])}
