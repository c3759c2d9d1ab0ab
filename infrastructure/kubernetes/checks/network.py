"""The NetworkPolicies allow exactly the paths of reachability.yaml."""

import ipaddress
from dataclasses import dataclass, field
from itertools import product

import yaml
from manifests import FOLDER, name_of

# Nothing listens on this port: a path that is open here is open on every port.
UNUSED_PORT = 9


@dataclass(eq=False)
class Endpoint:
    """A sender or a receiver: the pods of a workload, or an address outside the cluster (no namespace)."""

    name: str
    namespace: str | None
    labels: dict
    address: str
    ports: dict = field(default_factory=dict)


def check(manifests):
    intended = yaml.safe_load((FOLDER / "reachability.yaml").read_text())
    internal = [pod_endpoint(*workload, number) for number, workload in enumerate(manifests.workloads(), 1)]
    external = [
        Endpoint(name, one.get("namespace"), one.get("labels", {}), one.get("address", "10.20.255.1"))
        for name, one in intended["external"].items()
    ]
    policies = manifests.all("NetworkPolicy")
    allowed = allowed_paths(policies, internal, external)
    wanted = wanted_paths(intended, manifests.overlay, internal)
    known = {endpoint.name for endpoint in internal + external}
    for name in sorted({name for path in wanted for name in path[:2]} - known):
        yield f"reachability.yaml names {name}, which does not exist"
    for path in sorted(summarised(allowed - wanted)):
        yield f"{describe(path)} is open, but not in reachability.yaml"
    for path in sorted(wanted - allowed):
        yield f"{describe(path)} is in reachability.yaml, but closed"
    for policy in policies:
        if not any(selects(policy, endpoint) for endpoint in internal):
            yield f"NetworkPolicy {name_of(policy)} selects no pod"


def summarised(paths):
    """The paths; one that is open on every port replaces those of its single ports."""
    everywhere = {(path[0], path[1], path[3]) for path in paths if path[2] == UNUSED_PORT}
    return {path for path in paths if path[2] == UNUSED_PORT or (path[0], path[1], path[3]) not in everywhere}


def describe(path):
    source, destination, port, protocol = path
    port = f"every {protocol} port" if port == UNUSED_PORT else f"{port}/{protocol}"
    return f"{source} to {destination} on {port}"


def pod_endpoint(workload, template, number):
    ports = {
        port.get("name", str(port["containerPort"])): (port["containerPort"], port.get("protocol", "TCP"))
        for container in template["spec"]["containers"]
        for port in container.get("ports", [])
    }
    metadata = template["metadata"]
    return Endpoint(name_of(workload), workload["metadata"]["namespace"], metadata["labels"], f"10.20.0.{number}", ports)


def wanted_paths(intended, overlay, internal):
    """The paths of reachability.yaml: source, destination, port, protocol."""
    paths = set()
    for part in (intended["paths"], intended["overlays"].get(overlay, {})):
        for source, destinations in part.items():
            sources = [endpoint.name for endpoint in internal] if source == "every-pod" else [source]
            for destination, ports in destinations.items():
                for port in ports:
                    number, _, protocol = str(port).partition("/")
                    paths |= {(name, destination, int(number), protocol or "TCP") for name in sources}
    return paths


def allowed_paths(policies, internal, external):
    """Every path that the policies leave open, if it starts or ends inside the namespace."""
    numbers = {number for endpoint in internal for number, _ in endpoint.ports.values()}
    numbers |= ports_in_policies(policies) | {UNUSED_PORT}
    paths = set()
    for source, destination in product(internal + external, repeat=2):
        if source in external and destination in external:
            continue
        for number, protocol in product(numbers, ["TCP", "UDP"]):
            port = (destination, number, protocol)
            if (source in external or allows(policies, "Egress", source, destination, *port)) and (
                destination in external or allows(policies, "Ingress", destination, source, *port)
            ):
                paths.add((source.name, destination.name, number, protocol))
    return paths


def ports_in_policies(policies):
    rules = [rule for policy in policies for direction in ("ingress", "egress") for rule in policy["spec"].get(direction, [])]
    ports = [port for rule in rules for port in rule.get("ports", [])]
    return {port["port"] for port in ports if isinstance(port.get("port"), int)}


def allows(policies, direction, subject, peer, receiver, number, protocol):
    """Whether the policies on `subject` allow a path; without a policy in this direction everything is allowed."""
    applying = [policy for policy in policies if selects(policy, subject) and direction in policy_types(policy["spec"])]
    rules = [rule for policy in applying for rule in policy["spec"].get(direction.lower(), [])]
    side = "to" if direction == "Egress" else "from"
    return not applying or any(
        (not rule.get(side) or any(is_peer(one, subject, peer) for one in rule[side]))
        and has_port(rule, receiver, number, protocol)
        for rule in rules
    )


def selects(policy, endpoint):
    return policy["metadata"]["namespace"] == endpoint.namespace and matches(policy["spec"]["podSelector"], endpoint.labels)


def policy_types(spec):
    return spec.get("policyTypes") or ["Ingress"] + (["Egress"] if "egress" in spec else [])


def is_peer(peer, subject, endpoint):
    block = peer.get("ipBlock")
    if block:
        # Whether a block applies to pods depends on the network plug-in, so no block may contain their addresses.
        address = ipaddress.ip_address(endpoint.address)
        networks = [ipaddress.ip_network(one) for one in (block["cidr"], *block.get("except", []))]
        return address in networks[0] and not any(address in network for network in networks[1:])
    if endpoint.namespace is None:
        return False
    namespaces = peer.get("namespaceSelector")
    if namespaces is None:
        in_namespace = endpoint.namespace == subject.namespace
    else:
        in_namespace = matches(namespaces, {"kubernetes.io/metadata.name": endpoint.namespace})
    return in_namespace and matches(peer.get("podSelector", {}), endpoint.labels)


def has_port(rule, receiver, number, protocol):
    return not rule.get("ports") or any(is_port(port, receiver, number, protocol) for port in rule["ports"])


def is_port(port, receiver, number, protocol):
    if port.get("protocol", "TCP") != protocol:
        return False
    first = port.get("port")
    if isinstance(first, str):
        return receiver.ports.get(first) == (number, protocol)
    return first is None or first <= number <= port.get("endPort", first)


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        holds(expression, labels) for expression in selector.get("matchExpressions", [])
    )


def holds(expression, labels):
    value = labels.get(expression["key"])
    return {
        "In": lambda: value in expression["values"],
        "NotIn": lambda: value not in expression["values"],
        "Exists": lambda: value is not None,
        "DoesNotExist": lambda: value is None,
    }[expression["operator"]]()
