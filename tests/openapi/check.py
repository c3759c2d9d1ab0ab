"""Checks the OpenAPI documents of a running shop, and the shop against them; see README.md."""

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

import documents

HERE = pathlib.Path(__file__).parent
STREAM = "/api/orders/events"
STREAM_OPERATION = f"GET {STREAM}"
MERGED_DOCUMENT = "/api/openapi.json"
SERVICE_DOCUMENT = "/api-docs/openapi.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("gateway", "authentication", "products", "orders"):
        parser.add_argument(f"--{name}", required=True, metavar="URL")
    parser.add_argument("--examples", type=int, default=25, help="maximum number of requests per operation and phase")
    arguments = vars(parser.parse_args())
    examples = arguments.pop("examples")
    token = access_token(arguments["gateway"])
    if wrong := document_errors(arguments, token):
        sys.exit("\n".join(wrong))
    failures = {
        name: failure
        for number, (name, url) in enumerate(arguments.items(), start=1)
        if (failure := check(name, url, arguments["gateway"], token, f"192.0.2.{number}", examples))
    }
    # The failures come last, where a reader of a long log looks.
    for name, failure in failures.items():
        print(f"\n{name}:\n{failure}", flush=True)
    sys.exit(f"\nservices that differ from their documents: {', '.join(failures)}" if failures else 0)


def check(name, url, gateway, token, address, examples):
    """Returns how a service differs from its document, or an empty string."""
    document = document_url(name, url)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        succeeded_file = pathlib.Path(folder, "succeeded.json")
        run = subprocess.run(
            [
                pathlib.Path(sys.executable).parent / "schemathesis",
                *("--config-file", HERE / "schemathesis.toml", "run", document, "--url", url),
                *("--header", f"Authorization: Bearer {token}", "--exclude-path", STREAM),
                # Failed logins are limited per address, so each run uses its own address.
                *("--header", f"X-Forwarded-For: {address}"),
                *("--checks", "all", "--max-examples", str(examples), "--phases", "examples,coverage,fuzzing,stateful"),
                # With a second worker, `ast.parse` of Python 3.11, which Hypothesis uses, sometimes fails
                # ("AST constructor recursion depth mismatch").
                *("--generation-deterministic", "--workers", "1", "--request-timeout", "30", "--no-color"),
                # How fast a busy machine generates requests does not matter.
                *("--suppress-health-check", "too_slow"),
            ],
            env=os.environ
            | {
                "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
                "GATEWAY_URL": gateway,
                "ACCESS_TOKEN": token,
                "SUCCEEDED_FILE": str(succeeded_file),
            },
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        succeeded = set(json.loads(succeeded_file.read_text(encoding="utf-8")))
    documented = operations(document)
    if STREAM_OPERATION in documented and stream_begins(url, token):
        succeeded.add(STREAM_OPERATION)
    failed = sorted(documented - succeeded)
    result = "failed" if run.returncode or failed else "passed"
    cases = re.search(r"\d+ generated.*", run.stdout)
    seconds = time.monotonic() - start
    print(f"{name:14}  {result}  {seconds:4.0f} s  {cases[0] if cases else ''}", flush=True)
    failure = run.stdout if run.returncode else ""
    return failure + (f"operations without a 2xx response: {', '.join(failed)}\n" if failed else "")


def document_url(name, url):
    return url + (MERGED_DOCUMENT if name == "gateway" else SERVICE_DOCUMENT)


def document_errors(urls, token):
    """Returns what is wrong with the documents, or with the clients that are generated from them."""
    start = time.monotonic()
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        generations = {}
        for name, url in urls.items():
            file = pathlib.Path(folder, f"{name}.json")
            with urllib.request.urlopen(document_url(name, url), timeout=20) as response:
                file.write_bytes(response.read())
            generations[name] = documents.Generation(file, pathlib.Path(tempfile.mkdtemp(dir=folder)))
            found = documents.errors(json.loads(file.read_text(encoding="utf-8")))
            wrong += [f"{name}: {error}" for error in found]
        for name, generation in generations.items():
            wrong += [f"{name}: {error}" for error in generation.errors()]
        if not wrong:
            wrong += documents.order_errors(generations["gateway"].package, urls["gateway"], token)
    print(f"documents       {'failed' if wrong else 'passed'}  {time.monotonic() - start:4.0f} s", flush=True)
    return wrong


def access_token(gateway):
    account = json.dumps({"email": "admin@admin.com", "password": "admin@admin.com"}).encode()
    request = urllib.request.Request(gateway + "/api/login", account, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)["access_token"]


def stream_begins(url, token):
    """Returns whether the event stream begins. It does not end, so nothing else of it is checked."""
    request = urllib.request.Request(url + STREAM, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as response:
        is_stream = response.headers.get_content_type() == "text/event-stream"
        return is_stream and response.readline().startswith(b":")


def operations(document):
    with urllib.request.urlopen(document, timeout=20) as response:
        paths = json.load(response)["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item}


if __name__ == "__main__":
    main()
