"""Runs every check on the pipeline, or every planted fault."""

import sys

import faults
import names
import order
import paths
import reach
from pipeline import load

CHECKS = {
    "reach": reach.check,
    "names": names.check,
    "paths": paths.check,
    "order": order.check,
}


def main(arguments):
    if arguments == ["--self-test"]:
        return faults.run_all(CHECKS)
    if arguments:
        print(f"There is no option {' '.join(arguments)}, only --self-test.", file=sys.stderr)
        return 2
    failed = False
    for name, check in CHECKS.items():
        complaints = list(check(load()))
        failed |= bool(complaints)
        print(f"{name}: {len(complaints) or 'nothing'} to complain of")
        for complaint in complaints:
            print(f"    {complaint}")
    return int(failed)


sys.exit(main(sys.argv[1:]))
