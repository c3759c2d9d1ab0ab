"""Runs every check on the pipeline."""

import sys

import names
import order
import paths
import reach
from pipeline import load

failed = False
for check in (reach, names, paths, order):
    errors = list(check.check(load()))
    failed |= bool(errors)
    print(f"{check.__name__}: {len(errors)} errors")
    for error in errors:
        print(f"    {error}")
sys.exit(int(failed))
