"""Tests of the check: it reports references to things that do not exist."""

import pytest
from references import check, load


@pytest.mark.parametrize(
    "service, variable, value, message",
    [
        ("gateway", "UPSTREAM_CATALOGUE", "x", "sets UPSTREAM_CATALOGUE, which gateway does not read"),
        ("gateway", "UPSTREAM_ORDERS", "http://order:8003", "names order, which does not exist"),
        ("gateway", "UPSTREAM_ORDERS", "http://orders:8002", "names orders:8002, where nothing listens"),
        ("products", "MONGODB_URI", "mongodb://mongo-orders:27017/", "names mongo-orders, which does not exist or shares no"),
        ("orders", "MONGODB_URI", "mongodb://mongo-orders:27017/?replicaSet=rs-x", "names the replica set rs-x"),
        ("orders", "KAFKA_PASSWORD_FILE", "/run/secrets/kafka-order-password", "`setup secrets` does not create"),
    ],
)
def test_given_a_wrong_variable_when_checked_then_it_is_reported(service, variable, value, message):
    services = load()
    services[service]["environment"][variable] = value
    assert any(message in error for error in check(services))


@pytest.mark.parametrize(
    "service, key, value, message",
    [
        ("orders", "build", {"target": "order"}, "which the Dockerfile does not have"),
        ("kafka", "image", "apache/kafka:latest", "is not pinned"),
        ("edge", "ports", ["127.0.0.1:8080:80"], "edge publishes the port 80"),
        ("orders", "volumes", ["secrets-products:/run/secrets:ro"], "the folder of orders is not mounted"),
    ],
)
def test_given_a_wrong_option_when_checked_then_it_is_reported(service, key, value, message):
    services = load()
    services[service][key] = value
    assert any(message in error for error in check(services))
