"""Every object is valid against the schema of its kind."""

import re

import jsonschema
import kubernetes_validate
import yaml
from manifests import FOLDER, title

# The oldest version that GKE's regular channel offers and that a new kind cluster has.
KUBERNETES = "1.34"


def check(manifests):
    custom = yaml.safe_load((FOLDER / "checks/custom-resources.yaml").read_text())
    for item in manifests.objects:
        yield from validate(item, custom)
    yield from quantities(manifests)


def validate(item, custom):
    schema = custom.get(f"{item.get('apiVersion')}/{item.get('kind')}")
    try:
        if schema:
            jsonschema.validate(item.get("spec"), schema)
        else:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    except (kubernetes_validate.ValidationError, jsonschema.ValidationError) as error:
        path = ".".join(str(part) for part in error.path)
        yield f"{title(item)} is invalid at {path or 'the top level'}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{title(item)}: no schema for {item['apiVersion']}; add one to custom-resources.yaml"


def quantities(manifests):
    """The Kubernetes schema accepts any text as a quantity."""
    for workload, _, container in manifests.containers():
        for values in container.get("resources", {}).values():
            for name, value in values.items():
                if not re.fullmatch(r"\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?", str(value)):
                    yield f"{title(workload)}: {name}: {value} is not a quantity"
