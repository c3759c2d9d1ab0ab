//! What is in the images: how large they are, and that nothing is in them that could be used against
//! the shop.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use backing_services::ScratchDir;
use serde_json::Value;

use super::compose::{TAG, output};
use crate::console::{say, table};

/// All images of ours.
const IMAGES: [&str; 6] = [
    "gateway",
    "authentication",
    "products",
    "orders",
    "setup",
    "edge",
];
const LARGEST_MB: f64 = 25.0;
/// The user that they run as, and whose rights count.
const USER: &str = "10001";
const SHELLS_AND_PACKAGE_MANAGERS: [&str; 16] = [
    "sh", "bash", "dash", "ash", "zsh", "busybox", "apt", "apt-get", "dpkg", "apk", "rpm", "yum",
    "dnf", "npm", "pip", "pip3",
];
const SECRETIVE: [&str; 6] = ["password", "secret", "credential", "id_rsa", ".pem", ".key"];

/// Looks at every image; fails with all that is wrong with them.
pub(super) fn check() -> Result<()> {
    let mut rows = vec![["IMAGE", "MB", "FILES"].map(String::from).to_vec()];
    let mut faults = Vec::new();
    for name in IMAGES {
        let image = format!("fleetmarket/{name}:{TAG}");
        let size = configuration(&image, &mut faults)?;
        let files = files(&image)?;
        for file in &files {
            faults.extend(fault(file).map(|fault| format!("{image}: {file}: {fault}")));
        }
        rows.push(vec![
            name.to_owned(),
            format!("{size:.1}"),
            files.len().to_string(),
        ]);
    }
    for line in table(&rows) {
        say(line);
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!(
        "the images are not as they should be:\n{}",
        faults.join("\n")
    );
}

/// Who runs it, how it is stopped and asked for its health; returns its size in MB.
fn configuration(image: &str, faults: &mut Vec<String>) -> Result<f64> {
    let text = output(Command::new("docker").args(["image", "inspect", image]))?;
    let inspected: Value = serde_json::from_str(&text)?;
    let (image_size, config) = (&inspected[0]["Size"], &inspected[0]["Config"]);
    let mut expect = |holds: bool, sentence: &str| {
        if !holds {
            faults.push(format!("{image}: {sentence}"));
        }
    };
    #[allow(
        clippy::cast_precision_loss,
        reason = "an image's size fits many times"
    )]
    let size = image_size.as_u64().context("an image has a size")? as f64 / 1e6;
    expect(size <= LARGEST_MB, "is too large");
    expect(
        config["User"] == format!("{USER}:{USER}"),
        "has another user",
    );
    expect(config["StopSignal"].is_string(), "has no stop signal");
    expect(
        config["Healthcheck"]["Test"].is_array(),
        "says nothing of its health",
    );
    let labels = config["Labels"].as_object();
    for label in ["title", "description", "version", "revision", "licenses"] {
        let name = format!("org.opencontainers.image.{label}");
        expect(
            labels.is_some_and(|labels| labels.contains_key(&name)),
            &format!("has no label {label}"),
        );
    }
    for variable in config["Env"].as_array().into_iter().flatten() {
        let variable = variable.as_str().unwrap_or_default().to_lowercase();
        let is_secretive = SECRETIVE.iter().any(|word| variable.contains(word));
        expect(!is_secretive, "has a secret in its environment");
    }
    Ok(size)
}

/// Every file of every layer, as `tar` lists them.
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

/// What is wrong with a file, given as `tar` lists it: rights, owner/group, size, date, time, path.
fn fault(line: &str) -> Option<&'static str> {
    let mut columns = line.split_whitespace();
    let rights = columns.next()?.as_bytes();
    let (owner, group) = columns.next()?.split_once('/')?;
    let path = columns.nth(3)?;
    let has = |index: usize, letters: &[u8]| rights.get(index).is_some_and(|r| letters.contains(r));
    let is_link = has(0, b"l");
    let is_program = !has(0, b"d") && (is_link || has(3, b"xs") || has(9, b"x"));
    let name = Path::new(path).file_name()?.to_str()?;
    let is_writable = has(8, b"w") && !has(9, b"tT")
        || owner == USER && has(2, b"w")
        || group == USER && has(5, b"w");

    if is_program && (has(3, b"sS") || has(6, b"sS")) {
        Some("gives whoever runs it the rights of its owner")
    } else if is_writable && !is_link {
        Some("can be written to")
    } else if is_program && SHELLS_AND_PACKAGE_MANAGERS.contains(&name) {
        Some("is a shell or a package manager")
    } else if !has(0, b"d")
        && SECRETIVE
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
    fn given_files_when_looked_at_then_what_could_be_abused_is_named() {
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
        // What is put into such a folder belongs to its group; nothing is run with other rights.
        check("drwxrwsr-x 0/50 0 2026-01-01 00:00 var/local/", None);
        check(
            "-rwsr-xr-x 0/0 1 2026-01-01 00:00 usr/bin/su",
            Some("owner"),
        );
        check(
            "-rw-r--r-- 10001/0 1 2026-01-01 00:00 srv/a",
            Some("written"),
        );
        check("drwxrwxrwx 0/0 1 2026-01-01 00:00 srv/", Some("written"));
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
