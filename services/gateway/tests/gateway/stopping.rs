//! The process and its signals.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::support::PATIENCE;

#[test]
fn given_nobody_reads_the_log_any_more_when_asked_to_stop_then_the_process_stops_all_the_same() {
    // One pipe for both, as `gateway 2>&1 | something` has it.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_gateway"))
        .env("LISTEN", "127.0.0.1:0")
        .env(
            "TOKEN_HS256_SECRET",
            "thirty-two bytes, and more of no meaning",
        )
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut log = BufReader::new(reader);
    while !line.contains("listens") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ended");
    }
    drop(log);
    let asked = Command::new("kill").arg(gateway.id().to_string()).status();
    assert!(asked.unwrap().success());
    let until = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = gateway.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > until {
            gateway.kill().unwrap();
            panic!("it goes on");
        }
        std::thread::yield_now();
    };
    assert!(status.success(), "{status}");
}
