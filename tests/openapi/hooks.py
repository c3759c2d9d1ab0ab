"""Adds one call per operation that must succeed, and records which operations succeeded."""

import atexit
import json
import os
import urllib.request
import uuid

import schemathesis

GATEWAY = os.environ["GATEWAY_URL"]
TOKEN = os.environ["ACCESS_TOKEN"]
succeeded = set()


def post(path, body, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(GATEWAY + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def refresh_token():
    account = {"email": "aaa@aaa.com", "password": "aaa@aaa.com"}
    return {"refresh_token": post("/api/login", account)["refresh_token"]}


def own_order():
    order = {"products": [{"name": "cutlery", "quantity": 1}]}
    return {"id": post("/api/orders", order, TOKEN)["id"]}


def product():
    lamp = {"name": new_name(), "description": "A warm light", "price": 19.99, "quantity": 5, "categories": ["kitchen"]}
    return {"product": lamp}


def new_name():
    return f"lamp {uuid.uuid4()}"


# Random data would not name what exists, or what does not exist yet.
CALLS = {
    "POST /api/register": lambda: {"body": {"email": f"{uuid.uuid4()}@test.example", "password": "a long sentence"}},
    "POST /api/login": lambda: {"body": {"email": "aaa@aaa.com", "password": "aaa@aaa.com"}},
    "POST /api/refresh": lambda: {"body": refresh_token()},
    "POST /api/logout": lambda: {"body": refresh_token()},
    "POST /api/categories": lambda: {"body": {"name": new_name()}},
    "POST /api/products": lambda: {"body": product()},
    "PATCH /api/products": lambda: {"query": {"name": "cutlery"}, "body": {"add_quantity": 1}},
    "POST /api/orders": lambda: {"body": {"products": [{"name": "cutlery", "quantity": 1}]}},
    "GET /api/orders/{id}": lambda: {"path_parameters": own_order()},
}


@schemathesis.hook
def before_add_examples(context, examples):
    arguments = CALLS.get(context.operation.label)
    if arguments:
        examples.append(context.operation.Case(**arguments()))


@schemathesis.hook
def after_call(context, case, response):
    if 200 <= response.status_code < 300:
        succeeded.add(case.operation.label)


@atexit.register
def record():
    with open(os.environ["SUCCEEDED_FILE"], "w", encoding="utf-8") as file:
        json.dump(sorted(succeeded), file)
