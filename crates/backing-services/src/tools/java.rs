//! Java, which the machine must have: Kafka runs on it.

use std::{env, path::PathBuf, process::Command};

use crate::error::{Error, Result};

/// The oldest release that Kafka 4 runs on.
const MIN_RELEASE: u32 = 17;
const ADVICE: &str =
    "install a Java runtime, 17 or later (Debian, Ubuntu: apt-get install openjdk-17-jre-headless)";

/// Returns the Java launcher of `JAVA_HOME`, else that on the PATH, if its release is supported.
pub(super) fn find() -> Result<PathBuf> {
    let home = env::var_os("JAVA_HOME")
        .map(|home| PathBuf::from(home).join("bin/java"))
        .filter(|java| java.exists());
    let java = home.unwrap_or_else(|| PathBuf::from("java"));
    let error = |problem: String| Error::Tool {
        tool: "Java",
        problem,
        advice: ADVICE,
    };

    let output = Command::new(&java)
        .arg("-version")
        .output()
        .map_err(|source| error(format!("({}) cannot be run: {source}", java.display())))?;
    let text = String::from_utf8_lossy(&output.stderr);
    match release(&text) {
        Some(release) if release >= MIN_RELEASE => Ok(java),
        Some(release) => Err(error(format!("({}) is release {release}", java.display()))),
        None => Err(error(format!(
            "({}) does not print its version",
            java.display()
        ))),
    }
}

/// Reads the release from the first line of `java -version`: 17 in `openjdk version "17.0.15"`, 8 in
/// `"1.8.0_292"`.
fn release(text: &str) -> Option<u32> {
    let version = text.split('"').nth(1)?;
    let mut parts = version.split(['.', '-', '_']).map(str::parse);
    match parts.next()?.ok()? {
        1 => parts.next()?.ok(),
        release => Some(release),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_output_of_java_version_when_read_then_old_and_new_release_numbers_are_understood()
    {
        for (text, expected) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK", Some(17)),
            ("openjdk version \"21\" 2023-09-19", Some(21)),
            ("openjdk version \"26-ea\" 2026-03-17", Some(26)),
            ("java version \"1.8.0_292\"", Some(8)),
            ("command not found", None),
        ] {
            assert_eq!(release(text), expected, "{text}");
        }
    }
}
