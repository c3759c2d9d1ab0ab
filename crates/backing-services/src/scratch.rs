//! A temporary folder that is removed however this process ends.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::error::{Error, Result};

/// Waits for the end of standard input, kills every process that has a `.pid` file in the folder, and
/// removes the folder. A process id may have been reused, so a process is killed only if the folder
/// is in its command line or its environment.
const CLEANER: &str = r#"
read -r _
for file in "$1"/*.pid "$1"/run/*.pid; do
    pid=$(cat "$file" 2>/dev/null) && grep -qsF "$1" "/proc/$pid/cmdline" "/proc/$pid/environ" && kill -KILL "$pid"
done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"#;

/// A temporary folder with a cleaner process: a shell that waits on a pipe from this process, and
/// kills the servers in the folder and removes it when the pipe closes.
///
/// The pipe closes on drop, but also when this process is killed, or ends with the value in a
/// `static`, which is never dropped. So no test leaves a database running.
#[derive(Debug)]
pub struct ScratchDir {
    folder: PathBuf,
    cleaner: Child,
    pipe: Option<ChildStdin>,
}

impl ScratchDir {
    /// Creates a folder in the system's folder for temporary files.
    pub fn new() -> Result<Self> {
        let parent = std::env::temp_dir();
        let folder = tempfile::Builder::new()
            .prefix("backing-services-")
            .tempdir_in(&parent)
            .map_err(Error::file("create a folder in", parent))?;
        let mut cleaner = Command::new("sh")
            .args(["-c", CLEANER, "cleaner"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A terminal's Ctrl-C must not reach it.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Spawn {
                name: "sh".to_owned(),
                source,
            })?;
        Ok(Self {
            pipe: cleaner.stdin.take(),
            cleaner,
            folder: folder.keep(),
        })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // The folder is gone when the cleaner has ended; an error here means that it was killed.
        let _ = self.cleaner.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use super::*;

    #[test]
    fn given_a_server_in_the_folder_when_dropped_then_the_server_is_killed_and_the_folder_removed()
    {
        let scratch = ScratchDir::new().unwrap();
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
    fn given_a_pid_file_with_a_reused_process_id_when_dropped_then_that_process_keeps_running() {
        let scratch = ScratchDir::new().unwrap();
        let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        fs::write(scratch.path().join("gone.pid"), other.id().to_string()).unwrap();

        drop(scratch);
        thread::yield_now();
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
