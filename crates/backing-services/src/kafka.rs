//! Kafka: settings, command line, and the data folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::{Error, Result};
use crate::kafka_wire::live_brokers;
use crate::server::{BackingService, Readiness, Server};
use crate::tls_files::TlsFiles;
use crate::tools::Tools;

/// The virtual machine's option to compile quickly.
const QUICK_COMPILER: &str = "-XX:TieredStopAtLevel=1";

/// The users of a broker that has any. The password of each is its name.
pub const KAFKA_USERS: [&str; 3] = ["products", "orders", "browser"];

/// A running Kafka broker.
pub type Kafka = Server<KafkaSettings>;

/// The settings of one Kafka process, which is broker and controller.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// The name in messages, and of the log file.
    pub name: String,
    /// The data folder; created when missing. The configuration is written there on every start.
    pub data: PathBuf,
    /// The port at 127.0.0.1 for clients.
    pub port: u16,
    /// The port at 127.0.0.1 for the controller.
    pub controller_port: u16,
    /// The port at 127.0.0.1 for clients that log in as one of [`KAFKA_USERS`]; they may do only what a
    /// rule allows. Without it there are no users, and all clients are anonymous.
    pub users_port: Option<u16>,
    /// With these, users must use TLS.
    pub tls: Option<TlsFiles>,
    /// Whether the broker runs for minutes only. Its code is then compiled quickly instead of well, which
    /// costs about twice the time per request.
    pub short_lived: bool,
}

impl KafkaSettings {
    /// The list for `bootstrap.servers`.
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The list for `bootstrap.servers` of clients that log in, if there are users.
    pub fn users_brokers(&self) -> Option<String> {
        self.users_port.map(|port| format!("127.0.0.1:{port}"))
    }

    fn properties_file(&self) -> PathBuf {
        self.data.join("server.properties")
    }

    fn logging_file(&self) -> PathBuf {
        self.data.join("log4j2.properties")
    }

    /// The folder of the topics.
    fn topics(&self) -> PathBuf {
        self.data.join("topics")
    }

    /// The folder into which Kafka unpacks its compression libraries. A killed process leaves them,
    /// so every start empties it.
    fn temporary(&self) -> PathBuf {
        self.data.join("tmp")
    }

    /// Formats a sibling of the topics' folder, and renames it when it is complete.
    fn format(&self, tools: &Tools) -> Result<()> {
        let staging = self.data.join("topics.new");
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(Error::file("remove", &staging))?;
        }
        let properties = self.data.join("format.properties");
        write(&properties, &self.properties(&staging))?;

        let output = self
            .java(tools)
            .args([
                QUICK_COMPILER,
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                &cluster_id()?,
                "--config",
            ])
            .arg(&properties)
            .output()
            .map_err(|source| Error::Spawn {
                name: "java".to_owned(),
                source,
            })?;
        if !output.status.success() {
            let output = [output.stdout, output.stderr].concat();
            let problem = String::from_utf8_lossy(&output)
                .lines()
                .last()
                .unwrap_or("no output")
                .to_owned();
            return Err(Error::Format {
                name: self.name.clone(),
                problem,
                folder: self.data.clone(),
            });
        }
        fs::remove_file(&properties).map_err(Error::file("remove", &properties))?;
        fs::rename(&staging, self.topics()).map_err(Error::file("create", self.topics()))
    }

    /// A Java virtual machine with Kafka's libraries, tuned for little memory.
    fn java(&self, tools: &Tools) -> Command {
        let mut logging = std::ffi::OsString::from("-Dlog4j2.configurationFile=");
        logging.push(self.logging_file());
        let mut temporary = std::ffi::OsString::from("-Djava.io.tmpdir=");
        temporary.push(self.temporary());
        let mut command = Command::new(&tools.java);
        command
            .args(["-Xmx256m", "-XX:+UseSerialGC"])
            // A broker that is out of memory must not keep running half-working.
            .arg("-XX:+ExitOnOutOfMemoryError")
            // No performance counters in /tmp.
            .arg("-XX:-UsePerfData")
            .arg(logging)
            .arg(temporary)
            .arg("-cp")
            .arg(tools.kafka.join("*"));
        command
    }

    fn users_protocol(&self) -> &'static str {
        match self.tls {
            Some(_) => ",USERS:SASL_SSL",
            None => ",USERS:SASL_PLAINTEXT",
        }
    }

    fn tls_properties(&self) -> String {
        let location = |tls: &TlsFiles| {
            let file = tls.key_and_certificate.display();
            format!(
                "listener.name.users.ssl.keystore.type=PEM\nlistener.name.users.ssl.keystore.location={file}\n"
            )
        };
        self.tls.as_ref().map(location).unwrap_or_default()
    }

    fn properties(&self, topics: &Path) -> String {
        let Self {
            port,
            controller_port,
            ..
        } = self;
        let topics = topics.display();
        let (listener, protocol) = match self.users_port {
            Some(port) => (format!(",USERS://127.0.0.1:{port}"), self.users_protocol()),
            None => (String::new(), ""),
        };
        let users: Vec<_> = KAFKA_USERS
            .iter()
            .map(|user| format!("user_{user}=\"{user}\""))
            .collect();
        let users = users.join(" ");
        let tls = self.tls_properties();
        // Static voters, because those in the data folder could not follow a change of ports.
        format!(
            "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=CLIENTS://127.0.0.1:{port}{listener},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENTS://127.0.0.1:{port}{listener}
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT{protocol}
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLER
listener.name.users.sasl.enabled.mechanisms=PLAIN
listener.name.users.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required {users};

# As in containers, where the broker itself has a name.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
log.dirs={topics}

# One broker holds the only replica of everything.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# A misspelled topic name is an error, not a new topic.
auto.create.topics.enable=false
# Consumer groups start without waiting for more members.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A killed broker can join again only after its old session has expired.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# Little disk and memory, even with the hundreds of partitions that tests create.
log.retention.hours=24
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
{tls}"
        )
    }
}

impl BackingService for KafkaSettings {
    fn name(&self) -> &str {
        &self.name
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn prepare(&self, tools: &Tools) -> Result<()> {
        fs::create_dir_all(&self.data).map_err(Error::file("create", &self.data))?;
        let temporary = self.temporary();
        if temporary.exists() {
            fs::remove_dir_all(&temporary).map_err(Error::file("remove", &temporary))?;
        }
        fs::create_dir(&temporary).map_err(Error::file("create", &temporary))?;
        write(&self.logging_file(), LOGGING)?;
        write(&self.properties_file(), &self.properties(&self.topics()))?;
        if self.topics().exists() {
            Ok(())
        } else {
            self.format(tools)
        }
    }

    fn command(&self, tools: &Tools) -> Command {
        let mut command = self.java(tools);
        if self.short_lived {
            command.arg(QUICK_COMPILER);
        }
        command.arg("kafka.Kafka").arg(self.properties_file());
        command
    }

    fn readiness(&self) -> Readiness {
        match live_brokers(self.port) {
            Ok(0) => {
                Readiness::NotYet("the controller has not registered the broker yet".to_owned())
            }
            Ok(_) => Readiness::Ready,
            Err(error) => Readiness::NotYet(format!("it does not respond: {error}")),
        }
    }
}

/// Warnings and errors, on standard output.
const LOGGING: &str = "status=error
appender.output.type=Console
appender.output.name=output
appender.output.layout.type=PatternLayout
appender.output.layout.pattern=%d{yyyy-MM-dd'T'HH:mm:ss.SSSX}{UTC} %-5p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.output.ref=output
";

/// Returns a new random cluster id: 16 bytes in Base64, which is 22 characters. The first 21 are hex
/// digits of a random UUID; the last one encodes only two bits, and `A` encodes zeros.
fn cluster_id() -> Result<String> {
    const SOURCE: &str = "/proc/sys/kernel/random/uuid";
    let uuid = fs::read_to_string(SOURCE).map_err(Error::file("read", SOURCE))?;
    let digits: String = uuid
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(21)
        .collect();
    Ok(digits + "A")
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::file("write", path))
}
