"""Tests of the check: each mistake in a document is reported."""

import pytest
from blocks import parse, pattern
from shell import Failure, Shell


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
        ("```console run=docker\ntrue\n```", "starts with `$ `"),
        ('```sh skip="a reason"\nif true\n```', "bash cannot parse it"),
        ('```sh skip="a reason"\ninfrastructure/terraform/boot\n```', "infrastructure/terraform/boot does not exist"),
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
