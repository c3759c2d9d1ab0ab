//! Programs of the operating system: found, or installed where that can be done.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};
use backing_services::Process;

use crate::{compile::wait, console::say, interrupts::Interrupts};

/// A program, and where it comes from when it is missing.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Its package in Debian and Ubuntu.
    pub(crate) package: &'static str,
    /// What it is for, as part of a sentence.
    pub(crate) purpose: &'static str,
}

/// Serves the page.
pub(crate) const NGINX: Program = Program {
    name: "nginx",
    package: "nginx-light",
    purpose: "serves the page",
};

/// Tries and measures the page.
pub(crate) const CHROMIUM: Program = Program {
    name: "chromium",
    package: "chromium",
    purpose: "tries the page as a browser does",
};

impl Program {
    /// Where it is; it is installed first when it is missing and that can be done.
    pub(crate) fn bring(&self, interrupts: &Interrupts) -> Result<PathBuf> {
        if let Some(path) = find(self.name) {
            return Ok(path);
        }
        let Self {
            name,
            package,
            purpose,
        } = self;
        let advice = format!(
            "{name}, which {purpose}, is missing; install it (on Debian or Ubuntu: \
             apt-get install {package})"
        );
        if !nix::unistd::geteuid().is_root() || find("apt-get").is_none() {
            bail!(advice);
        }
        say(format_args!("installing {package}, which {purpose}"));
        for arguments in [
            &["update", "--quiet"][..],
            &[
                "install",
                "--quiet",
                "--yes",
                "--no-install-recommends",
                package,
            ],
        ] {
            // Run level 1: the package must not start a server of its own.
            let mut command = Command::new("apt-get");
            command
                .args(arguments)
                .env("RUNLEVEL", "1")
                .env("DEBIAN_FRONTEND", "noninteractive");
            let mut process = Process::spawn_unlogged("apt-get", &mut command)?;
            if !wait(&mut process, interrupts)?.success() {
                bail!("{advice}; apt-get failed, see above");
            }
        }
        find(self.name).ok_or_else(|| anyhow::anyhow!(advice))
    }
}

/// A program on the PATH, or where servers are that not every PATH has.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_and_what_is_none_is_not() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program").is_none());
        assert!(!is_program(Path::new("/tmp")));
        assert!(!is_program(Path::new("/etc/passwd")));
    }
}
