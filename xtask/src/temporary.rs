//! A shop for the length of one command: on ports of its own, and its data is thrown away.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use backing_services::{ScratchDir, is_port_free};

use crate::{
    compile::Profile,
    console::say,
    edge::Page,
    interrupts::Interrupts,
    layout::{Component, Member, Shop},
    start::Started,
    state::project_root,
    up::Options,
};

/// Between these no port of a shop is one that the system gives to outgoing connections, that a
/// browser refuses (10080), or that a shop has which is started by hand in the usual way.
const OFFSETS: std::ops::Range<u16> = 2100..5000;
const STEP: usize = 50;

/// How many lines of each log are shown, the last first.
const MOST_COMPLAINTS: usize = 5;

/// A running shop that is gone when this is dropped.
pub(crate) struct Temporary<'a> {
    // Fields are dropped in this order: first the processes, then their folder.
    started: Started<'a>,
    folder: ScratchDir,
}

impl<'a> Temporary<'a> {
    /// Starts the whole shop with the development data, and waits until it is ready.
    pub(crate) fn start(profile: Profile, interrupts: &'a Interrupts) -> Result<Self> {
        let folder = ScratchDir::new()?;
        let options = Options::of(folder.path(), free_offset()?);
        let started = Started::start(&options, profile, Page::Built, interrupts)?;
        Ok(Self { started, folder })
    }

    /// The address of one of its servers.
    pub(crate) fn url(&self, component: Component) -> String {
        format!("http://localhost:{}", self.started.shop.port(component))
    }

    /// A program that was built with it.
    pub(crate) fn program(&self, name: &str) -> Result<&Path> {
        let program = self.started.programs.get(name);
        program
            .map(PathBuf::as_path)
            .with_context(|| format!("no program {name} was built"))
    }

    /// Keeps the logs of a shop in which something failed, and shows what they complain of.
    pub(crate) fn keep_logs_of_failure(&self, code: ExitCode) -> Result<()> {
        if code == ExitCode::SUCCESS {
            return Ok(());
        }
        let kept = project_root().join("target/logs-of-failure");
        fs::create_dir_all(&kept)?;
        for entry in fs::read_dir(self.folder.path().join("log"))? {
            let log = entry?.path();
            let name = log.file_name().unwrap_or_default();
            fs::copy(&log, kept.join(name))?;
            let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
            let complaints = text
                .lines()
                .filter(|line| line.contains(" WARN ") || line.contains(" ERROR "));
            for line in complaints.rev().take(MOST_COMPLAINTS) {
                println!("{}: {line}", name.display());
            }
        }
        say(format_args!("the shop's logs are in {}", kept.display()));
        Ok(())
    }

    /// What the programs that try or measure the page find it by.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("SHOP_URL", self.url(Component::Edge)),
            ("SHOP_STATE", self.folder.path().display().to_string()),
        ]
    }
}

/// What every port can be moved by without meeting another program.
fn free_offset() -> Result<u16> {
    let all_free = |offset: &u16| {
        Shop::plan(*offset, &[], &std::collections::BTreeMap::new()).is_ok_and(|shop| {
            let mut ports = shop.members.iter().flat_map(Member::ports);
            ports.all(is_port_free)
        })
    };
    OFFSETS
        .step_by(STEP)
        .find(all_free)
        .context("no free ports were found; stop some of the shops that run on this machine")
}
