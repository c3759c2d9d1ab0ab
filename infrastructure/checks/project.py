"""Facts about the project's code that the checks compare the deployment files with."""

import pathlib
import re

PROJECT = pathlib.Path(__file__).parents[2]
STORES = ("authentication", "products", "orders")


def text(path):
    return (PROJECT / path).read_text()


def stage(name):
    """The lines of a stage of the Dockerfile; None if there is none of this name."""
    parts = re.split(r"^FROM .* AS ([a-z-]+)$", text("Dockerfile"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2])).get(name)


def exposed(name):
    """The ports that the image of a stage exposes."""
    return {int(port) for port in re.findall(r"^EXPOSE (\d+)", stage(name) or "", re.MULTILINE)}


def variables_of(program):
    """The environment variables that a program reads."""
    if program == "edge":
        return set(re.findall(r"\$\{([A-Z_]+)\}", text("infrastructure/nginx/nginx.conf.template"))) | {"EDGE_URL"}
    if program in ("setup", "backup"):
        names = set(re.findall(r"`([A-Z_]+)`", text(f"infrastructure/{program}/README.md")))
        return names | {name.replace("NAME", store.upper(), 1) for name in names if "_NAME_" in name for store in STORES}
    if program == "dead-letters":
        code = text("crates/messaging/src/bin/events/main.rs") + text("crates/messaging/src/settings.rs")
        return set(re.findall(r'env = "([A-Z_]+)"', code))
    section = text("docs/settings.md").split(f"\n## {program}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([A-Z0-9_]+)`", section, re.MULTILINE))


def defaults_of_edge():
    """The variables of the edge that have a value in its image, or need none."""
    return set(re.findall(r"\b([A-Z_]+)=", stage("edge"))) | {"EDGE_URL"}
