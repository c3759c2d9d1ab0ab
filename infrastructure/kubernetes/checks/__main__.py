"""Runs every check on every overlay."""

import sys

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
    "checkov": scan.check,
}


def main():
    failed = False
    for overlay in OVERLAYS:
        manifests = render(overlay)
        for name, check in CHECKS.items():
            errors = list(check(manifests))
            failed |= bool(errors)
            print(f"{overlay}: {name}: {len(errors)} errors")
            for error in errors:
                print(f"    {error}")
    return int(failed)


try:
    sys.exit(main())
except RenderError as error:
    sys.exit(str(error))
