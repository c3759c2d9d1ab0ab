"""What kustomize makes of an overlay, and questions that several checks ask of it."""

import pathlib
import shutil
import subprocess
import tempfile

import yaml

FOLDER = pathlib.Path(__file__).parent.parent
PROJECT = FOLDER.parent.parent
OVERLAYS = ["local", "gke"]


class Broken(Exception):
    """There is nothing that could be checked."""


def render(overlay, folder=FOLDER):
    """Renders an overlay in a copy, where secrets that a clean clone lacks have a stand-in."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        for file in secret_files(pathlib.Path(copy)):
            file.write_text("a stand-in\n")
        done = subprocess.run(
            ["kubectl", "kustomize", f"{copy}/overlays/{overlay}"], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise Broken(f"The overlay {overlay} cannot be rendered: {done.stderr.strip()}")
    return Shop(overlay, list(yaml.safe_load_all(done.stdout)))


def secret_files(folder):
    """The files that the Secrets of the local overlay are made of."""
    secrets = folder / "overlays/local/secrets"
    kustomization = yaml.safe_load((secrets / "kustomization.yaml").read_text())
    for generator in kustomization["secretGenerator"]:
        for file in generator["files"]:
            yield secrets / file.split("=")[-1]


class Shop:
    """The objects of one overlay."""

    def __init__(self, overlay, objects):
        self.overlay = overlay
        self.objects = objects

    def all(self, *kinds):
        return [thing for thing in self.objects if thing["kind"] in kinds]

    def find(self, kind, name):
        return next((thing for thing in self.all(kind) if name_of(thing) == name), None)

    def workloads(self):
        """Everything that makes pods, with the template of the pod."""
        for thing in self.all("Deployment", "StatefulSet", "Job"):
            yield thing, thing["spec"]["template"]
        for thing in self.all("CronJob"):
            yield thing, thing["spec"]["jobTemplate"]["spec"]["template"]

    def containers(self):
        """Every container: what makes its pod, the pod, itself."""
        for thing, template in self.workloads():
            pod = template["spec"]
            for container in pod.get("initContainers", []) + pod["containers"]:
                yield thing, pod, container

    def environment(self, container):
        """The variables of a container and their values; None where a value is not known before it runs."""
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


def name_of(thing):
    return thing["metadata"]["name"]


def title(thing):
    return f"{thing['kind']} {name_of(thing)}"


def image_name(container):
    """`gateway` for an image of ours, wherever it is kept, else the public name such as `mongo`."""
    path = container["image"].split("@")[0].split(":")[0].removeprefix("docker.io/").removeprefix("library/")
    return path.split("/")[-1] if "fleetmarket/" in path else path


def is_ours(container):
    return "fleetmarket/" in container["image"].split("@")[0].split(":")[0]
