//! A shop for the duration of one command, with its own ports and without lasting data.

use std::{fs, ops::Range, process::ExitCode};

use anyhow::{Context, Result};
use backing_services::{ScratchDir, is_port_free};

use crate::{
    cargo::Profile,
    launch::{Page, ShopOptions},
    layout::{Component, Instance, Shop},
    state::{State, project_root},
    supervisor::RunningShop,
};

/// Port offsets that avoid the ports of outgoing connections, the ports that browsers block (10080),
/// and those of shops that are usually started by hand.
const PORT_OFFSETS: Range<u16> = 2100..5000;
const PORT_OFFSET_STEP: usize = 50;
/// How many warnings and errors of each log are shown, the last first.
const SHOWN_LOG_LINES: usize = 5;

/// A running shop. Dropping it stops it and removes its data.
pub(crate) struct TemporaryShop {
    // Fields are dropped in this order: first the processes, then their folder.
    pub(crate) running: RunningShop,
    folder: ScratchDir,
}

impl TemporaryShop {
    /// Starts the whole shop with the development data, and waits until it is ready.
    pub(crate) fn start(profile: Profile) -> Result<Self> {
        let folder = ScratchDir::new()?;
        let options = ShopOptions {
            state: State::at(folder.path()),
            port_offset: free_port_offset()?,
            replicas: Vec::new(),
            seed: false,
            no_seed: false,
            limits: false,
        };
        let running = RunningShop::start(options, profile, Page::Built)?;
        Ok(Self { running, folder })
    }

    /// The address of one of its servers.
    pub(crate) fn url(&self, component: Component) -> String {
        format!("http://localhost:{}", self.running.shop.port(component))
    }

    /// After a failure, keeps the logs and prints their last warnings and errors.
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
            let is_problem = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
            let problems = text.lines().filter(is_problem);
            for line in problems.rev().take(SHOWN_LOG_LINES) {
                print_line!("{}: {line}", name.display());
            }
        }
        print_line!("the shop's logs are in {}", kept.display());
        Ok(())
    }

    /// The environment variables by which the tests of the page find this shop.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("SHOP_URL", self.url(Component::Edge)),
            ("SHOP_STATE", self.folder.path().display().to_string()),
        ]
    }
}

fn free_port_offset() -> Result<u16> {
    let is_free = |offset: &u16| {
        let shop = Shop::plan(*offset, &[], |_| false);
        let mut ports = shop.instances.iter().flat_map(Instance::ports);
        ports.all(is_port_free)
    };
    PORT_OFFSETS
        .step_by(PORT_OFFSET_STEP)
        .find(is_free)
        .context("cannot find free ports; stop some of the shops that run on this machine")
}
