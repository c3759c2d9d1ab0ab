"""Every object is one that Kubernetes, or whoever made the kind, would take."""

import re

import jsonschema
import kubernetes_validate
import yaml
from shop import FOLDER, title

# The oldest that GKE's regular channel and a new kind have.
KUBERNETES = "1.34"


def check(shop):
    custom = yaml.safe_load((FOLDER / "checks/custom-resources.yaml").read_text())
    return [complaint for thing in shop.objects for complaint in complaints(thing, custom)]


def complaints(thing, custom):
    schema = custom.get(f"{thing.get('apiVersion')}/{thing.get('kind')}")
    try:
        if schema:
            jsonschema.validate(thing.get("spec"), schema)
        else:
            kubernetes_validate.validate(thing, KUBERNETES, strict=True)
    except (kubernetes_validate.ValidationError, jsonschema.ValidationError) as error:
        where = ".".join(str(part) for part in error.path)
        yield f"{title(thing)} is not valid at {where or 'its top'}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{title(thing)}: nothing is known of {thing['apiVersion']}, neither here nor in custom-resources.yaml."
    yield from quantities(thing)


def quantities(thing):
    """The schema takes any text as a quantity."""
    for path, value in leaves(thing):
        if re.search(r"\.(requests|limits)\.[a-z]+$", path) and not re.fullmatch(
            r"\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?", str(value)
        ):
            yield f"{title(thing)}: {path} is {value}, which is no quantity."


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value
