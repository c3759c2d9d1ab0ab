"""Checks the blocks of a document, or runs those of a place."""

import collections
import subprocess
import time

from blocks import COMMANDS, parse, pattern
from project import PROJECT, text
from shell import Failure, Shell

# Prints something if a shop is there already, and fails if that is not known. A cluster that is not on this machine may
# be production.
IN_USE = {
    "toolchain": "ls -d .shop/data .shop/secrets 2>/dev/null || true",
    "docker": "docker volume ls --quiet --filter label=com.docker.compose.project=fleetmarket; ls -d .env tls 2>/dev/null || true",
    "kubernetes": """
        context=$(kubectl config current-context)
        if [[ $context != kind-* && $context != minikube ]]; then echo "the cluster of the context $context"; exit; fi
        kubectl get namespace fleetmarket --ignore-not-found --output name
        ls infrastructure/kubernetes/overlays/local/secrets/*.pem 2>/dev/null || true""",
}
# Removes what the commands of a document leave there.
CLEAN = {
    "toolchain": "cargo xtask down --wipe; rm -rf .shop/secrets",
    "docker": "docker compose --project-name fleetmarket --profile tools down --volumes --remove-orphans; rm -rf tls",
    "kubernetes": "kubectl delete namespace fleetmarket --ignore-not-found; git clean -fXq infrastructure/kubernetes/overlays/local/secrets",
}


def bash(command):
    """Returns what the commands print; the first one that fails ends this program."""
    result = subprocess.run(["bash", "-ec", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"failed: {command}\n{result.stderr}")
    return result.stdout


def check(document):
    """Prints the numbers of blocks and the errors; returns whether there are errors."""
    blocks = list(parse(text(document)))
    commands = [block.options for block in blocks if block.language in COMMANDS]
    kinds = [f"not run: {options['skip']}" if "skip" in options else options.get("run") for options in commands]
    for kind, count in collections.Counter(kinds).items():
        print(f"{document}: {count} {kind}")
    return print_errors(document, blocks)


def print_errors(document, blocks):
    errors = [(block, error) for block in blocks for error in block.errors()]
    for block, error in errors:
        print(f"{document}:{block.line}: {error}")
    return bool(errors)


def run(document, place):
    """Runs the blocks of a place in one shell; returns whether one failed."""
    every = list(parse(text(document)))
    # A mistake can hide a block of this place.
    if print_errors(document, every):
        return True
    blocks = [block for block in every if place in block.places]
    if not blocks:
        return False
    if used := bash(IN_USE[place]):
        print(f"{document}: not run, because this exists already, and the check would remove it:\n{used}")
        return True
    try:
        with Shell() as shell:
            printed = ""
            for block in blocks:
                begin = time.monotonic()
                try:
                    printed = run_block(shell, block, printed)
                except Failure as failure:
                    print(f"{document}:{block.line}: {failure}", flush=True)
                    return True
                print(f"{document}:{block.line}: passed after {time.monotonic() - begin:.1f} s", flush=True)
    finally:
        bash(CLEAN[place])
    return False


def run_block(shell, block, before):
    """Returns what it printed; for expected output that is what the block before has printed."""
    if "output" in block.options:
        for line in filter(None, block.text.split("\n")):
            if not pattern(line).search(before):
                raise Failure(f"the block before did not print\n{line}\nbut\n{before}")
        return before
    if "until" in block.options:
        return shell.attach(block.text, block.options["until"])
    return "\n".join(shell.run(command, expected and pattern(expected)) for command, expected in block.commands())
