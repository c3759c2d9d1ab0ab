"""Checks OpenAPI documents as their readers do: by the specification's schema, and by a generator of clients."""

import importlib
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

METHODS = ("get", "post", "put", "patch", "delete")


def errors(document):
    """Returns what is wrong with a document: by the schema of OpenAPI, or an example that is missing or does not fit."""
    invalid = [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    return invalid or [
        error for path, item in document["paths"].items() for method in METHODS if method in item
        for error in example_errors(f"{method.upper()} {path}", item[method], document)
    ]


def example_errors(operation, item, document):
    bodies = {"request": item.get("requestBody", {})}
    bodies |= {status: response for status, response in item["responses"].items() if status.startswith("2")}
    for name, body in bodies.items():
        for content in body.get("content", {}).values():
            if "example" not in content:
                yield f"{operation}: no example of {name}"
                continue
            # References to components are resolved in the schema itself.
            schema = content["schema"] | {"components": document["components"]}
            for error in Draft202012Validator(schema).iter_errors(content["example"]):
                yield f"{operation}: the example of {name} does not fit: {error.message}"


class Generation:
    """Generates a client in the background."""

    def __init__(self, document_file, folder):
        folder = pathlib.Path(folder)
        config = folder / "config.yml"
        # Formatting the client takes longer than generating it.
        config.write_text("post_hooks: []\n", encoding="utf-8")
        self.package = folder / document_file.stem
        self.process = subprocess.Popen(
            [
                pathlib.Path(sys.executable).parent / "openapi-python-client",
                *("generate", "--path", document_file, "--output-path", self.package, "--config", config),
                *("--meta", "none", "--fail-on-warning"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def errors(self):
        """Waits for the end; returns what the generator reports."""
        output, _ = self.process.communicate()
        return [output] if self.process.returncode else []


def order_errors(package, gateway, token):
    """Places an order with a generated client."""
    sys.path.insert(0, str(package.parent))
    modules = ("client", "models", "api.orders.place_order")
    client, models, place_order = (importlib.import_module(f"{package.name}.{module}") for module in modules)
    client = client.AuthenticatedClient(base_url=gateway, token=token)
    order = models.PlaceOrder(products=[models.WantedLine(name="cutlery", quantity=1)])
    placed = place_order.sync(client=client, body=order)
    is_placed = isinstance(placed, models.Order) and placed.status == models.Status.PENDING
    return [] if is_placed else [f"the generated client could not place an order: {placed}"]
