//! The programs of a release: of this one, or of the one before it.

use std::path::{Path, PathBuf};

/// The folder of the previous release's programs. `cargo xtask test` builds them and sets it.
const PREVIOUS: &str = "TEST_PREVIOUS_RELEASE";

/// A folder with the programs of all services.
#[derive(Clone, Debug)]
pub struct Release {
    folder: PathBuf,
    /// Differs between releases: the folder of its links in the scratch directory.
    pub(crate) name: &'static str,
}

impl Release {
    /// The programs of this workspace, built next to this test program.
    pub fn current() -> Self {
        let test = std::env::current_exe().expect("this program has a path");
        let folder = test.parent().and_then(Path::parent);
        Self {
            folder: folder.expect("target/debug/deps/NAME").to_owned(),
            name: "current",
        }
    }

    /// The programs of the previous release; `None` if `cargo xtask test` did not build them.
    pub fn previous() -> Option<Self> {
        Some(Self {
            folder: std::env::var_os(PREVIOUS)?.into(),
            name: "previous",
        })
    }

    /// The path of a program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let program = self.folder.join(name);
        assert!(
            program.exists(),
            "{} does not exist; `cargo xtask test` builds it",
            program.display()
        );
        program
    }
}

/// The path of a program of the workspace, built next to this test program.
pub fn built_program(name: &str) -> PathBuf {
    Release::current().program(name)
}
