"""Tries every OpenAPI document of a running shop with schemathesis; see README.md."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
STREAM = "/api/orders/events"
FOLLOWING = f"GET {STREAM}"
MERGED = "/api/openapi.json"
OWN = "/api-docs/openapi.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("gateway", "authentication", "products", "orders"):
        parser.add_argument(f"--{name}", required=True, metavar="URL")
    parser.add_argument("--examples", type=int, default=25, help="requests of each kind and call")
    arguments = vars(parser.parse_args())
    examples = arguments.pop("examples")
    token = access_token(arguments["gateway"])
    complaints = {
        name: complaint
        for number, (name, url) in enumerate(arguments.items(), start=1)
        if (complaint := tried(name, url, arguments["gateway"], token, f"192.0.2.{number}", examples))
    }
    # What was wrong comes last, where a reader of a long log looks.
    for name, complaint in complaints.items():
        print(f"\n{name}:\n{complaint}", flush=True)
    sys.exit(f"\nwhat the documents promise is not so at: {', '.join(complaints)}" if complaints else 0)


def tried(name, url, gateway, token, address, examples):
    """What is wrong with a service's document; nothing if all is well."""
    document = url + (MERGED if name == "gateway" else OWN)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        succeeded = pathlib.Path(folder, "succeeded.json")
        run = subprocess.run(
            [
                pathlib.Path(sys.executable).parent / "schemathesis",
                *("--config-file", HERE / "schemathesis.toml", "run", document, "--url", url),
                *("--header", f"Authorization: Bearer {token}", "--exclude-path", STREAM),
                # Failed log-ins count against an address: each run has one, and none is anybody's.
                *("--header", f"X-Forwarded-For: {address}"),
                *("--checks", "all", "--max-examples", str(examples), "--phases", "examples,coverage,fuzzing,stateful"),
                # One worker: a second thread now and then breaks Python 3.11's `ast.parse`, with which
                # hypothesis reads functions ("AST constructor recursion depth mismatch").
                *("--generation-deterministic", "--workers", "1", "--request-timeout", "30", "--no-color"),
                # How quickly a busy machine thinks of requests says nothing about the shop.
                *("--suppress-health-check", "too_slow"),
            ],
            env=os.environ
            | {
                "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
                "GATEWAY_URL": gateway,
                "ACCESS_TOKEN": token,
                "SUCCEEDED_FILE": str(succeeded),
            },
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        answered = set(json.loads(succeeded.read_text(encoding="utf-8")))
    documented = operations(document)
    if FOLLOWING in documented and follows(url, token):
        answered.add(FOLLOWING)
    never = sorted(documented - answered)
    well = run.returncode == 0 and not never
    cases = re.search(r"\d+ generated.*", run.stdout)
    seconds = time.monotonic() - begin
    print(f"{name:14}  {'ok ' if well else 'BAD'}  {seconds:4.0f} s  {cases[0] if cases else ''}", flush=True)
    complaint = run.stdout if run.returncode else ""
    return complaint + (f"never answered 2xx: {', '.join(never)}\n" if never else "")


def access_token(gateway):
    account = json.dumps({"email": "admin@admin.com", "password": "admin@admin.com"}).encode()
    request = urllib.request.Request(gateway + "/api/login", account, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)["access_token"]


def follows(url, token):
    """Whether the event stream begins; it does not end, so nothing else is tried of it here."""
    request = urllib.request.Request(url + STREAM, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        is_stream = answer.headers.get_content_type() == "text/event-stream"
        return is_stream and answer.readline().startswith(b":")


def operations(document):
    with urllib.request.urlopen(document, timeout=20) as answer:
        paths = json.load(answer)["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item}


if __name__ == "__main__":
    main()
