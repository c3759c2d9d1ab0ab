"""checkov reports nothing, except what an annotation at the object skips with a reason."""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml
from manifests import title


def check(manifests):
    yield from skips_without_reason(manifests)
    yield from scan(manifests.objects)


def skips_without_reason(manifests):
    for item in manifests.objects:
        for key, value in item["metadata"].get("annotations", {}).items():
            if key.startswith("checkov.io/skip") and len(value.partition("=")[2].split()) < 3:
                yield f"{title(item)}: the annotation {key} has no reason: {value}"


def scan(objects):
    checkov = pathlib.Path(sys.executable).parent / "checkov"
    options = "--framework kubernetes --output json --quiet --compact --skip-download --file".split()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rendered.yaml"
        file.write_text(yaml.safe_dump_all(objects))
        result = subprocess.run([checkov, *options, file], capture_output=True, text=True, check=False)
    try:
        failed = json.loads(result.stdout)["results"]["failed_checks"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return [f"checkov failed: {result.stderr.strip() or result.stdout.strip()}"]
    return [f"{finding['resource']}: {finding['check_id']}, {finding['check_name']}" for finding in failed]
