//! `cargo xtask test --containers`: the shop as `docker compose up` starts it, stopped, killed and
//! brought back while customers order.

mod compose;
mod customers;
mod http;
mod images;
mod shop;

use std::{
    collections::BTreeSet,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

use self::{
    compose::{Compose, output},
    customers::{Customers, Record},
    shop::{Customer, PRODUCT, STOCK},
};
use crate::{
    console::{say, table},
    interrupts::Interrupts,
};

const SHOPPER: &str = "aaa@aaa.com";
const ADMIN: &str = "admin@admin.com";
/// What is promised of the whole fleet.
const MOST_MEMORY_MB: f64 = 1500.0;
const FIRST_ORDER_WITHIN_S: f64 = 60.0;
/// What is killed, one after the other.
const VICTIMS: [&str; 9] = [
    "authentication",
    "products",
    "orders",
    "gateway",
    "edge",
    "mongo-authentication",
    "mongo-products",
    "mongo-orders",
    "kafka",
];
/// How many orders one customer places before something happens to the shop.
const BUSY: usize = 10;

/// Builds the images, looks at them, and tries the shop; says so where there is no Docker.
pub(crate) fn test(interrupts: &Interrupts) -> Result<ExitCode> {
    if let Some(obstacle) = compose::obstacle() {
        say(format_args!("skipped the containers: {obstacle}"));
        return Ok(ExitCode::SUCCESS);
    }
    let compose = Compose::new(interrupts)?;
    let began = Instant::now();
    compose.run(&["build"])?;
    say(format_args!(
        "built in {:.0} s",
        began.elapsed().as_secs_f64()
    ));
    images::check()?;

    let mut orders = first_order(&compose)?;
    memory(&compose)?;
    stops_without_losing_an_answer(&compose, &mut orders)?;
    survives_every_kill(&compose, &mut orders)?;
    has_several_replicas(&compose, &mut orders)?;
    keeps_data_until_told_to_wipe(&compose, &orders)?;
    says_what_is_wrong(&compose)?;
    say("the containers hold what is promised of them");
    Ok(ExitCode::SUCCESS)
}

/// From `up` to an order that is accepted.
fn first_order(compose: &Compose<'_>) -> Result<BTreeSet<String>> {
    let began = Instant::now();
    compose.up(&[])?;
    let up = began.elapsed().as_secs_f64();
    let admin = log_in(compose, ADMIN)?;
    compose.until("no product was added", || Ok(admin.add_product()))?;
    let shopper = log_in(compose, SHOPPER)?;
    let id = compose.until("no order was taken", || Ok(shopper.order()))?;
    compose.until("the order was not accepted", || {
        let orders = shopper.orders().unwrap_or_default();
        Ok((orders.get(&id).is_some_and(|status| status == "ACCEPTED")).then_some(()))
    })?;
    let first = began.elapsed().as_secs_f64();
    say(format_args!(
        "up after {up:.1} s, the first order accepted after {first:.1} s"
    ));
    ensure!(
        first <= FIRST_ORDER_WITHIN_S,
        "the first order was accepted after more than {FIRST_ORDER_WITHIN_S} s"
    );
    Ok(BTreeSet::from([id]))
}

fn log_in(compose: &Compose<'_>, email: &str) -> Result<Customer> {
    compose.until("nobody was let in", || {
        Customer::log_in(compose.port, email)
    })
}

/// What every container takes, and all of them together.
fn memory(compose: &Compose<'_>) -> Result<()> {
    let mut rows = vec![["CONTAINER", "MB"].map(String::from).to_vec()];
    let mut all = 0.0;
    for container in compose.containers()? {
        if container.state != "running" {
            continue;
        }
        let mut command = Command::new("docker");
        command.args(["stats", "--no-stream", "--format", "{{.MemUsage}}"]);
        let used = output(command.arg(&container.name))?;
        let used = megabytes(&used).with_context(|| format!("docker says {used}"))?;
        all += used;
        rows.push(vec![container.service, format!("{used:.0}")]);
    }
    rows.push(vec!["all".to_owned(), format!("{all:.0}")]);
    for line in table(&rows) {
        say(line);
    }
    ensure!(
        all <= MOST_MEMORY_MB,
        "together they take more than {MOST_MEMORY_MB} MB"
    );
    Ok(())
}

/// As in `12.5MiB / 128MiB`.
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

/// `stop` while customers order: every request is answered whole or was never taken.
fn stops_without_losing_an_answer(
    compose: &Compose<'_>,
    orders: &mut BTreeSet<String>,
) -> Result<()> {
    let record = while_customers_order(compose, "stop", || compose.run(&["stop"]))?;
    say(format_args!(
        "stop: {} orders acknowledged, {} turned away when all was closed, {} refused, {} cut off",
        record.acknowledged.len(),
        record.turned_away,
        record.refused,
        record.cut_off
    ));
    ensure!(
        record.refused == 0 && record.cut_off == 0,
        "stopping lost a request that had been taken"
    );
    for container in compose.containers()? {
        // A Java machine that is asked to end says so with its exit code, when all is done.
        let expected = if container.service == "kafka" { 143 } else { 0 };
        ensure!(
            container.exit_code == expected,
            "{} ended with {}",
            container.name,
            container.exit_code
        );
    }
    orders.extend(record.acknowledged);
    compose.up(&[])?;
    expect_exactly(compose, orders)
}

/// `kill` of each container while customers order, then `up`: whatever was acknowledged is there.
fn survives_every_kill(compose: &Compose<'_>, orders: &mut BTreeSet<String>) -> Result<()> {
    for victim in VICTIMS {
        let record = while_customers_order(compose, victim, || compose.run(&["kill", victim]))?;
        say(format_args!(
            "killed {victim}: {} orders acknowledged, {} refused, {} turned away, {} cut off",
            record.acknowledged.len(),
            record.refused,
            record.turned_away,
            record.cut_off
        ));
        orders.extend(record.acknowledged);
        compose.up(&[])?;
        expect_at_least(compose, orders)?;
    }
    Ok(())
}

/// More replicas of a service share the work, and one of them can go.
fn has_several_replicas(compose: &Compose<'_>, orders: &mut BTreeSet<String>) -> Result<()> {
    compose.up(&["--scale", "products=3", "--scale", "orders=2"])?;
    let all = compose.containers()?;
    let replicas: Vec<_> = all.iter().filter(|one| one.service == "products").collect();
    ensure!(replicas.len() == 3, "there are {} products", replicas.len());
    let record = while_customers_order(compose, "replicas", || {
        output(Command::new("docker").args(["kill", &replicas[0].name])).map(drop)
    })?;
    say(format_args!(
        "killed one of three products: {} orders acknowledged",
        record.acknowledged.len()
    ));
    orders.extend(record.acknowledged);
    expect_at_least(compose, orders)?;
    Ok(())
}

/// `down` and `up` keep the data, `down --volumes` does not.
fn keeps_data_until_told_to_wipe(compose: &Compose<'_>, orders: &BTreeSet<String>) -> Result<()> {
    compose.run(&["down"])?;
    compose.up(&[])?;
    expect_at_least(compose, orders)?;
    compose.run(&["down", "--volumes"])?;
    let left = compose::volumes()?;
    ensure!(left == 0, "{left} volumes are left");
    Ok(())
}

/// What bad input gets: a sentence, and an exit code that is not 0.
fn says_what_is_wrong(compose: &Compose<'_>) -> Result<()> {
    let rejects = |arguments: &[&str], variables: &[(&str, &str)], expected: &str| {
        let said = compose.fail(arguments, variables)?;
        ensure!(
            said.contains(expected),
            "'{expected}' was not said, but: {said}"
        );
        Ok(())
    };
    let once = ["run", "--rm", "--no-deps"];
    let run = |rest: &[&'static str]| [once.as_slice(), rest].concat();
    rejects(&run(&["orders"]), &[], "which cannot be read")?;
    rejects(
        &run(&["secrets", "secrets", "--needs-memory", "99999999"]),
        &[],
        "MiB of memory",
    )?;
    compose.up(&["setup"])?;
    compose.until("the set-up did not end", || {
        let all = compose.containers()?;
        let setup = all.iter().find(|container| container.service == "setup");
        Ok(setup
            .is_some_and(|setup| setup.state == "exited")
            .then_some(()))
    })?;
    rejects(
        &run(&["-e", "MONGODB_ORDERS_REPLICA_SET=rs-others", "setup"]),
        &[],
        "belongs to the replica set rs-orders, and not to rs-others",
    )?;
    rejects(
        &run(&[
            "-e",
            "MONGODB_ORDERS_ROOT_PASSWORD_FILE=/run/secrets/mongo-products-root-password",
            "setup",
        ]),
        &[],
        "password of the user root",
    )?;
    rejects(
        &run(&[
            "-e",
            "KAFKA_PASSWORD_FILE=/run/secrets/mongo-products-password",
            "setup",
        ]),
        &[],
        "Kafka does not let the user in",
    )
}

/// Lets something happen to the shop while customers are busy, and returns what they were told.
fn while_customers_order(
    compose: &Compose<'_>,
    round: &str,
    happens: impl FnOnce() -> Result<()>,
) -> Result<Record> {
    let shopper = log_in(compose, SHOPPER)?;
    let customers = Customers::send(compose.port, &shopper.token, PRODUCT, round);
    compose.until("the customers did not get their orders", || {
        Ok((customers.most() >= BUSY).then_some(()))
    })?;
    let happened = happens();
    let record = customers.call_back()?;
    happened?;
    Ok(record)
}

/// Every acknowledged order is there and decided, the stock agrees, and nothing else is there.
fn expect_exactly(compose: &Compose<'_>, orders: &BTreeSet<String>) -> Result<()> {
    let found = expect_at_least(compose, orders)?;
    ensure!(
        found == orders.len(),
        "{found} orders are there, but {} were acknowledged",
        orders.len()
    );
    Ok(())
}

/// Every acknowledged order is there and decided, and the stock agrees; returns how many are there.
fn expect_at_least(compose: &Compose<'_>, acknowledged: &BTreeSet<String>) -> Result<usize> {
    let shopper = log_in(compose, SHOPPER)?;
    compose.until("the orders were not all decided", || {
        let (Some(orders), Some(stock)) = (shopper.orders(), shopper.stock()) else {
            return Ok(None);
        };
        if let Some(lost) = acknowledged.iter().find(|id| !orders.contains_key(*id)) {
            bail!("the order {lost} was acknowledged and is lost");
        }
        // What the seed brought was for other products.
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
    fn given_what_docker_says_of_memory_when_read_then_it_is_megabytes() {
        let check = |text: &str, expected: Option<f64>| assert_eq!(megabytes(text), expected);
        check("1MiB / 128MiB\n", Some(1.048_576));
        check("1.5GiB / 2GiB", Some(1_610.612_736));
        check("--", None);
    }
}
