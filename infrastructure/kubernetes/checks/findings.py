"""checkov finds nothing that is not explained, by an annotation, at the object itself."""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml
from shop import title


def check(shop):
    return [*unexplained(shop), *scan(shop.objects)]


def unexplained(shop):
    """An exception without a reason is none."""
    for thing in shop.objects:
        for key, value in thing["metadata"].get("annotations", {}).items():
            if key.startswith("checkov.io/skip") and len(value.partition("=")[2].split()) < 3:
                yield f"{title(thing)} does not say why {value} is left out."


def scan(objects):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rendered.yaml"
        file.write_text(yaml.safe_dump_all(objects))
        checkov = pathlib.Path(sys.executable).parent / "checkov"
        command = [
            checkov,
            "--framework",
            "kubernetes",
            "--file",
            file,
            "--output",
            "json",
            "--quiet",
            "--compact",
            "--skip-download",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return [f"checkov did not end well: {done.stderr.strip() or done.stdout.strip()}"]
    if "results" not in report:
        return [f"checkov looked at nothing: {report}"]
    return [f"{one['resource']}: {one['check_id']}, {one['check_name']}" for one in report["results"]["failed_checks"]]
