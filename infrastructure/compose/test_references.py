"""Tests of the check: it reports references to things that do not exist."""

import pytest
from project import text
from references import check, load, load_balancer, load_tls


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


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("listen 8080", "listen 8088", "publishes the port 8080, where nothing listens"),
        ("listen 8080", "listen 8088", "listens on the port 8088, which is not published"),
        ("edge:8081", "edge:8080", "forwards to edge:8080, where nothing listens"),
        ("edge:8081", "edges:8081", "forwards to edges:8081, where nothing listens"),
    ],
)
def test_given_a_load_balancer_with_a_wrong_port_when_checked_then_it_is_reported(old, new, message):
    configuration = text("infrastructure/compose/load-balancer.conf").replace(old, new)
    assert any(message in error for error in load_balancer(load(), configuration, load_tls()))


def test_given_a_published_port_of_tls_without_listener_when_checked_then_it_is_reported():
    tls = load_tls()
    tls["services"]["load-balancer"]["ports"][0] = "443:8444"
    errors = load_balancer(load(), text("infrastructure/compose/load-balancer.conf"), tls)
    assert any("publishes the port 8444, where nothing listens" in error for error in errors)
