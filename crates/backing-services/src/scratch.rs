//! A temporary folder that is cleared whatever becomes of this process.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::{Error, Result};

/// What the guardian does once its standard input ends: it kills every process whose `.pid` file is
/// in the folder, if it still is one that was started from there (the folder is in its command
/// line), then removes the folder.
const GUARDIAN: &str = r#"
read -r _
for file in "$1"/*.pid "$1"/run/*.pid; do
    pid=$(cat "$file" 2>/dev/null) && grep -qsF "$1" "/proc/$pid/cmdline" "/proc/$pid/environ" && kill -KILL "$pid"
done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"#;

/// A temporary folder, and a guardian: a shell that waits on a pipe from this process, and clears
/// the folder and the servers in it when the pipe closes.
///
/// The pipe closes on drop, but also when this process is killed, or ends with the value in a
/// `static`, where nothing is ever dropped. So no test leaves a database behind, however it ends.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    guardian: Child,
    pipe: Option<ChildStdin>,
}

impl Scratch {
    /// Makes a new folder under the system's folder for temporary files.
    pub fn new() -> Result<Self> {
        let parent = std::env::temp_dir();
        let folder = tempfile::Builder::new()
            .prefix("backing-services-")
            .tempdir_in(&parent)
            .map_err(Error::file("create a folder in", parent))?;
        let mut guardian = Command::new("sh")
            .args(["-c", GUARDIAN, "guardian"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A terminal's Ctrl-C must not end the one that cleans up after it.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Spawn {
                name: "sh".to_owned(),
                source,
            })?;
        Ok(Self {
            pipe: guardian.stdin.take(),
            guardian,
            folder: folder.keep(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // Waiting keeps the promise that the folder is gone; a guardian that was killed has nobody
        // left to tell.
        let _ = self.guardian.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use super::*;

    #[test]
    fn dropping_it_kills_what_was_started_there_and_removes_the_folder() {
        let scratch = Scratch::new().unwrap();
        let folder = scratch.path().to_owned();
        let mut server = Command::new("sh")
            .args(["-c", "read -r _"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        fs::write(folder.join("server.pid"), server.id().to_string()).unwrap();

        drop(scratch);
        assert!(!folder.exists());
        assert!(!server.wait().unwrap().success());
    }

    #[test]
    fn a_process_that_has_taken_over_the_number_of_one_of_ours_is_left_alone() {
        let scratch = Scratch::new().unwrap();
        let mut stranger = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        fs::write(scratch.path().join("gone.pid"), stranger.id().to_string()).unwrap();

        drop(scratch);
        thread::yield_now();
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}
