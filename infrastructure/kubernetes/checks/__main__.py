"""Runs every check on every overlay, or every planted fault."""

import sys

import conventions
import faults
import findings
import network
import references
import restricted
import schemas
from shop import OVERLAYS, Broken, render

CHECKS = {
    "schemas": schemas.check,
    "restricted pods": restricted.check,
    "conventions": conventions.check,
    "references": references.check,
    "network": network.check,
    "findings of checkov": findings.check,
}


def main(arguments):
    try:
        if arguments == ["--self-test"]:
            return faults.run(CHECKS)
        if arguments:
            print(f"There is no option {' '.join(arguments)}, only --self-test.", file=sys.stderr)
            return 2
        return check_all()
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1


def check_all():
    failed = False
    for overlay in OVERLAYS:
        shop = render(overlay)
        for name, check in CHECKS.items():
            complaints = check(shop)
            failed |= bool(complaints)
            print(f"{overlay}: {name}: {len(complaints) or 'nothing'} to complain of")
            for complaint in complaints:
                print(f"    {complaint}")
    return int(failed)


sys.exit(main(sys.argv[1:]))
