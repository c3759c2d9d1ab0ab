"""Whatever docker-compose.yml names is there: an image, a port, a host, a variable, a secret. With --self-test it breaks
one after another and wants each found. Runs with the Python of `infrastructure/compose/check`."""

import copy
import pathlib
import re
import sys

import yaml

PROJECT = pathlib.Path(__file__).parents[2]
OURS = {"setup", "gateway", "authentication", "products", "orders", "edge"}
# Where those listen that others have made.
PORTS = {"mongo": {27017}, "kafka": {9092, 9093}}
STORES = ("authentication", "products", "orders")


def text(path):
    return (PROJECT / path).read_text()


def load():
    return yaml.safe_load(text("docker-compose.yml"))["services"]


def check(services):
    for name, service in services.items():
        yield from image(name, service)
        yield from published(name, service)
        yield from variables(name, service)
        yield from hosts(services, name, service)
        yield from secrets(name, service)
    yield from extended(services)


def program(service):
    """Which of our images it runs, if it is one of ours."""
    return service.get("build", {}).get("target")


def environment(service):
    """The variables with the values that they have when nobody chooses others."""
    return {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value)) for key, value in service.get("environment", {}).items()}


def stage(name):
    parts = re.split(r"^FROM .* AS ([a-z-]+)$", text("Dockerfile"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2])).get(name)


def exposed(name):
    return {int(port) for port in re.findall(r"^EXPOSE (\d+)", stage(name) or "", re.MULTILINE)}


def image(name, service):
    target = program(service)
    if target and not stage(target):
        yield f"{name} is built from {target}, and the Dockerfile makes no such image."
    elif target and not service["image"].startswith(f"fleetmarket/{target}:"):
        yield f"{name} is built from {target} and called {service['image']}."
    elif not target and not re.search(r":[\w.-]*\d[\w.-]*\}?$", service["image"]):
        yield f"{name}: the image {service['image']} may be another one tomorrow."


def published(name, service):
    for port in service.get("ports", []):
        inside = int(port.rsplit(":", 1)[-1])
        if program(service) and inside not in exposed(program(service)):
            yield f"{name} publishes the port {inside}, and the image listens at {sorted(exposed(program(service)))}."


def documented(target):
    """The variables that a program of ours reads, from where they are documented."""
    if target == "edge":
        return set(re.findall(r"\$\{([A-Z_]+)\}", text("infrastructure/nginx/nginx.conf.template")))
    if target == "setup":
        names = set(re.findall(r"`([A-Z_]+)`", text("infrastructure/setup/README.md")))
        return names | {name.replace("NAME", store.upper(), 1) for name in names if "_NAME_" in name for store in STORES}
    section = text("docs/settings.md").split(f"\n## {target}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([A-Z0-9_]+)`", section, re.MULTILINE))


def variables(name, service):
    target = program(service)
    if target not in OURS:
        return
    for variable in sorted(set(environment(service)) - documented(target)):
        yield f"{name} is given {variable}, which {target} does not read."
    if target == "edge":
        for variable in sorted(documented("edge") - set(environment(service)) - set(re.findall(r"\b([A-Z_]+)=", stage("edge")))):
            yield f"{name}: {variable} has no value, neither here nor in the image."


def hosts(services, name, service):
    for variable, value in environment(service).items():
        for host, port in re.findall(r"(?<![\w.-])([a-z][a-z-]*):(\d{2,5})\b", value):
            if host == "localhost" or "PUBLIC_ORIGINS" == variable:
                continue
            other = services.get(host)
            if not other or not reaches(service, other):
                yield f"{name}: {variable} names {host}, which is not there or in none of its networks."
            elif int(port) not in (exposed(program(other)) if program(other) else PORTS[host.split("-")[0]]):
                yield f"{name}: {variable} names {host}:{port}, and it does not listen there."
            wanted = re.search(r"replicaSet=([\w-]+)", value)
            if other and wanted and f"--replSet={wanted[1]}" not in other.get("command", []):
                yield f"{name}: {variable} wants the replica set {wanted[1]}, and {host} is another one."


def reaches(one, other):
    return bool(set(one.get("networks", [])) & set(other.get("networks", [])))


def made_secrets():
    """The files that `cargo xtask secrets` makes."""
    code = text("crates/secrets/src/lib.rs")
    names = set(re.findall(r'"([a-z-]+(?:\.[a-z]+|-password))"', code))
    users = re.search(r"KAFKA_CLIENTS: .*= \[(.*)\]", code)[1].replace("BROWSER", '"browser"')
    for form in re.findall(r'format!\("([a-zA-Z{}-]+)"\)', code):
        form = form.replace("{BROWSER}", "browser")
        names |= {form.replace("{database}", store).replace("{user}", store) for store in STORES}
        names |= {form.replace("{user}", user) for user in re.findall(r'"(\w+)"', users) if "{user}" in form}
    return names


def secrets(name, service):
    """Files of secrets are mounted, from the folder of their reader, and are ones that are made."""
    mounts = dict(volume.split(":")[1::-1] for volume in service.get("volumes", []) if isinstance(volume, str) and volume.startswith("secrets-"))
    for variable, value in [*environment(service).items(), *(("command", one) for one in service.get("command", []))]:
        for path in re.findall(r"/run/secrets/([\w.-]+\w)", value):
            if path not in made_secrets():
                yield f"{name}: {variable} names the secret {path}, which `cargo xtask secrets` does not make."
            folder = mounts.get("/run/secrets", "")
            if folder.removeprefix("secrets-") not in (name, name.removesuffix("-replicas"), "browser"):
                yield f"{name}: {variable} names a secret, and the folder of {name} is not mounted."


def extended(services):
    development = yaml.safe_load(text("docker-compose.dev.yml"))["services"]
    for name, service in development.items():
        if name not in services and "image" not in service:
            yield f"docker-compose.dev.yml changes {name}, which docker-compose.yml does not have."
        for watched in service.get("develop", {}).get("watch", []):
            if not (PROJECT / watched["path"]).exists():
                yield f"docker-compose.dev.yml watches {watched['path']}, which is not there."


def put(name, path, value):
    def plant(services):
        thing = services[name]
        *way, last = path.split(".")
        for part in way:
            thing = thing[part]
        thing[last] = value

    return plant


FAULTS = [
    ("the Dockerfile makes no such image", put("orders", "build.target", "order")),
    ("is built from orders and called fleetmarket/products:dev", put("orders", "image", "fleetmarket/products:dev")),
    ("may be another one tomorrow", put("kafka", "image", "apache/kafka:latest")),
    ("publishes the port 80,", put("edge", "ports", ["127.0.0.1:8080:80"])),
    ("is given UPSTREAM_CATALOGUE", put("gateway", "environment.UPSTREAM_CATALOGUE", "x")),
    ("is given KAFKA_HOSTS", put("setup", "environment.KAFKA_HOSTS", "x")),
    ("GATEWAY has no value", lambda services: services["edge"]["environment"].pop("GATEWAY")),
    ("names order, which is not there", put("gateway", "environment.UPSTREAM_ORDERS", "http://order:8003")),
    ("names mongo-orders, which is not there or in none", put("products", "environment.MONGODB_URI", "mongodb://mongo-orders:27017/?replicaSet=rs-orders")),
    ("names orders:8002, and it does not listen there", put("gateway", "environment.UPSTREAM_ORDERS", "http://orders:8002")),
    ("wants the replica set rs-order,", put("orders", "environment.MONGODB_URI", "mongodb://mongo-orders:27017/?replicaSet=rs-order")),
    ("`cargo xtask secrets` does not make", put("orders", "environment.KAFKA_PASSWORD_FILE", "/run/secrets/kafka-order-password")),
    ("the folder of orders is not mounted", put("orders", "volumes", ["secrets-products:/run/secrets:ro"])),
    ("changes gateway, which docker-compose.yml does not have", lambda services: services.pop("gateway")),
]


def self_test():
    missed = 0
    for sentence, plant in FAULTS:
        services = copy.deepcopy(load())
        plant(services)
        complaints = list(check(services))
        if not any(sentence in complaint for complaint in complaints):
            missed += 1
            print(f"A planted fault is not found: {sentence}. It says: {complaints}")
    print(f"{len(FAULTS) - missed} of {len(FAULTS)} planted faults are found.")
    return int(missed > 0)


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    complaints = list(check(load()))
    for complaint in complaints:
        print(complaint)
    print(f"{len(complaints) or 'nothing'} to complain of")
    return int(bool(complaints))


sys.exit(main())
