"""Whatever a manifest names is there: in another manifest, or in the code."""

import re

import yaml
from shop import FOLDER, PROJECT, image_name, is_ours, name_of, secret_files, title

GUIDE = "docs/KUBERNETES.md"
STORES = ("authentication", "products", "orders")


def check(shop):
    return [
        *images(shop),
        *settings(shop),
        *ports(shop),
        *addresses(shop),
        *replica_sets(shop),
        *probe_paths(shop),
        *secrets(shop),
        *secret_manager(shop),
        *origins(shop),
        *guide(shop),
    ]


def text(path):
    return (PROJECT / path).read_text()


def images(shop):
    """Ours are built by the Dockerfile; those of others are the ones that Compose has; each is one certain build."""
    ours = set(re.findall(r"^FROM .* AS ([a-z-]+)$", text("Dockerfile"), re.MULTILINE))
    compose = text("docker-compose.yml")
    for thing, _, container in shop.containers():
        image, name = container["image"], image_name(container)
        if is_ours(container) and name not in ours:
            yield f"{title(thing)}: the Dockerfile makes no image {name}."
        if shop.overlay == "gke" and "@sha256:" not in image:
            yield f"{title(thing)}: the image {image} is not named by its digest."
        tag = re.search(r":([^:/@]+)$", image.split("@")[0])
        if not tag and "@sha256:" not in image or tag and tag[1] == "latest":
            yield f"{title(thing)}: the image {image} may be another one tomorrow."
        if not is_ours(container) and tag and f"{name}:{tag[1]}" not in compose:
            yield f"{title(thing)}: the image {name}:{tag[1]} is not the one of docker-compose.yml."


def settings(shop):
    """Variables are ones that the program reads; those that the edge needs are all there."""
    for thing, _, container in shop.containers():
        if not is_ours(container):
            continue
        known = documented(container)
        given = shop.environment(container)
        for name in sorted(set(given) - known):
            yield f"{title(thing)}: {container['name']} reads no variable {name}."
        for name in {"TRUSTED_PROXIES", "EDGE_TRUSTED_PROXIES"} & known - set(given):
            yield f"{title(thing)}: without {name} everybody has the address of whoever is in front."
        for name in [name for name, value in given.items() if value is None]:
            yield f"{title(thing)}: the variable {name} has no value."
        if container["name"] == "edge":
            stage = text("Dockerfile").split(" AS edge\n")[1].split("\nFROM ")[0]
            for name in sorted(known - set(given) - set(re.findall(r"\b([A-Z_]+)=", stage))):
                yield f"{title(thing)}: {name} has no value, neither here nor in the image."
    for thing, _, container in shop.containers():
        for source in container.get("envFrom", []):
            if not shop.find("ConfigMap", source["configMapRef"]["name"]):
                yield f"{title(thing)}: there is no ConfigMap {source['configMapRef']['name']}."


def documented(container):
    """The variables that a program of ours reads, from where they are documented."""
    name = container["name"]
    if name == "edge":
        return set(re.findall(r"\$\{([A-Z_]+)\}", text("infrastructure/nginx/nginx.conf.template")))
    if name == "setup":
        names = set(re.findall(r"`([A-Z_]+)`", text("infrastructure/setup/README.md")))
        of_each = [one for one in names if "_NAME_" in one]
        return names | {one.replace("NAME", store.upper(), 1) for one in of_each for store in STORES}
    if name == "dead-letters":
        code = text("crates/messaging/src/bin/dead-letters.rs") + text("crates/messaging/src/settings.rs")
        return set(re.findall(r'env = "([A-Z_]+)"', code))
    section = text("docs/settings.md").split(f"\n## {name}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([A-Z0-9_]+)`", section, re.MULTILINE))


def ports(shop):
    """A service listens where its container says, and Services lead to ports that pods have."""
    for thing, _, container in shop.containers():
        listen = shop.environment(container).get("LISTEN")
        declared = {port["containerPort"] for port in container.get("ports", [])}
        if listen and int(listen.split(":")[-1]) not in declared:
            yield f"{title(thing)} listens at {listen}, and says {sorted(declared)}."
        if is_ours(container) and declared:
            exposed = re.search(rf" AS {image_name(container)}\n.*?EXPOSE (\d+)", text("Dockerfile"), re.DOTALL)
            if not exposed or {int(exposed[1])} != declared:
                yield f"{title(thing)}: the image {image_name(container)} does not listen at {sorted(declared)}."
    for service in shop.all("Service"):
        for port in service["spec"]["ports"]:
            if not any(port["targetPort"] in names for names in targets(shop, service)):
                yield f"{title(service)}: no pod has the port {port['targetPort']}."
    for ingress in shop.all("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                service = shop.find("Service", backend["name"])
                if not service or backend["port"]["name"] not in {port["name"] for port in service["spec"]["ports"]}:
                    yield f"{title(ingress)} leads to {backend['name']}, where there is no such port."


def targets(shop, service):
    """The ports, by name and number, of each pod that a Service selects."""
    for _, template in shop.workloads():
        if service["spec"]["selector"].items() <= template["metadata"]["labels"].items():
            declared = [port for container in template["spec"]["containers"] for port in container.get("ports", [])]
            yield {port.get("name") for port in declared} | {port["containerPort"] for port in declared}


def addresses(shop):
    """Every host and port in a setting is that of a Service or of a member of a set."""
    for thing, _, container in shop.containers():
        for name, value in shop.environment(container).items():
            for host, port in re.findall(
                r"(?<![\w.-])([a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)?):(\d{2,5})\b", value or ""
            ):
                if host != "localhost" and not is_there(shop, host, int(port)):
                    yield f"{title(thing)}: {name} names {host}:{port}, which is not there."


def is_there(shop, host, port):
    member, _, name = host.rpartition(".")
    service = shop.find("Service", name)
    if not service or port not in {one["port"] for one in service["spec"]["ports"]}:
        return False
    if not member:
        return service["spec"].get("clusterIP") != "None"
    members = next((one for one in shop.all("StatefulSet") if one["spec"]["serviceName"] == name), None)
    return bool(members) and member in {f"{name_of(members)}-{number}" for number in range(members["spec"]["replicas"])}


def replica_sets(shop):
    """The set that a connection string names is the one that those members are started as."""
    started = {
        name_of(thing): shop.environment(container).get("REPLICA_SET")
        for thing, _, container in shop.containers()
        if thing["kind"] == "StatefulSet"
    }
    for thing, _, container in shop.containers():
        for name, value in shop.environment(container).items():
            for host, wanted in re.findall(r"mongodb://[a-z0-9-]+\.([a-z-]+):[^?]*\?replicaSet=([a-z-]+)", value or ""):
                if started.get(host) != wanted:
                    yield f"{title(thing)}: {name} wants the replica set {wanted}, and {host} is {started.get(host)}."


def probe_paths(shop):
    """Paths that are probed are ones that the program answers."""
    health = text("crates/service-kit/src/health.rs")
    for thing, _, container in shop.containers():
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(kind, {}).get("httpGet")
            if not asked:
                continue
            if (
                image_name(container) == "edge"
                and asked["path"] != "/"
                or image_name(container) != "edge"
                and f'"{asked["path"]}"' not in health
            ):
                yield f"{title(thing)}: nothing answers at {asked['path']}."
            if asked["port"] not in {port["name"] for port in container["ports"]}:
                yield f"{title(thing)}: the {kind} asks at {asked['port']}, a port that it does not have."


def secrets(shop):
    """Secrets that are mounted exist, files that settings name are mounted, and not everybody reads them."""
    kept = kept_secrets(shop)
    for thing, pod, container in shop.containers():
        files = {}
        for volume in pod.get("volumes", []):
            where = next(
                (one["mountPath"] for one in container.get("volumeMounts", []) if one["name"] == volume["name"]), None
            )
            for mode, name, key, path in secret_items(volume, kept):
                if key not in kept.get(name, set()):
                    yield f"{title(thing)} mounts {key or 'everything'} of the Secret {name}, which is not there."
                if mode is None or mode & 0o007:
                    yield f"{title(thing)}: everybody in the container can read {key} of the Secret {name}."
                files[f"{where}/{path}"] = name
        for name, value in shop.environment(container).items():
            for path in re.findall(r"/run/secrets/[\w./-]+\w", value or ""):
                if path not in files and not any(file.startswith(f"{path}/") for file in files):
                    yield f"{title(thing)}: {name} is {path}, where no Secret is mounted."


def kept_secrets(shop):
    """The keys of every Secret: generated, or made from Secret Manager."""
    generated = {name_of(one): set(one.get("data", {})) for one in shop.all("Secret")}
    synced = {
        name_of(one): {item["targetKey"] for item in one["spec"]["secretObject"]["data"]}
        for one in shop.all("SecretSync")
    }
    return {**generated, **synced}


def secret_items(volume, kept):
    """What a volume takes from Secrets: mode, Secret, key, file."""
    if "secret" in volume:
        source = volume["secret"]
        name = source["secretName"]
        items = source.get("items") or [{"key": key, "path": key} for key in kept.get(name, {None})]
        yield from ((source.get("defaultMode"), name, item["key"], item["path"]) for item in items)
    for source in volume.get("projected", {}).get("sources", []):
        for item in source.get("secret", {}).get("items", []):
            yield volume["projected"].get("defaultMode"), source["secret"]["name"], item["key"], item["path"]


def secret_manager(shop):
    """What Secret Manager has is what `cargo xtask secrets` makes, and Terraform lets that account read it."""
    made = {file.name.replace(".", "-") for file in secret_files(FOLDER)}
    readers = readers_by_terraform()
    accounts = {name_of(one) for one in shop.all("ServiceAccount")}
    for sync in shop.all("SecretSync"):
        account = sync["spec"]["serviceAccountName"]
        if account not in accounts:
            yield f"{title(sync)}: there is no service account {account}."
        source = shop.find("SecretProviderClass", sync["spec"]["secretProviderClassName"])
        entries = yaml.safe_load(source["spec"]["parameters"]["secrets"]) if source else []
        for item in sync["spec"]["secretObject"]["data"]:
            if item["sourcePath"] not in {entry["path"] for entry in entries}:
                yield f"{title(sync)}: its source has no {item['sourcePath']}."
        for name in [entry["resourceName"].split("/")[3] for entry in entries]:
            if name not in made:
                yield f"{title(sync)}: `cargo xtask secrets` makes no {name}."
            if account != readers.get(name):
                yield f"{title(sync)}: Terraform does not let {account} read {name}."


def readers_by_terraform():
    """Each secret of infrastructure/terraform/secrets.tf and the account that may read it."""
    entry = r'"?([a-z][a-z-]*(?:\$\{service\}[a-z-]*)?)"? +=>? +\["?([^]"]+)"?\]'
    readers = {}
    for name, account in re.findall(entry, text("infrastructure/terraform/secrets.tf")):
        for store in STORES if "${service}" in name else [""]:
            reader = store if account == "service" else account.replace("${service}", store)
            readers[name.replace("${service}", store)] = reader
    return readers


def origins(shop):
    """The page that may keep a session is the one that the Ingress leads to."""
    authentication = shop.find("Deployment", "authentication")
    origin = shop.environment(authentication["spec"]["template"]["spec"]["containers"][0]).get("PUBLIC_ORIGINS", "")
    for ingress in shop.all("Ingress"):
        scheme = "https" if ingress["spec"].get("tls") else "http"
        for host in [rule["host"] for rule in ingress["spec"]["rules"]]:
            if not re.fullmatch(rf"{scheme}://{re.escape(host)}(:\d+)?", origin):
                yield f"{title(ingress)}: the page is at {scheme}://{host}, and sessions are kept for {origin}."
        for block in ingress["spec"].get("tls", []):
            certificates = {one["spec"]["secretName"]: one["spec"]["dnsNames"] for one in shop.all("Certificate")}
            if not set(block["hosts"]) <= set(certificates.get(block["secretName"], [])):
                yield f"{title(ingress)}: no certificate is ordered for {', '.join(block['hosts'])}."


def guide(shop):
    """What the operator's guide tells people to look at or to start is there."""
    if shop.overlay == "local":
        return
    kinds = {"deployment": "Deployment", "statefulset": "StatefulSet", "cronjob": "CronJob", "service": "Service"}
    named = set()
    for line in text(GUIDE).splitlines():
        if "--namespace" not in line:
            named |= set(re.findall(rf"\b({'|'.join(kinds)})/([a-z-]+)", line))
    for kind, name in sorted(named):
        if not shop.find(kinds[kind], name):
            yield f"{GUIDE} names {kind}/{name}, which is not there."
    for path in set(re.findall(r"bash (/\S+)", text(GUIDE))):
        mounts = [
            mount["mountPath"] for _, _, container in shop.containers() for mount in container.get("volumeMounts", [])
        ]
        if path.rsplit("/", 1)[0] not in mounts:
            yield f"{GUIDE} names {path}, where nothing is mounted."
