//! The real servers: started, killed and restarted. Brings them first, where they are missing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use backing_services::{
    Backing, BackingService, Error, Kafka, KafkaSettings, Mongod, MongodSettings, Quiet, Readiness,
    Scratch, Tools, free_ports,
};

static TOOLS: LazyLock<Tools> = LazyLock::new(|| {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.shop/tools");
    let folder = std::env::var_os("TEST_TOOLS_DIR").map_or(shared, PathBuf::from);
    Tools::bring(&folder, &Quiet).expect("the tools can be brought")
});

fn mongod_settings(scratch: &Scratch, port: u16) -> MongodSettings {
    MongodSettings {
        name: "mongod".to_owned(),
        replica_set: "rs-here".to_owned(),
        data: scratch.path().join("data"),
        port,
    }
}

fn kafka_settings(scratch: &Scratch, port: u16, controller_port: u16) -> KafkaSettings {
    KafkaSettings {
        name: "kafka".to_owned(),
        data: scratch.path().join("data"),
        port,
        controller_port,
    }
}

#[test]
fn mongod_starts_again_on_its_data_after_it_was_killed() {
    let scratch = Scratch::new().unwrap();
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
fn mongod_starts_on_its_data_when_the_port_has_moved() {
    let scratch = Scratch::new().unwrap();
    let [before, after] = free_ports().unwrap();
    drop(Mongod::start(mongod_settings(&scratch, before), &TOOLS, scratch.path()).unwrap());
    let mongod = Mongod::start(mongod_settings(&scratch, after), &TOOLS, scratch.path()).unwrap();
    assert_eq!(mongod.settings().readiness(), Readiness::Ready);
}

#[test]
fn mongod_that_cannot_start_is_reported_with_the_end_of_its_log() {
    let scratch = Scratch::new().unwrap();
    let [port] = free_ports().unwrap();
    let _occupied = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let error = Mongod::start(mongod_settings(&scratch, port), &TOOLS, scratch.path()).unwrap_err();
    assert!(
        matches!(&error, Error::Exited { tail, .. } if tail.contains("Address already in use")),
        "{error}"
    );
}

#[test]
fn kafka_starts_again_on_its_data_after_it_was_killed_and_when_its_ports_have_moved() {
    let scratch = Scratch::new().unwrap();
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
fn a_format_of_kafkas_folder_that_was_cut_short_is_done_again() {
    let scratch = Scratch::new().unwrap();
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
fn dropping_the_backing_leaves_neither_processes_nor_files() {
    let mut backing = Backing::start(&TOOLS).unwrap();
    let folder = backing.scratch().path().to_owned();
    let pids = [
        backing.mongod().pid().unwrap(),
        backing.kafka().pid().unwrap(),
    ];
    assert!(backing.mongodb_uri().contains("replicaSet="));
    drop(backing);
    assert!(!folder.exists());
    for pid in pids {
        assert!(!Path::new("/proc").join(pid.to_string()).exists());
    }
}

#[test]
fn a_test_program_that_is_killed_leaves_nothing() {
    // This very program again, for the one test below, which starts the servers and then ends
    // without dropping them.
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "helper_that_ends_without_dropping",
            "--include-ignored",
            "--nocapture",
        ])
        .env("BACKING_ABORT", "1")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    let folder = text
        .lines()
        .find_map(|line| line.split_once("folder: "))
        .expect("the helper got as far")
        .1
        .to_owned();
    // The guardian works in the background.
    while Path::new(&folder).exists() {
        std::thread::yield_now();
    }
}

/// Does nothing unless [`a_test_program_that_is_killed_leaves_nothing`] runs it.
#[test]
fn helper_that_ends_without_dropping() {
    if std::env::var_os("BACKING_ABORT").is_some() {
        let backing = Backing::start(&TOOLS).unwrap();
        println!("folder: {}", backing.scratch().path().display());
        std::process::abort();
    }
}
