"""checkov finds nothing in the manifests and in the Dockerfile, except what an annotation skips with a reason."""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml
from manifests import title
from project import PROJECT

FRAMEWORKS = ["dockerfile", "kubernetes"]


def check(manifests):
    for item in manifests.objects:
        for key, value in item["metadata"].get("annotations", {}).items():
            if key.startswith("checkov.io/skip") and len(value.partition("=")[2].split()) < 3:
                yield f"{title(item)}: the annotation {key} has no reason: {value}"


def scan(overlays):
    """Scans all overlays and the Dockerfile in one process, because checkov takes longer to start than to scan."""
    checkov = pathlib.Path(sys.executable).parent / "checkov"
    options = "--output json --quiet --compact --skip-download --framework".split() + FRAMEWORKS
    with tempfile.TemporaryDirectory() as folder:
        files = [PROJECT / "Dockerfile"]
        for manifests in overlays:
            files.append(pathlib.Path(folder) / f"{manifests.overlay}.yaml")
            files[-1].write_text(yaml.dump_all(manifests.objects, Dumper=yaml.CSafeDumper))
        result = subprocess.run([checkov, *options, "--file", *files], capture_output=True, text=True, check=False)
    try:
        reports = {report["check_type"]: report["results"]["failed_checks"] for report in json.loads(result.stdout)}
        failed = [finding for framework in FRAMEWORKS for finding in reports[framework]]
    except (json.JSONDecodeError, KeyError, TypeError):
        return [f"checkov failed: {result.stderr.strip() or result.stdout.strip()}"]
    return [f"{one['file_path'].split('/')[-1]}: {one['resource']}: {one['check_id']}, {one['check_name']}" for one in failed]
