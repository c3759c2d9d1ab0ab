//! The libraries of Kafka.

use std::{fs, path::Path, process::Command};

use super::{Package, download::Download};
use crate::error::{Error, Result};
use crate::progress::Progress;

const DOWNLOAD: Download = Download {
    tool: "Kafka 4.1.0",
    origin: "Maven Central",
    advice: "check the network and Maven's settings, and try again",
};

/// The folder of Kafka's libraries.
pub(super) const PACKAGE: Package = Package {
    title: DOWNLOAD.tool,
    origin: DOWNLOAD.origin,
    folder: "kafka-4.1.0",
    install,
};

const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// Kafka, and the bridge to its logging library. Kafka's distribution contains the bridge, but its
/// published dependencies do not.
const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>backing-services</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>4.1.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"#;

fn install(content: &Path, work: &Path, progress: &dyn Progress) -> Result<()> {
    let pom = work.join("pom.xml");
    fs::write(&pom, POM).map_err(Error::file("write", &pom))?;
    let mut maven = maven()?;
    let mut output = std::ffi::OsString::from("-DoutputDirectory=");
    output.push(content);
    maven
        .args(["--quiet", "--batch-mode", "-Dstyle.color=never", "--file"])
        .arg(&pom)
        .arg(PLUGIN)
        .arg(output);
    DOWNLOAD.run(&mut maven, work, progress)
}

fn maven() -> Result<Command> {
    match Command::new("mvn").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(Command::new("mvn")),
        _ => Err(Error::Tool {
            tool: "Maven (mvn)",
            problem: "is missing, but needed to download Kafka".to_owned(),
            advice: "install it (Debian, Ubuntu: apt-get install maven)",
        }),
    }
}
