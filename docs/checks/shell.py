"""A shell that runs the commands of a document one after the other."""

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from blocks import lines
from project import PROJECT

# A release build of all images takes most of it.
TIMEOUT = 900
# How late a background command may print.
LATE = 20
# How long a command may take to end after Ctrl-C.
GRACE = 60
END = "--- the command has ended ---"


class Failure(Exception):
    pass


class Shell:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="commands-")
        self.files = 0
        self.output = self.file()
        # The process groups of attached commands.
        self.groups = []
        self.busy = False
        with self.output.open("wb") as output:
            self.bash = subprocess.Popen(
                ["bash", "--norc", "-euo", "pipefail"], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT,
                cwd=PROJECT, text=True, start_new_session=True,
            )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends what still runs as Ctrl-C does, the command of this moment first; then with SIGKILL."""
        for group in [*([self.bash.pid] if self.busy else []), *reversed(self.groups)]:
            if send(signal.SIGINT, group):
                wait_for(lambda: self.bash.poll() is not None if group == self.bash.pid else not send(0, group), GRACE)
        for group in [*self.groups, self.bash.pid]:
            send(signal.SIGKILL, group)
        self.bash.communicate()
        self.folder.cleanup()

    def file(self, text=""):
        self.files += 1
        path = pathlib.Path(self.folder.name, str(self.files))
        path.write_text(text)
        return path

    def run(self, command, expected=None):
        """Runs a command, and returns its output, which must match the expected pattern."""
        start = self.output.stat().st_size
        with contextlib.suppress(BrokenPipeError):
            # A command must not read the shell's own input.
            self.bash.stdin.write(f". {self.file(command)} </dev/null; printf '\\n{END}\\n'\n")
            self.bash.stdin.flush()

        def output():
            return lines(self.output.read_bytes()[start:].decode(errors="replace"))

        self.busy = True
        wait_for(lambda: END in output() or self.bash.poll() is not None, TIMEOUT)
        self.busy = END not in output()
        if self.busy:
            raise Failure(f"failed, or has not ended after {TIMEOUT} s\n{command}{output()}")

        def printed():
            return lines(output().replace(END, ""))

        if expected and not wait_for(lambda: expected.fullmatch(printed()), LATE):
            raise Failure(f"printed something else\n{command}{printed()}\nexpected, as a pattern:\n{expected.pattern}")
        return printed()

    def attach(self, command, text):
        """Runs a command in the background until it prints a text, and returns its output."""
        log, group = self.file(), self.file()
        # With job control it has a process group of its own, which gets the signal of Ctrl-C.
        self.run(f"set -m\n. {self.file(command)} >{log} 2>&1 &\nATTACHED=$!\nset +m\necho $ATTACHED >{group}\n")
        self.groups.append(int(group.read_text()))

        def printed():
            return log.read_text(errors="replace")

        wait_for(lambda: text in printed() or not send(0, self.groups[-1]), TIMEOUT)
        if text not in printed():
            raise Failure(f"did not print {text!r}\n{command}{printed()[-4000:]}")
        return printed()


def send(number, group):
    """Sends a signal, or none for 0; returns whether a process of the group exists."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition, timeout):
    """Returns the condition's last value: true, unless the time is over."""
    end = time.monotonic() + timeout
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return met
