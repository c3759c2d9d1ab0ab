"""Where TLS is on, it is on at both ends, with a certificate that is valid for the name that clients use."""

import re

from manifests import title

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def check(manifests):
    for part in (probes, names):
        yield from part(manifests)


def probes(manifests):
    """A service with a certificate answers no unencrypted probe."""
    for workload, _, container in manifests.containers():
        expected = "HTTPS" if "TLS_CERTIFICATE_FILE" in manifests.environment(container) else "HTTP"
        for name in PROBES:
            probe = container.get(name, {}).get("httpGet")
            if probe and probe.get("scheme", "HTTP") != expected:
                yield f"{title(workload)}: the {name} does not use {expected}"


def names(manifests):
    """Each host of an https:// address, and each member of a store with TLS, has a certificate for its name."""
    certified = {name for one in manifests.all("Certificate") for name in one["spec"].get("dnsNames", [])}
    for workload, _, container in manifests.containers():
        settings = manifests.environment(container)
        hosts = set()
        for name, value in settings.items():
            encrypted = f"{name.split('_')[0]}_CA_FILE" in settings and name.endswith(("_URI", "_HOSTS", "_BROKERS"))
            pattern = r"([a-z][a-z0-9.-]*):\d+" if encrypted else r"https://([a-z][a-z0-9-]*):\d+"
            hosts |= set(re.findall(pattern, value or ""))
        for host in sorted(hosts - certified):
            yield f"{title(workload)} connects to {host}, which has no certificate for that name"
