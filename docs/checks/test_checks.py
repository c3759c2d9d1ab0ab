"""Tests of the check: each mistake in a document is reported."""

import os
import signal
import subprocess
import sys
import threading

import documents
import pytest
from blocks import parse, pattern
from project import PROJECT
from shell import Failure, Shell, wait_for


def errors(document):
    return [error for block in parse(document) for error in block.errors()]


@pytest.mark.parametrize(
    "document, message",
    [
        ("```\ntrue\n```", "its language is missing"),
        ("text\n\n    true\n", "its language is missing"),
        ("1. A step:\n   ```sh\n   true\n   ```", "add either run=PLACE or skip="),
        ("```sh skip=\ntrue\n```", "add either run=PLACE or skip="),
        ('```sh run=docker skip="a reason"\ntrue\n```', "add either run=PLACE or skip="),
        ("```sh run=moon\ntrue\n```", "the place moon does not exist"),
        ("<!-- run=moon\ntrue\n-->", "the place moon does not exist"),
        ("```sh run=docker untill=ready\ntrue\n```", "it has the option untill"),
        ("```sh rnu=docker\ntrue\n```", "it has the option rnu"),
        ("```sh run=docker, toolchain\ntrue\n```", "it has the option toolchain"),
        ("```sh run=docker run=toolchain\ntrue\n```", "cannot have the options run=docker run=toolchain"),
        ('```sh run="docker\ntrue\n```', 'its language is sh run="docker'),
        ("```hs run=docker\ntrue\n```", "its language is hs"),
        ("```text run=docker\ntrue\n```", "a text block cannot have the options run=docker"),
        ("```js run=docker\ntrue\n```", "a js block cannot have the options run=docker"),
        ("```sh run=docker output\ntrue\n```", "a sh block cannot have the options run=docker output"),
        ('```console run=docker until="x"\n$ true\n```', "a console block cannot have the options run=docker until=x"),
        ("```sh run=docker until=\ntrue\n```", "until has no text"),
        ("```text ouput\nx\n```", "it has the option ouput"),
        ('```sh skip="a reason"\ntrue\n```\n```text output\nx\n```', "the block before does not run"),
        ("<!-- rnu=docker\ntrue\n-->", "a comment has a first line"),
        ("<!--run=docker\ntrue\n-->", "a comment has a first line"),
        ("<!-- run=docker true -->", "a comment has a first line"),
        ("A text <!-- run=docker --> with a comment", "a comment has a first line"),
        ("<!-- run=docker\ntrue\n--> text", "a comment has a first line"),
        ("```console run=docker\ntrue\n```", "starts with `$ `"),
        ('```sh skip="a reason"\nif true\n```', "bash cannot parse it"),
        ('```sh skip="a reason"\ninfrastructure/terraform/boot\n```', "infrastructure/terraform/boot does not exist"),
        ('```sh skip="a reason"\nls services/catalogue\n```', "services/catalogue does not exist"),
        ('```sh skip="a reason"\nls xtask/source frontend/sources\n```', "frontend/sources does not exist"),
    ],
)
def test_given_a_wrong_block_when_checked_then_it_is_reported(document, message):
    assert any(message in error for error in errors(document))


def test_given_blocks_that_say_where_they_run_when_checked_then_nothing_is_reported():
    assert not errors('```text\nany\n```\n```sh run=docker,toolchain\ntrue\n```\n```sh skip="a reason"\ndocs/check\n```\n')


def test_given_a_console_block_when_parsed_then_each_command_has_its_output():
    (block,) = parse("```console run=docker\n$ echo \\\n    one\none\n$ true\n$ echo two\ntwo\n```\n")
    assert block.commands() == [("echo \\\n    one\n", "one\n"), ("true\n", ""), ("echo two\n", "two\n")]


def test_given_expected_output_when_parsed_then_it_has_the_place_of_the_block_before():
    commands, output, other = parse("```sh run=docker\ntrue\n```\n```text output\nx\n```\n```text\ny\n```\n")
    assert (commands.places, output.places, other.places) == (["docker"], ["docker"], [""])


@pytest.mark.parametrize(
    "expected, printed, matches",
    [
        ("a (b)\n\nc\n", "a (b)\nc", True),
        ('{"id":"6b09f5a10600398585822d28"}', '{"id":"0123456789abcdef01234567"}', True),
        ('{"id":"6b09f5a10600398585822d28"}', '{"id":"an order"}', False),
        ("id: AWsJ9aIAAAAE", "id: BWsJ9aIAAAAF", True),
        ("ready after 0.5 s", "ready after 12.3 s", True),
        ("one … three", "one two three", True),
        ("price 5", "price 6", False),
    ],
)
def test_given_expected_output_when_compared_then_only_ids_times_and_gaps_may_differ(expected, printed, matches):
    assert bool(pattern(expected).fullmatch(printed)) == matches


def test_given_blocks_when_run_then_later_ones_have_the_variables_and_the_folder_of_earlier_ones():
    with Shell() as shell:
        shell.run("cd docs; NAME=shop")
        assert shell.run("echo $NAME ${PWD##*/}") == "shop docs"


@pytest.mark.parametrize("command", ["false", "true; false | true; echo no", "echo $UNKNOWN", "exit 0"])
def test_given_a_command_that_fails_when_run_then_the_failure_names_it(command):
    with Shell() as shell, pytest.raises(Failure, match="failed"):
        shell.run(command)


def test_given_other_output_when_run_then_the_failure_shows_it(monkeypatch):
    monkeypatch.setattr("shell.LATE", 0)
    with Shell() as shell, pytest.raises(Failure, match="printed something else\necho one"):
        shell.run("echo one", pattern("two"))


def test_given_output_of_a_background_command_when_it_is_late_then_it_is_awaited():
    with Shell() as shell:
        shell.run("{ sleep 1; echo late; } &")
        assert shell.run("echo now", pattern("now\nlate")) == "now\nlate"


def test_given_an_attached_command_when_the_shell_ends_then_it_gets_ctrl_c(tmp_path):
    with Shell() as shell:
        shell.attach(f"trap 'touch {tmp_path}/interrupted; exit' INT; echo ready; while :; do sleep 0.1; done", "ready")
    assert (tmp_path / "interrupted").exists()


def test_given_an_attached_command_when_it_ends_without_the_text_then_it_fails():
    with Shell() as shell, pytest.raises(Failure, match="did not print 'ready'"):
        shell.attach("echo broken", "ready")


@pytest.fixture(name="place")
def fixture_place(monkeypatch, tmp_path):
    """A place whose clean-up creates a file."""
    monkeypatch.setitem(documents.IN_USE, "docker", "true")
    monkeypatch.setitem(documents.CLEAN, "docker", f"touch {tmp_path}/cleaned")
    return tmp_path


def document(folder, text):
    path = folder / "document.md"
    path.write_text(text)
    return str(path)


def test_given_a_mistake_in_another_block_when_a_place_is_run_then_nothing_runs(place):
    assert documents.run(document(place, f"```sh run=docker\ntouch {place}/ran\n```\n```sh rnu=docker\ntrue\n```\n"), "docker")
    assert not (place / "ran").exists()


def ended(pid):
    """Whether a process has ended, even if its parent has not waited for it."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not state.strip() or state.startswith("Z")


def test_given_a_command_that_runs_when_the_check_is_interrupted_then_it_ends_and_its_place_is_cleaned(place):
    started = place / "started"

    def interrupt():
        wait_for(started.exists, 10)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    attached = f'```sh run=docker until="ready"\necho $BASHPID >{place}/attached; echo ready; sleep 1000\n```\n'
    running = f"```sh run=docker\nsh -c 'echo $$ >{place}/new; mv {place}/new {started}; exec sleep 1000'\n```\n"
    with pytest.raises(KeyboardInterrupt):
        documents.run(document(place, attached + running), "docker")
    thread.join()
    assert (place / "cleaned").exists()
    assert wait_for(lambda: all(ended(int(path.read_text())) for path in (started, place / "attached")), 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_given_the_check_when_it_gets_a_signal_then_it_stops_with_130(tmp_path, number):
    (tmp_path / "kubectl").write_text(f"#!/bin/sh\necho kind-test; touch {tmp_path}/asked; exec sleep 1000\n")
    (tmp_path / "kubectl").chmod(0o755)
    check = subprocess.Popen(
        [sys.executable, "docs/checks", "kubernetes", "docs/KUBERNETES.md"], cwd=PROJECT, stdout=subprocess.PIPE,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}, text=True, start_new_session=True,
    )  # fmt: skip
    assert wait_for((tmp_path / "asked").exists, 10)
    os.killpg(check.pid, number)
    output, _ = check.communicate(timeout=10)
    assert check.returncode == 130
    assert "interrupted" in output
