"""The manifests that kustomize renders from an overlay, and queries that several checks share."""

import pathlib
import shutil
import subprocess
import tempfile

import yaml

FOLDER = pathlib.Path(__file__).parent.parent
OVERLAYS = ["local", "gke"]


class RenderError(Exception):
    """kustomize cannot render the overlay."""


def render(overlay, folder=FOLDER):
    """Renders an overlay in a copy of the folder, with placeholders for the secret files that git ignores."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        for file in secret_files(pathlib.Path(copy)):
            file.write_text("placeholder\n")
        result = subprocess.run(
            ["kubectl", "kustomize", f"{copy}/overlays/{overlay}"], capture_output=True, text=True, check=False
        )
    if result.returncode:
        raise RenderError(f"cannot render the overlay {overlay}: {result.stderr.strip()}")
    return Manifests(overlay, list(yaml.load_all(result.stdout, Loader=yaml.CSafeLoader)))


def secret_files(folder):
    """The files that the Secrets of the local overlay are generated from."""
    secrets = folder / "overlays/local/secrets"
    kustomization = yaml.safe_load((secrets / "kustomization.yaml").read_text())
    for generator in kustomization["secretGenerator"]:
        for file in generator["files"]:
            yield secrets / file.split("=")[-1]


class Manifests:
    """The objects of one overlay."""

    def __init__(self, overlay, objects):
        self.overlay = overlay
        self.objects = objects

    def all(self, *kinds):
        return [item for item in self.objects if item["kind"] in kinds]

    def find(self, kind, name):
        return next((item for item in self.all(kind) if name_of(item) == name), None)

    def workloads(self):
        """Every object that creates pods, with its pod template."""
        for workload in self.all("Deployment", "StatefulSet", "Job"):
            yield workload, workload["spec"]["template"]
        for workload in self.all("CronJob"):
            yield workload, workload["spec"]["jobTemplate"]["spec"]["template"]

    def containers(self):
        """Every container, with its workload and its pod."""
        for workload, template in self.workloads():
            pod = template["spec"]
            for container in pod.get("initContainers", []) + pod["containers"]:
                yield workload, pod, container

    def environment(self, container):
        """The environment variables of a container; None where a value is only known at run time."""
        variables = {}
        for source in container.get("envFrom", []):
            settings = self.find("ConfigMap", source["configMapRef"]["name"])
            variables.update(settings["data"] if settings else {})
        for variable in container.get("env", []):
            reference = variable.get("valueFrom", {}).get("configMapKeyRef")
            if reference:
                settings = self.find("ConfigMap", reference["name"])
                variables[variable["name"]] = settings["data"].get(reference["key"]) if settings else None
            else:
                variables[variable["name"]] = variable.get("value")
        return variables


def name_of(item):
    return item["metadata"]["name"]


def title(item):
    return f"{item['kind']} {name_of(item)}"


def image_name(container):
    """`gateway` for an image of this project in any registry, else the public name such as `mongo`."""
    path = container["image"].split("@")[0].split(":")[0].removeprefix("docker.io/").removeprefix("library/")
    return path.split("/")[-1] if is_own_image(container) else path


def is_own_image(container):
    return "fleetmarket/" in container["image"].split("@")[0].split(":")[0]
