"""Everything that docker-compose.yml names exists: images, ports, hosts, variables and secrets."""

import re
import sys

import yaml
from project import PROJECT, STORES, defaults_of_edge, exposed, stage, text, variables_of

# The ports of third-party images.
PORTS = {"mongo": {27017}, "kafka": {9092, 9093}}
LISTEN = re.compile(r"\blisten (\d+)")


def load():
    return yaml.safe_load(text("docker-compose.yml"))["services"]


def load_tls():
    return yaml.safe_load(text("docker-compose.tls.yml"))


def check(services):
    for name, service in services.items():
        yield from image(name, service)
        yield from published_ports(name, service)
        yield from variables(name, service)
        yield from hosts(services, name, service)
        yield from secrets(name, service)
    yield from development(services)
    yield from load_balancer(services, text("infrastructure/compose/load-balancer.conf"), load_tls())


def target(service):
    """The stage of the Dockerfile that builds the image of the service; None for a third-party image."""
    own = re.match(r"fleetmarket/([a-z-]+):", service["image"])
    return service.get("build", {}).get("target") or (own and own[1])


def environment(service):
    """The variables with their default values."""
    return {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value)) for key, value in service.get("environment", {}).items()}


def image(name, service):
    built = target(service)
    if built and not stage(built):
        yield f"{name} is built from the stage {built}, which the Dockerfile does not have"
    elif built and not service["image"].startswith(f"fleetmarket/{built}:"):
        yield f"{name} is built from the stage {built}, but its image is {service['image']}"
    elif not built and not re.search(r":[\w.-]*\d[\w.-]*\}?$", service["image"]):
        yield f"{name}: the version of the image {service['image']} is not pinned"


def published_ports(name, service):
    for port in [int(port.rsplit(":", 1)[-1]) for port in service.get("ports", [])]:
        if target(service) and port not in exposed(target(service)):
            yield f"{name} publishes the port {port}, but its image exposes {sorted(exposed(target(service)))}"


def variables(name, service):
    program = target(service)
    if not stage(program):
        return
    given = set(environment(service))
    for variable in sorted(given - variables_of(program)):
        yield f"{name} sets {variable}, which {program} does not read"
    if program == "edge":
        for variable in sorted(variables_of("edge") - given - defaults_of_edge()):
            yield f"{name}: {variable} has no value, here or in the image"


def hosts(services, name, service):
    for variable, value in environment(service).items():
        for host, port in re.findall(r"(?<![\w.-])([a-z][a-z-]*):(\d{2,5})\b", value):
            if host == "localhost" or variable == "PUBLIC_ORIGINS":
                continue
            other = services.get(host)
            if not other or not set(service.get("networks", [])) & set(other.get("networks", [])):
                yield f"{name}: {variable} names {host}, which does not exist or shares no network"
            elif int(port) not in (exposed(target(other)) if target(other) else PORTS[host.split("-")[0]]):
                yield f"{name}: {variable} names {host}:{port}, where nothing listens"
            replica_set = re.search(r"replicaSet=([\w-]+)", value)
            if other and replica_set and f"--replSet={replica_set[1]}" not in other.get("command", []):
                yield f"{name}: {variable} names the replica set {replica_set[1]}, but {host} is in another one"


def created_secrets():
    """The files that `setup secrets` creates, from the table in its README."""
    section = text("infrastructure/setup/README.md").split("\n## `setup secrets`\n")[1]
    names = {name for cell in re.findall(r"^\| (`[^|]+)\|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", cell)}
    return {name.replace("mongo-authentication", f"mongo-{store}") for name in names for store in STORES}


def secrets(name, service):
    """Secret files are created by `setup secrets`, and mounted from the folder of the service that reads them."""
    volumes = [volume for volume in service.get("volumes", []) if isinstance(volume, str) and volume.startswith("secrets-")]
    folder = dict(volume.split(":")[1::-1] for volume in volumes).get("/run/secrets", "")
    for variable, value in [*environment(service).items(), *(("command", one) for one in service.get("command", []))]:
        for file in re.findall(r"/run/secrets/([\w.-]+\w)", value):
            if file not in created_secrets():
                yield f"{name}: {variable} names the secret {file}, which `setup secrets` does not create"
            if folder.removeprefix("secrets-") not in (name, "browser"):
                yield f"{name}: {variable} names a secret, but the folder of {name} is not mounted"


def load_balancer(services, configuration, tls):
    """It listens on the ports that are published, and an edge on those that it forwards to, without and with TLS."""
    added = [config["content"] for config in tls["configs"].values()]
    published = services["load-balancer"]["ports"], tls["services"]["load-balancer"]["ports"]
    listening = set(LISTEN.findall(configuration)), set(LISTEN.findall("\n".join(added)))
    for ports, listens in zip(published, listening):
        targets = {port.rsplit(":", 1)[-1] for port in ports}
        for port in sorted(targets - listens):
            yield f"load-balancer: publishes the port {port}, where nothing listens"
        for port in sorted(listens - targets):
            yield f"load-balancer: listens on the port {port}, which is not published"
    for host, port in re.findall(r"\b([a-z-]+):(\d+);", configuration):
        if host not in services or port not in LISTEN.findall(" ".join(environment(services[host]).values())):
            yield f"load-balancer: forwards to {host}:{port}, where nothing listens"


def development(services):
    for name, service in yaml.safe_load(text("docker-compose.dev.yml"))["services"].items():
        if name not in services and "image" not in service:
            yield f"docker-compose.dev.yml changes {name}, which docker-compose.yml does not have"
        for watched in service.get("develop", {}).get("watch", []):
            if not (PROJECT / watched["path"]).exists():
                yield f"docker-compose.dev.yml watches {watched['path']}, which does not exist"


if __name__ == "__main__":
    found = list(check(load()))
    for error in found:
        print(error)
    print(f"references: {len(found)} errors")
    sys.exit(bool(found))
