//! The process and its signals.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use testkit::TIMEOUT;

#[test]
fn given_a_closed_log_pipe_when_the_process_gets_a_signal_then_it_stops_without_an_error() {
    // One pipe for both, as in `gateway 2>&1 | head`.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_gateway"))
        .env("LISTEN", "127.0.0.1:0")
        .env(
            "TOKEN_HS256_SECRET",
            "at least thirty-two bytes, for tests only",
        )
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut log = BufReader::new(reader);
    while !line.contains("listen") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ended");
    }
    drop(log);
    let kill = Command::new("kill").arg(gateway.id().to_string()).status();
    assert!(kill.unwrap().success());
    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        if let Some(status) = gateway.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            gateway.kill().unwrap();
            panic!("the process did not stop");
        }
        std::thread::yield_now();
    };
    assert!(status.success(), "{status}");
}
