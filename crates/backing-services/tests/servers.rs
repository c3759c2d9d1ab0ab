//! The real servers, started, killed and restarted. Installs them first where they are missing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use backing_services::{
    BackingService, Error, Kafka, KafkaSettings, Mongod, MongodSettings, Readiness, ScratchDir,
    Silent, TestServers, Tools, free_ports,
};

static TOOLS: LazyLock<Tools> = LazyLock::new(|| {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.shop/tools");
    let folder = std::env::var_os("TEST_TOOLS_DIR").map_or(shared, PathBuf::from);
    Tools::install(&folder, &Silent).expect("the tools can be installed")
});

fn mongod_settings(scratch: &ScratchDir, port: u16) -> MongodSettings {
    MongodSettings {
        name: "mongod".to_owned(),
        replica_set: "rs-test".to_owned(),
        data: scratch.path().join("data"),
        port,
        tls: None,
    }
}

fn kafka_settings(scratch: &ScratchDir, port: u16, controller_port: u16) -> KafkaSettings {
    KafkaSettings {
        name: "kafka".to_owned(),
        data: scratch.path().join("data"),
        port,
        controller_port,
        users_port: None,
        tls: None,
        short_lived: true,
    }
}

#[test]
fn given_a_killed_mongod_when_restarted_then_it_is_ready_on_its_data() {
    let scratch = ScratchDir::new().unwrap();
    let [port] = free_ports().unwrap();
    let mut mongod =
        Mongod::start(mongod_settings(&scratch, port), &TOOLS, scratch.path()).unwrap();
    mongod.kill().unwrap();
    assert!(matches!(
        mongod.settings().readiness(),
        Readiness::NotYet(_)
    ));
    mongod.restart().unwrap();
    assert_eq!(mongod.settings().readiness(), Readiness::Ready);
    mongod.stop().unwrap();
    mongod.restart().unwrap();
    assert_eq!(mongod.settings().readiness(), Readiness::Ready);
}

#[test]
fn given_a_mongod_on_another_port_when_started_on_its_data_then_it_is_ready() {
    let scratch = ScratchDir::new().unwrap();
    let [before, after] = free_ports().unwrap();
    drop(Mongod::start(mongod_settings(&scratch, before), &TOOLS, scratch.path()).unwrap());
    let mongod = Mongod::start(mongod_settings(&scratch, after), &TOOLS, scratch.path()).unwrap();
    assert_eq!(mongod.settings().readiness(), Readiness::Ready);
}

#[test]
fn given_an_occupied_port_when_mongod_starts_then_the_error_contains_the_end_of_its_log() {
    let scratch = ScratchDir::new().unwrap();
    let [port] = free_ports().unwrap();
    let _occupied = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let error = Mongod::start(mongod_settings(&scratch, port), &TOOLS, scratch.path()).unwrap_err();
    assert!(
        matches!(&error, Error::Exited { tail, .. } if tail.contains("Address already in use")),
        "{error}"
    );
}

#[test]
fn given_a_killed_kafka_when_restarted_then_it_is_ready_on_its_data_even_on_other_ports() {
    let scratch = ScratchDir::new().unwrap();
    let [port, controller, other_port, other_controller] = free_ports().unwrap();
    let mut kafka = Kafka::start(
        kafka_settings(&scratch, port, controller),
        &TOOLS,
        scratch.path(),
    )
    .unwrap();
    let meta = scratch.path().join("data/topics/meta.properties");
    let formatted = fs::read_to_string(&meta).unwrap();

    kafka.kill().unwrap();
    kafka.restart().unwrap();
    assert_eq!(kafka.settings().readiness(), Readiness::Ready);
    drop(kafka);

    let kafka = Kafka::start(
        kafka_settings(&scratch, other_port, other_controller),
        &TOOLS,
        scratch.path(),
    )
    .unwrap();
    assert_eq!(kafka.settings().readiness(), Readiness::Ready);
    assert_eq!(fs::read_to_string(&meta).unwrap(), formatted);
}

#[test]
fn given_an_interrupted_format_of_kafkas_folder_when_started_then_it_is_formatted_again() {
    let scratch = ScratchDir::new().unwrap();
    let [port, controller] = free_ports().unwrap();
    let half = scratch.path().join("data/topics.new");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("meta.properties"), "").unwrap();
    let kafka = Kafka::start(
        kafka_settings(&scratch, port, controller),
        &TOOLS,
        scratch.path(),
    )
    .unwrap();
    assert_eq!(kafka.settings().readiness(), Readiness::Ready);
}

#[test]
fn given_test_servers_when_dropped_then_no_process_and_no_file_is_left() {
    let mut servers = TestServers::start(&TOOLS).unwrap();
    let folder = servers.scratch().path().to_owned();
    let pids = [
        servers.mongod().pid().unwrap(),
        servers.kafka().pid().unwrap(),
    ];
    assert!(servers.mongodb_uri().contains("replicaSet="));
    drop(servers);
    assert!(!folder.exists());
    for pid in pids {
        assert!(!Path::new("/proc").join(pid.to_string()).exists());
    }
}

#[test]
fn given_a_test_program_that_aborts_when_it_has_ended_then_its_scratch_directory_is_removed() {
    // Runs this program again with only the test below, which starts the servers and aborts.
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "helper_that_aborts",
            "--include-ignored",
            "--nocapture",
        ])
        .env("TEST_SERVERS_ABORT", "1")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    let folder = text
        .lines()
        .find_map(|line| line.split_once("folder: "))
        .expect("the helper has printed its folder")
        .1
        .to_owned();
    // The cleaner works in the background.
    while Path::new(&folder).exists() {
        std::thread::yield_now();
    }
}

/// Does nothing unless [`given_a_test_program_that_aborts_when_it_has_ended_then_its_scratch_directory_is_removed`] runs it.
#[test]
fn helper_that_aborts() {
    if std::env::var_os("TEST_SERVERS_ABORT").is_some() {
        let servers = TestServers::start(&TOOLS).unwrap();
        println!("folder: {}", servers.scratch().path().display());
        std::process::abort();
    }
}
