//! The contents of the images: their size, their configuration, and that no file in them helps an
//! attacker.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use backing_services::ScratchDir;
use serde_json::Value;

use super::compose::{TAG, output};
use crate::console::print_table;

/// The project's images.
pub(super) const IMAGES: [&str; 7] = [
    "gateway",
    "authentication",
    "products",
    "orders",
    "setup",
    "backup",
    "edge",
];
const MAX_SIZE_MB: f64 = 25.0;
/// The user that they run as.
const USER: &str = "10001";
const SHELLS_AND_PACKAGE_MANAGERS: [&str; 16] = [
    "sh", "bash", "dash", "ash", "zsh", "busybox", "apt", "apt-get", "dpkg", "apk", "rpm", "yum",
    "dnf", "npm", "pip", "pip3",
];
const SECRET_NAMES: [&str; 6] = ["password", "secret", "credential", "id_rsa", ".pem", ".key"];

/// Checks every image, and fails with all faults.
pub(super) fn check() -> Result<()> {
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for name in IMAGES {
        let image = format!("fleetmarket/{name}:{TAG}");
        let size = check_configuration(&image, &mut faults)?;
        let files = files(&image)?;
        for file in &files {
            faults.extend(fault(file).map(|fault| format!("{image}: {file}: {fault}")));
        }
        rows.push([
            name.to_owned(),
            format!("{size:.1}"),
            files.len().to_string(),
        ]);
    }
    print_table(["IMAGE", "MB", "FILES"], &rows);
    if faults.is_empty() {
        return Ok(());
    }
    bail!("the images have faults:\n{}", faults.join("\n"));
}

/// Checks the size, user, stop signal, health check, labels and environment; returns the size in MB.
fn check_configuration(image: &str, faults: &mut Vec<String>) -> Result<f64> {
    let text = output(Command::new("docker").args(["image", "inspect", image]))?;
    let inspected: Value = serde_json::from_str(&text)?;
    let (image_size, config) = (&inspected[0]["Size"], &inspected[0]["Config"]);
    let mut expect = |holds: bool, fault: &str| {
        if !holds {
            faults.push(format!("{image}: {fault}"));
        }
    };
    #[allow(
        clippy::cast_precision_loss,
        reason = "an image's size is far below 2^52"
    )]
    let size = image_size.as_u64().context("an image has a size")? as f64 / 1e6;
    expect(
        size <= MAX_SIZE_MB,
        &format!("has {size:.0} MB, at most {MAX_SIZE_MB} allowed"),
    );
    let user = config["User"].as_str().unwrap_or("root");
    expect(
        user == format!("{USER}:{USER}"),
        &format!("runs as user {user}, expected {USER}:{USER}"),
    );
    expect(config["StopSignal"].is_string(), "has no stop signal");
    expect(
        config["Healthcheck"]["Test"].is_array(),
        "has no health check",
    );
    let labels = config["Labels"].as_object();
    for label in ["title", "description", "version", "revision", "licenses"] {
        let name = format!("org.opencontainers.image.{label}");
        expect(
            labels.is_some_and(|labels| labels.contains_key(&name)),
            &format!("has no label {name}"),
        );
    }
    for variable in config["Env"].as_array().into_iter().flatten() {
        let variable = variable.as_str().unwrap_or_default().to_lowercase();
        let is_secret = SECRET_NAMES.iter().any(|word| variable.contains(word));
        expect(!is_secret, "has a secret in its environment");
    }
    Ok(size)
}

/// Returns every file of every layer, as `tar` lists it.
fn files(image: &str) -> Result<Vec<String>> {
    let scratch = ScratchDir::new()?;
    let archive = scratch.path().join("image.tar");
    output(
        Command::new("docker")
            .args(["save", "--output"])
            .arg(&archive)
            .arg(image),
    )?;
    output(
        Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(scratch.path()),
    )?;
    let manifest = fs::read_to_string(scratch.path().join("manifest.json"))?;
    let manifest: Value = serde_json::from_str(&manifest)?;
    let layers = manifest[0]["Layers"].as_array().context("no layers")?;
    let mut files = Vec::new();
    for layer in layers.iter().filter_map(Value::as_str) {
        let listed = output(
            Command::new("tar")
                .args(["--numeric-owner", "-tvf"])
                .arg(scratch.path().join(layer)),
        )?;
        files.extend(listed.lines().map(str::to_owned));
    }
    Ok(files)
}

/// Returns the fault of a file that `tar` lists as permissions, owner/group, size, date, time, path.
fn fault(line: &str) -> Option<&'static str> {
    let mut columns = line.split_whitespace();
    let permissions = columns.next()?.as_bytes();
    let (owner, group) = columns.next()?.split_once('/')?;
    let path = columns.nth(3)?;
    let has =
        |index: usize, letters: &[u8]| permissions.get(index).is_some_and(|r| letters.contains(r));
    let is_link = has(0, b"l");
    let is_program = !has(0, b"d") && (is_link || has(3, b"xs") || has(9, b"x"));
    let name = Path::new(path).file_name()?.to_str()?;
    let is_writable = has(8, b"w") && !has(9, b"tT")
        || owner == USER && has(2, b"w")
        || group == USER && has(5, b"w");

    if is_program && (has(3, b"sS") || has(6, b"sS")) {
        Some("runs with the permissions of its owner (setuid or setgid)")
    } else if is_writable && !is_link {
        Some("is writable")
    } else if is_program && SHELLS_AND_PACKAGE_MANAGERS.contains(&name) {
        Some("is a shell or a package manager")
    } else if !has(0, b"d")
        && SECRET_NAMES
            .iter()
            .any(|word| path.to_lowercase().contains(word))
    {
        Some("looks like a secret")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_files_when_checked_then_dangerous_ones_are_reported() {
        let check = |line: &str, expected: Option<&str>| {
            let found = fault(line);
            let agrees = match (found, expected) {
                (Some(found), Some(expected)) => found.contains(expected),
                (found, expected) => found == expected,
            };
            assert!(agrees, "{line}: {found:?}");
        };
        check("-r-xr-xr-x 0/0 1 2026-01-01 00:00 gateway", None);
        check("drwxrwxrwt 0/0 0 2026-01-01 00:00 tmp/", None);
        check(
            "lrwxrwxrwx 0/0 0 2026-01-01 00:00 etc/os-release -> x",
            None,
        );
        check("drwxr-xr-x 0/0 0 2026-01-01 00:00 var/lib/dpkg/", None);
        // On a folder, setgid only sets the group of new files.
        check("drwxrwsr-x 0/50 0 2026-01-01 00:00 var/local/", None);
        check(
            "-rwsr-xr-x 0/0 1 2026-01-01 00:00 usr/bin/su",
            Some("owner"),
        );
        check(
            "-rw-r--r-- 10001/0 1 2026-01-01 00:00 srv/a",
            Some("writable"),
        );
        check("drwxrwxrwx 0/0 1 2026-01-01 00:00 srv/", Some("writable"));
        check("-rwxr-xr-x 0/0 1 2026-01-01 00:00 bin/bash", Some("shell"));
        check(
            "lrwxrwxrwx 0/0 0 2026-01-01 00:00 bin/sh -> dash",
            Some("shell"),
        );
        check(
            "-r--r--r-- 0/0 1 2026-01-01 00:00 srv/token.pem",
            Some("secret"),
        );
    }
}
