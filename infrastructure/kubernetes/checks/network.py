"""What the NetworkPolicies allow is what reachability.yaml says is meant, no more and no less."""

import ipaddress
from dataclasses import dataclass, field
from itertools import product

import yaml
from shop import FOLDER, name_of

# No container has it: whoever is reached there is reached at every port.
ANY_OTHER_PORT = 9


@dataclass
class Party:
    """Who sends or receives: pods that are alike, or an address outside the cluster."""

    name: str
    namespace: str | None
    labels: dict
    address: str
    ports: dict = field(default_factory=dict)

    @property
    def is_pod(self):
        return self.namespace is not None


def check(shop):
    intended = yaml.safe_load((FOLDER / "reachability.yaml").read_text())
    inside = [party_of(thing, template, number) for number, (thing, template) in enumerate(shop.workloads())]
    outside = [
        Party(name, who.get("namespace"), who.get("labels", {}), who.get("address", "10.20.255.1"))
        for name, who in intended["outside"].items()
    ]
    policies = shop.all("NetworkPolicy")
    allowed = matrix(policies, inside, outside)
    meant = meaning(intended, shop.overlay, inside)
    known = {party.name for party in inside + outside}
    return [
        *[
            f"{name} is in reachability.yaml, and nowhere else."
            for name in sorted({n for path in meant for n in path[:2]} - known)
        ],
        *[f"{describe(path)} is open, and is not meant to be." for path in sorted(shortened(allowed - meant))],
        *[f"{describe(path)} is meant, and is closed." for path in sorted(meant - allowed)],
        *[
            f"NetworkPolicy {name_of(policy)} selects nobody."
            for policy in policies
            if not any(selects(policy, p) for p in inside)
        ],
    ]


def shortened(paths):
    """Without the ports of those who are open at every port anyway."""
    everywhere = {(path[0], path[1], path[3]) for path in paths if path[2] == ANY_OTHER_PORT}
    return {path for path in paths if path[2] == ANY_OTHER_PORT or (path[0], path[1], path[3]) not in everywhere}


def describe(path):
    source, destination, port, protocol = path
    port = f"any other {protocol} port" if port == ANY_OTHER_PORT else f"{port}/{protocol}"
    return f"{source} to {destination} at {port}"


def party_of(thing, template, number):
    ports = {
        port.get("name", str(port["containerPort"])): (port["containerPort"], port.get("protocol", "TCP"))
        for container in template["spec"]["containers"]
        for port in container.get("ports", [])
    }
    return Party(
        name_of(thing), thing["metadata"]["namespace"], template["metadata"]["labels"], f"10.20.0.{number + 1}", ports
    )


def meaning(intended, overlay, inside):
    """The intended paths: source, destination, port, protocol."""
    paths = set()
    for part in (intended["paths"], intended["overlays"].get(overlay, {})):
        for source, destinations in part.items():
            sources = [party.name for party in inside] if source == "everybody" else [source]
            for destination, ports in destinations.items():
                for port in ports:
                    number, _, protocol = str(port).partition("/")
                    paths |= {(name, destination, int(number), protocol or "TCP") for name in sources}
    return paths


def matrix(policies, inside, outside):
    """Every path that is open, among those that begin or end inside."""
    numbers = (
        {number for party in inside for number, _ in party.ports.values()} | mentioned(policies) | {ANY_OTHER_PORT}
    )
    paths = set()
    for source, destination in product(inside + outside, repeat=2):
        if source in outside and destination in outside:
            continue
        for number, protocol in product(numbers, ["TCP", "UDP"]):
            leaves = source in outside or passes(policies, "Egress", source, destination, destination, number, protocol)
            if leaves and (
                destination in outside
                or passes(policies, "Ingress", destination, source, destination, number, protocol)
            ):
                paths.add((source.name, destination.name, number, protocol))
    return paths


def mentioned(policies):
    """The ports that policies name by number."""
    rules = [rule for policy in policies for way in ("ingress", "egress") for rule in policy["spec"].get(way, [])]
    ports = [port for rule in rules for port in rule.get("ports", [])]
    return {port["port"] for port in ports if isinstance(port.get("port"), int)}


def passes(policies, direction, subject, peer, receiver, number, protocol):
    """Whether the policies on `subject` let it talk with `peer`; without any in this direction everything passes."""
    subjects = [policy for policy in policies if selects(policy, subject) and direction in types(policy["spec"])]
    rules = [rule for policy in subjects for rule in policy["spec"].get(direction.lower(), [])]
    side = "to" if direction == "Egress" else "from"
    return not subjects or any(
        (not rule.get(side) or any(is_peer(one, subject, peer) for one in rule[side]))
        and has_port(rule, receiver, number, protocol)
        for rule in rules
    )


def selects(policy, party):
    return policy["metadata"]["namespace"] == party.namespace and matches(policy["spec"]["podSelector"], party.labels)


def types(spec):
    return spec.get("policyTypes") or ["Ingress"] + (["Egress"] if "egress" in spec else [])


def is_peer(peer, subject, party):
    block = peer.get("ipBlock")
    if block:
        # Of pods too: whether a block means them is left to the network, so it must not.
        address = ipaddress.ip_address(party.address)
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(part) for part in block.get("except", [])
        )
    if not party.is_pod:
        return False
    if "namespaceSelector" in peer:
        is_there = matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": party.namespace})
    else:
        is_there = party.namespace == subject.namespace
    return is_there and matches(peer.get("podSelector", {}), party.labels)


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
        expression(one, labels) for one in selector.get("matchExpressions", [])
    )


def expression(one, labels):
    value = labels.get(one["key"])
    return {
        "In": lambda: value in one["values"],
        "NotIn": lambda: value not in one["values"],
        "Exists": lambda: value is not None,
        "DoesNotExist": lambda: value is None,
    }[one["operator"]]()
