//! `cargo xtask test --containers`: the shop of `docker compose up`, stopped, killed, scaled, updated
//! and restarted while buyers place orders.

mod buyers;
mod client;
mod compose;
mod images;

use std::{
    collections::BTreeSet,
    process::{Command, ExitCode},
    sync::atomic::Ordering,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use self::{
    buyers::Responses,
    client::{Client, STOCK},
    compose::{Compose, output},
};
use crate::{console::print_table, http::Outcome, layout::Component};

const BUYER: &str = "aaa@aaa.com";
const ADMIN: &str = "admin@admin.com";
/// The limit for all containers together.
const MAX_MEMORY_MB: f64 = 1500.0;
/// The limit for the time from `up` to the first accepted order.
const MAX_FIRST_ORDER_S: f64 = 60.0;
/// How many orders a buyer places before a fault is injected.
const MIN_ORDERS: usize = 10;

/// Builds the images, inspects them, and tests the shop. Skips all of it without Docker.
pub(crate) fn test() -> Result<ExitCode> {
    if let Some(reason) = compose::unavailable_reason() {
        print_line!("skipped the containers: {reason}");
        return Ok(ExitCode::SUCCESS);
    }
    let compose = Compose::new()?;
    let begin = Instant::now();
    compose.run(&["build"])?;
    print_line!("built in {:.0} s", begin.elapsed().as_secs_f64());
    images::check()?;

    let mut orders = first_order(&compose)?;
    check_memory(&compose)?;
    check_stop(&compose, &mut orders)?;
    check_kills(&compose, &mut orders)?;
    check_replicas(&compose, &mut orders)?;
    check_update(&compose, &mut orders)?;
    check_backup(&compose, &mut orders)?;
    check_volumes(&compose, &orders)?;
    check_error_messages(&compose)?;
    print_line!("the containers passed all tests");
    Ok(ExitCode::SUCCESS)
}

/// Starts the shop and places an order; returns the order's id.
fn first_order(compose: &Compose) -> Result<BTreeSet<String>> {
    let begin = Instant::now();
    compose.up(&[])?;
    let up = begin.elapsed().as_secs_f64();
    let admin = log_in(compose, ADMIN)?;
    compose.until("no product was added", || Ok(admin.add_product()))?;
    let buyer = log_in(compose, BUYER)?;
    let id = compose.until("no order was acknowledged", || match buyer.order("first") {
        Outcome::Complete(201, body) => Ok(body["id"].as_str().map(str::to_owned)),
        _ => Ok(None),
    })?;
    compose.until("the order was not accepted", || {
        let orders = buyer.orders().unwrap_or_default();
        Ok((orders.get(&id).is_some_and(|status| status == "ACCEPTED")).then_some(()))
    })?;
    let first = begin.elapsed().as_secs_f64();
    print_line!("up after {up:.1} s, the first order accepted after {first:.1} s");
    ensure!(
        first <= MAX_FIRST_ORDER_S,
        "the first order was accepted after more than {MAX_FIRST_ORDER_S} s"
    );
    Ok(BTreeSet::from([id]))
}

fn log_in(compose: &Compose, email: &str) -> Result<Client> {
    compose.until("no user could log in", || {
        Client::log_in(compose.port, email)
    })
}

/// Prints the memory of every container, and checks their sum.
fn check_memory(compose: &Compose) -> Result<()> {
    let mut rows = Vec::new();
    let mut total = 0.0;
    for container in compose.containers()? {
        if container.state != "running" {
            continue;
        }
        let mut command = Command::new("docker");
        command.args(["stats", "--no-stream", "--format", "{{.MemUsage}}"]);
        let used = output(command.arg(&container.name))?;
        let used = megabytes(&used)
            .with_context(|| format!("cannot read the memory in docker's output: {used}"))?;
        total += used;
        rows.push([container.service, format!("{used:.0}")]);
    }
    rows.push(["all".to_owned(), format!("{total:.0}")]);
    print_table(["CONTAINER", "MB"], &rows);
    ensure!(
        total <= MAX_MEMORY_MB,
        "the containers use more than {MAX_MEMORY_MB} MB"
    );
    Ok(())
}

/// Reads the megabytes in use from `12.5MiB / 128MiB`.
fn megabytes(usage: &str) -> Option<f64> {
    let used = usage.split('/').next()?.trim();
    let unit = used.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = used.split_at(unit);
    let factor = match unit {
        "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor / 1e6)
}

/// Stops everything while buyers place orders: every accepted connection gets a complete response.
fn check_stop(compose: &Compose, orders: &mut BTreeSet<String>) -> Result<()> {
    let responses = while_buyers_order(compose, "stop", || compose.run(&["stop"]))?;
    print_line!("stop: {responses}");
    ensure!(
        responses.errors == 0 && responses.incomplete == 0,
        "an accepted request was lost during the stop"
    );
    for container in compose.containers()? {
        // A Java virtual machine exits with 143 after a graceful shutdown by SIGTERM.
        let expected = if container.service == "kafka" { 143 } else { 0 };
        ensure!(
            container.exit_code == expected,
            "{} exited with {}",
            container.name,
            container.exit_code
        );
    }
    orders.extend(responses.acknowledged);
    compose.up(&[])?;
    let found = expect_at_least(compose, orders)?;
    ensure!(
        found == orders.len(),
        "{found} orders exist, but {} were acknowledged",
        orders.len()
    );
    Ok(())
}

/// Kills each container while buyers place orders, then starts it: no acknowledged order is lost.
fn check_kills(compose: &Compose, orders: &mut BTreeSet<String>) -> Result<()> {
    for victim in Component::value_variants().iter().map(|one| one.name()) {
        let responses = while_buyers_order(compose, victim, || compose.run(&["kill", victim]))?;
        print_line!("killed {victim}: {responses}");
        orders.extend(responses.acknowledged);
        compose.up(&[])?;
        expect_at_least(compose, orders)?;
    }
    Ok(())
}

/// Scales services, and kills one replica while buyers place orders.
fn check_replicas(compose: &Compose, orders: &mut BTreeSet<String>) -> Result<()> {
    compose.up(&["--scale", "products=3", "--scale", "orders=2"])?;
    let all = compose.containers()?;
    let replicas: Vec<_> = all.iter().filter(|one| one.service == "products").collect();
    ensure!(
        replicas.len() == 3,
        "there are {} replicas of products",
        replicas.len()
    );
    let responses = while_buyers_order(compose, "replicas", || {
        output(Command::new("docker").args(["kill", &replicas[0].name])).map(drop)
    })?;
    print_line!("killed one of three products: {responses}");
    orders.extend(responses.acknowledged);
    expect_at_least(compose, orders)?;
    Ok(())
}

/// Replaces every service while buyers place orders: no request fails.
fn check_update(compose: &Compose, orders: &mut BTreeSet<String>) -> Result<()> {
    let responses = while_buyers_order(compose, "update", || compose.update())?;
    print_line!("update: {responses}");
    ensure!(
        responses.errors == 0 && responses.missing == 0 && responses.incomplete == 0,
        "requests failed during the update"
    );
    orders.extend(responses.acknowledged);
    expect_at_least(compose, orders)?;
    let replicas = compose.containers()?;
    let replicas = replicas.iter().filter(|one| one.service == "products");
    ensure!(
        replicas.count() == 3,
        "the update changed the number of replicas"
    );
    Ok(())
}

/// Restores a backup that was made while buyers placed orders: later orders are gone, and no service warns.
fn check_backup(compose: &Compose, orders: &mut BTreeSet<String>) -> Result<()> {
    let begin = Instant::now();
    let mut made = String::new();
    let responses = while_buyers_order(compose, "backup", || {
        made = compose.backup(&["create"])?;
        Ok(())
    })?;
    let created = begin.elapsed();
    print_line!("backup: {responses}; {}", made.trim_end());
    let name = made
        .split_whitespace()
        .nth(2)
        .context("a backup has a name")?;
    let begin = Instant::now();
    compose.restore(name)?;
    print_line!(
        "created while buyers ordered in {:.1} s, restored in {:.1} s",
        created.as_secs_f64(),
        begin.elapsed().as_secs_f64()
    );
    let found = expect_at_least(compose, orders)?;
    ensure!(
        found < orders.len() + responses.acknowledged.len(),
        "the orders after the backup still exist"
    );
    *orders = log_in(compose, BUYER)?
        .orders()
        .context("no list of orders")?
        .into_keys()
        .collect();
    let warnings = compose.warnings()?;
    ensure!(
        warnings.is_empty(),
        "services warn after the restore: {warnings}"
    );
    Ok(())
}

/// Checks that `down` and `up` keep the data, and that `down --volumes` removes it.
fn check_volumes(compose: &Compose, orders: &BTreeSet<String>) -> Result<()> {
    compose.run(&["down"])?;
    compose.up(&[])?;
    expect_at_least(compose, orders)?;
    compose.run(&["down", "--volumes"])?;
    let left = compose::volumes()?;
    ensure!(left == 0, "{left} volumes are left");
    Ok(())
}

/// Checks the error messages for bad input.
fn check_error_messages(compose: &Compose) -> Result<()> {
    let rejects = |options: &str, expected: &str| {
        let output = compose.expect_failure(&format!("run --rm --no-deps {options}"))?;
        ensure!(
            output.contains(expected),
            "expected the message '{expected}', but found: {output}"
        );
        Ok(())
    };
    rejects(
        "orders",
        "cannot read the file MONGODB_PASSWORD_FILE=/run/secrets/mongo-orders-password",
    )?;
    rejects("secrets secrets --needs-memory 99999999", "MiB of memory")?;
    compose.up(&["setup"])?;
    compose.until("the set-up did not exit", || {
        let all = compose.containers()?;
        let mut setup = all.iter().filter(|container| container.service == "setup");
        Ok(setup.any(|setup| setup.state == "exited").then_some(()))
    })?;
    for (variable, expected) in [
        (
            "MONGODB_ORDERS_REPLICA_SET=rs-others",
            "belongs to the replica set rs-orders, and not to rs-others",
        ),
        (
            "MONGODB_ORDERS_ROOT_PASSWORD_FILE=/run/secrets/mongo-products-root-password",
            "password of the user root",
        ),
        (
            "KAFKA_PASSWORD_FILE=/run/secrets/mongo-products-password",
            "Kafka refused the credentials",
        ),
    ] {
        rejects(&format!("-e {variable} setup"), expected)?;
    }
    Ok(())
}

/// Injects a fault while buyers place orders, and returns their responses.
fn while_buyers_order(
    compose: &Compose,
    round: &str,
    inject_fault: impl FnOnce() -> Result<()>,
) -> Result<Responses> {
    let buyer = log_in(compose, BUYER)?;
    buyers::while_buyers_order(&buyer, round, |max_orders| {
        compose.until("the buyers could not place their orders", || {
            Ok((max_orders.load(Ordering::Relaxed) >= MIN_ORDERS).then_some(()))
        })?;
        inject_fault()
    })
}

/// Checks that the acknowledged orders exist, all orders are decided, and they agree with the stock.
/// Returns the number of orders.
fn expect_at_least(compose: &Compose, acknowledged: &BTreeSet<String>) -> Result<usize> {
    let buyer = log_in(compose, BUYER)?;
    compose.until("the orders were not all decided", || {
        let (Some(orders), Some(stock)) = (buyer.orders(), buyer.stock()) else {
            return Ok(None);
        };
        if let Some(lost) = acknowledged.iter().find(|id| !orders.contains_key(*id)) {
            bail!("the acknowledged order {lost} is lost");
        }
        // The order of the development data has other products.
        let ours = orders
            .keys()
            .filter(|id| !id.ends_with("fefe4a1cad4140785928a4"));
        let ours = ours.count();
        let accepted = orders
            .values()
            .filter(|status| *status == "ACCEPTED")
            .count();
        let seeded = orders.len() - ours;
        let taken = STOCK - stock;
        Ok((accepted == orders.len() && taken == ours as u64 && seeded == 1).then_some(ours))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_dockers_memory_usage_when_read_then_it_is_converted_to_megabytes() {
        let check = |text: &str, expected: Option<f64>| assert_eq!(megabytes(text), expected);
        check("1MiB / 128MiB\n", Some(1.048_576));
        check("1.5GiB / 2GiB", Some(1_610.612_736));
        check("--", None);
    }
}
