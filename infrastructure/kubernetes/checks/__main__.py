"""Runs every check on every overlay."""

import sys

import capacity
import encryption
import network
import references
import scan
import schemas
import workloads
from manifests import OVERLAYS, RenderError, render

CHECKS = {
    "schemas": schemas.check,
    "workloads": workloads.check,
    "references": references.check,
    "network": network.check,
    "encryption": encryption.check,
    "capacity": capacity.check,
    "exceptions": scan.check,
}


def results():
    """The name of each check, with its errors."""
    overlays = [render(overlay) for overlay in OVERLAYS]
    for manifests in overlays:
        for name, check in CHECKS.items():
            yield f"{manifests.overlay}: {name}", list(check(manifests))
    yield "checkov", scan.scan(overlays)


def main():
    failed = False
    for name, errors in results():
        failed |= bool(errors)
        print(f"{name}: {len(errors)} errors")
        for error in errors:
            print(f"    {error}")
    return int(failed)


try:
    sys.exit(main())
except RenderError as error:
    sys.exit(str(error))
