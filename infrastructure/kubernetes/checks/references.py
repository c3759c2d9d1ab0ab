"""Everything that a manifest names exists: in another manifest, or in the code."""

import re

import yaml
from manifests import FOLDER, image_name, is_own_image, name_of, secret_files, title
from project import STORES, defaults_of_edge, exposed, stage, text, variables_of

GUIDE = "docs/KUBERNETES.md"


def check(manifests):
    parts = (
        images, variables, listening, services, hosts, replica_sets, probe_paths, secrets, files, secret_manager, issuers,
        origins, guide,
    )
    for part in parts:
        yield from part(manifests)


def images(manifests):
    """The Dockerfile builds this project's images, and Compose uses the same third-party images."""
    compose = text("docker-compose.yml")
    for workload, _, container in manifests.containers():
        image, name = container["image"], image_name(container)
        if is_own_image(container) and stage(name) is None:
            yield f"{title(workload)}: the Dockerfile builds no image {name}"
        tag = re.search(r":([^:/@]+)$", image.split("@")[0])
        if not is_own_image(container) and tag and f"{name}:{tag[1]}" not in compose:
            yield f"{title(workload)}: docker-compose.yml has another image than {name}:{tag[1]}"


def variables(manifests):
    """The program reads every variable that it is given; the edge is given every variable that it needs."""
    for workload, _, container in manifests.containers():
        for source in container.get("envFrom", []):
            if not manifests.find("ConfigMap", source["configMapRef"]["name"]):
                yield f"{title(workload)}: there is no ConfigMap {source['configMapRef']['name']}"
        if not is_own_image(container):
            continue
        known, given = variables_of(container["name"]), manifests.environment(container)
        for name in sorted(set(given) - known):
            yield f"{title(workload)}: {container['name']} does not read the variable {name}"
        for name in {"TRUSTED_PROXIES", "EDGE_TRUSTED_PROXIES"} & known - set(given):
            yield f"{title(workload)}: {name} is not set, so every client has the address of the proxy"
        missing = {name for name, value in given.items() if value is None}
        if container["name"] == "edge":
            missing |= known - set(given) - defaults_of_edge()
        for name in sorted(missing):
            yield f"{title(workload)}: the variable {name} has no value"


def listening(manifests):
    """A program listens on the port that its container and its image declare."""
    for workload, _, container in manifests.containers():
        listen = manifests.environment(container).get("LISTEN")
        declared = {port["containerPort"] for port in container.get("ports", [])}
        if listen and int(listen.split(":")[-1]) not in declared:
            yield f"{title(workload)} listens on {listen}, but declares {sorted(declared)}"
        ports = exposed(image_name(container))
        if is_own_image(container) and declared and ports != declared:
            yield f"{title(workload)} declares {sorted(declared)}, but the image exposes {sorted(ports)}"


def services(manifests):
    """Services select pods that have the target port; the Ingress names a port of a Service."""
    for service in manifests.all("Service"):
        for port in service["spec"]["ports"]:
            if not any(port["targetPort"] in ports for ports in target_ports(manifests, service)):
                yield f"{title(service)}: no selected pod has the port {port['targetPort']}"
    for ingress in manifests.all("Ingress"):
        for path in [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]:
            backend = path["backend"]["service"]
            service = manifests.find("Service", backend["name"])
            if not service or backend["port"]["name"] not in {port["name"] for port in service["spec"]["ports"]}:
                yield f"{title(ingress)}: the Service {backend['name']} has no port {backend['port']['name']}"


def target_ports(manifests, service):
    """The ports, by name and by number, of each pod that a Service selects."""
    for _, template in manifests.workloads():
        if service["spec"]["selector"].items() <= template["metadata"]["labels"].items():
            declared = [port for container in template["spec"]["containers"] for port in container.get("ports", [])]
            yield {port.get("name") for port in declared} | {port["containerPort"] for port in declared}


def hosts(manifests):
    """Every host and port in a setting belongs to a Service or to a member of a StatefulSet."""
    pattern = r"(?<![\w.-])([a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)?):(\d{2,5})\b"
    for workload, _, container in manifests.containers():
        for name, value in manifests.environment(container).items():
            for host, port in re.findall(pattern, value or ""):
                if host != "localhost" and not resolves(manifests, host, int(port)):
                    yield f"{title(workload)}: {name} names {host}:{port}, which does not exist"


def resolves(manifests, host, port):
    member, _, name = host.rpartition(".")
    service = manifests.find("Service", name)
    if not service or port not in {one["port"] for one in service["spec"]["ports"]}:
        return False
    if not member:
        return service["spec"].get("clusterIP") != "None"
    sets = [one for one in manifests.all("StatefulSet") if one["spec"]["serviceName"] == name]
    return member in {f"{name_of(one)}-{number}" for one in sets for number in range(one["spec"]["replicas"])}


def replica_sets(manifests):
    """A connection string names the replica set that the members are started with."""
    started = {
        name_of(workload): manifests.environment(container).get("REPLICA_SET")
        for workload, _, container in manifests.containers()
        if workload["kind"] == "StatefulSet"
    }
    pattern = r"mongodb://[a-z0-9-]+\.([a-z-]+):[^?]*\?replicaSet=([a-z-]+)"
    for workload, _, container in manifests.containers():
        for name, value in manifests.environment(container).items():
            for host, replica_set in re.findall(pattern, value or ""):
                if started.get(host) != replica_set:
                    yield f"{title(workload)}: {name} names the replica set {replica_set}, but {host} is {started.get(host)}"


def probe_paths(manifests):
    """The program serves every path that is probed."""
    services = text("crates/service-kit/src/probes.rs")
    edge = text("infrastructure/nginx/nginx.conf.template")
    for workload, _, container in manifests.containers():
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(kind, {}).get("httpGet")
            if not probe:
                continue
            path = probe["path"]
            if f"location = {path} " not in edge if image_name(container) == "edge" else f'"{path}"' not in services:
                yield f"{title(workload)}: the {kind} requests {path}, which is not served"
            if probe["port"] not in {port["name"] for port in container["ports"]}:
                yield f"{title(workload)}: the {kind} uses the port {probe['port']}, which the container does not have"


def secrets(manifests):
    """Mounted Secrets exist, settings name mounted files, and the files are not world-readable."""
    keys = secret_keys(manifests)
    for workload, pod, container in manifests.containers():
        paths = {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts", [])}
        files = set()
        for volume in pod.get("volumes", []):
            for mode, name, key, file, optional in secret_items(volume, keys):
                if key not in keys.get(name, set()) and not optional:
                    yield f"{title(workload)} mounts {key or 'everything'} of the Secret {name}, which does not exist"
                if mode is None or mode & 0o007:
                    yield f"{title(workload)}: {key} of the Secret {name} is world-readable"
                files.add(f"{paths.get(volume['name'])}/{file}")
        for name, value in manifests.environment(container).items():
            for path in re.findall(r"/run/secrets/[\w./-]+\w", value or ""):
                if path not in files and not any(file.startswith(f"{path}/") for file in files):
                    yield f"{title(workload)}: {name} is {path}, where no Secret is mounted"


def files(manifests):
    """Every file of a Secret or a ConfigMap that a command names is mounted; a probe names a port of its container."""
    keys = secret_keys(manifests)
    for workload, pod, container in manifests.containers():
        mounted = {"/run/secrets": set(), **dict(mounted_files(manifests, pod, container, keys))}
        existing = {f"{folder}/{file}" for folder, names in mounted.items() for file in names}
        words = [*container.get("command", []), *container.get("args", []), *probe_commands(container)]
        for path in [path for word in words for path in re.findall(r"(?<![\w.])/[\w./-]+\w", word)]:
            if path.startswith(tuple(f"{folder}/" for folder in mounted)) and path not in existing:
                yield f"{title(workload)}: a command names {path}, which is not mounted"
        for word in filter(str.isdigit, probe_commands(container)):
            if int(word) not in {port["containerPort"] for port in container["ports"]}:
                yield f"{title(workload)}: a probe uses the port {word}, which the container does not have"


def mounted_files(manifests, pod, container, keys):
    """The files in each folder where a container has a Secret or a ConfigMap."""
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        volume = volumes.get(mount["name"], {})
        if "configMap" in volume:
            settings = manifests.find("ConfigMap", volume["configMap"]["name"])
            yield mount["mountPath"], set(settings["data"] if settings else {})
        elif "secret" in volume or "projected" in volume:
            yield mount["mountPath"], {item[3] for item in secret_items(volume, keys)}


def probe_commands(container):
    kinds = ("startupProbe", "livenessProbe", "readinessProbe")
    return [word for kind in kinds for word in container.get(kind, {}).get("exec", {}).get("command", [])]


def secret_keys(manifests):
    """The keys of every Secret: generated by kustomize, synchronised from Secret Manager, or issued by cert-manager."""
    generated = {name_of(one): set(one.get("data", {})) for one in manifests.all("Secret")}
    synced = {
        name_of(one): {item["targetKey"] for item in one["spec"]["secretObject"]["data"]}
        for one in manifests.all("SecretSync")
    }
    issued = {one["spec"]["secretName"]: certificate_keys(one) for one in manifests.all("Certificate")}
    return {**generated, **synced, **issued}


def certificate_keys(certificate):
    formats = {one["type"] for one in certificate["spec"].get("additionalOutputFormats", [])}
    return {"tls.crt", "tls.key", "ca.crt"} | ({"tls-combined.pem"} if "CombinedPEM" in formats else set())


def secret_items(volume, keys):
    """Each item that a volume mounts from a Secret: mode, Secret, key, file, and whether the Secret may be missing."""
    if "secret" in volume:
        source = volume["secret"]
        name = source["secretName"]
        items = source.get("items") or [{"key": key, "path": key} for key in keys.get(name, {None})]
        yield from ((source.get("defaultMode"), name, item["key"], item["path"], source.get("optional")) for item in items)
    mode = volume.get("projected", {}).get("defaultMode")
    for source in [one["secret"] for one in volume.get("projected", {}).get("sources", []) if "secret" in one]:
        for item in source.get("items", []):
            yield mode, source["name"], item["key"], item["path"], source.get("optional")


def secret_manager(manifests):
    """`cargo xtask secrets` creates every secret that is synchronised, and Terraform grants its reader access."""
    created = {file.name.replace(".", "-") for file in secret_files(FOLDER)}
    readers = readers_in_terraform()
    accounts = {name_of(one) for one in manifests.all("ServiceAccount")}
    for sync in manifests.all("SecretSync"):
        account = sync["spec"]["serviceAccountName"]
        if account not in accounts:
            yield f"{title(sync)}: there is no service account {account}"
        source = manifests.find("SecretProviderClass", sync["spec"]["secretProviderClassName"])
        entries = yaml.safe_load(source["spec"]["parameters"]["secrets"]) if source else []
        for item in sync["spec"]["secretObject"]["data"]:
            if item["sourcePath"] not in {entry["path"] for entry in entries}:
                yield f"{title(sync)}: its SecretProviderClass has no {item['sourcePath']}"
        for name in [entry["resourceName"].split("/")[3] for entry in entries]:
            if name not in created:
                yield f"{title(sync)}: `cargo xtask secrets` does not create {name}"
            if account != readers.get(name):
                yield f"{title(sync)}: Terraform does not let {account} read {name}"


def readers_in_terraform():
    """Each secret of infrastructure/terraform/secrets.tf, with the service account that may read it."""
    entry = r'"?([a-z][a-z-]*(?:\$\{service\}[a-z-]*)?)"? +=>? +\["?([^]"]+)"?\]'
    readers = {}
    for name, account in re.findall(entry, text("infrastructure/terraform/secrets.tf")):
        for store in STORES if "${service}" in name else [""]:
            reader = store if account == "service" else account.replace("${service}", store)
            readers[name.replace("${service}", store)] = reader
    return readers


def issuers(manifests):
    """Certificates have an issuer, an issuer has an authority, and certificates of our own are for our own servers."""
    authorities = {one["spec"]["secretName"] for one in manifests.all("Certificate") if one["spec"].get("isCA")}
    for issuer in manifests.all("Issuer", "ClusterIssuer"):
        secret = issuer["spec"].get("ca", {}).get("secretName")
        if secret and secret not in authorities:
            yield f"{title(issuer)}: no Certificate creates the authority {secret}"
    for certificate in manifests.all("Certificate"):
        reference = certificate["spec"]["issuerRef"]
        if not manifests.find(reference["kind"], reference["name"]):
            yield f"{title(certificate)}: there is no {reference['kind']} {reference['name']}"
        for name in certificate["spec"].get("dnsNames", []) if reference["kind"] == "Issuer" else []:
            service = manifests.find("Service", name.split(".")[-1])
            if not service or "." in name and not resolves(manifests, name, service["spec"]["ports"][0]["port"]):
                yield f"{title(certificate)} names {name}, which does not exist"


def origins(manifests):
    """Each service knows the origin that the Ingress serves, and the Ingress has a certificate for it."""
    known = {}
    for service in (*STORES, "gateway"):
        deployment = manifests.find("Deployment", service)
        settings = manifests.environment(deployment["spec"]["template"]["spec"]["containers"][0])
        known[service] = settings.get("PUBLIC_ORIGINS", "")
    certificates = {one["spec"]["secretName"]: one["spec"].get("dnsNames", []) for one in manifests.all("Certificate")}
    for ingress in manifests.all("Ingress"):
        scheme = "https" if ingress["spec"].get("tls") else "http"
        for origin in [f"{scheme}://{rule['host']}" for rule in ingress["spec"]["rules"]]:
            for service, origins in known.items():
                if not re.fullmatch(rf"{re.escape(origin)}(:\d+)?", origins):
                    yield f"{title(ingress)} serves {origin}, but PUBLIC_ORIGINS of {service} is {origins}"
        for block in ingress["spec"].get("tls", []):
            if not set(block["hosts"]) <= set(certificates.get(block["secretName"], [])):
                yield f"{title(ingress)}: there is no certificate for {', '.join(block['hosts'])}"


def guide(manifests):
    """The operator's guide names only workloads, Services and scripts that exist."""
    if manifests.overlay == "local":
        return
    kinds = {"deployment": "Deployment", "statefulset": "StatefulSet", "cronjob": "CronJob", "service": "Service"}
    lines = [line for line in text(GUIDE).splitlines() if "--namespace" not in line]
    for kind, name in sorted(set(re.findall(rf"\b({'|'.join(kinds)})/([a-z-]+)", "\n".join(lines)))):
        if not manifests.find(kinds[kind], name):
            yield f"{GUIDE} names {kind}/{name}, which does not exist"
    mounts = {mount["mountPath"] for _, _, one in manifests.containers() for mount in one.get("volumeMounts", [])}
    for path in set(re.findall(r"bash (/\S+)", text(GUIDE))):
        if path.rsplit("/", 1)[0] not in mounts:
            yield f"{GUIDE} names {path}, where nothing is mounted"
