"""Every file, script, step and subcommand that a job names exists."""

import os
import re

from pipeline import FOLDER, PROJECT


def check(pipeline):
    commands = list(pipeline.commands())
    yield from scripts(commands)
    yield from ci_steps(commands)
    yield from subcommands(commands)
    for path in sorted(set(re.findall(r'checksum "([^"]+)"', str(pipeline.config)))):
        if not (PROJECT / path).is_file():
            yield f"a cache key uses the checksum of {path}, which does not exist"
    for script in sorted(FOLDER.iterdir()):
        if script.is_file() and script.suffix == "":
            yield from named_files(script)


def scripts(commands):
    for job, command in commands:
        for path in re.findall(r"(?<![\w./:-])((?:\.ci|\.circleci|infrastructure|frontend|fuzz)/[\w./-]+)", command):
            if not (PROJECT / path).is_file():
                yield f"the job {job} calls {path}, which does not exist"
            elif not os.access(PROJECT / path, os.X_OK):
                yield f"the job {job} calls {path}, which is not executable"


def ci_steps(commands):
    lists = re.findall(r"^(?:nightly_)?steps=\(([a-z ]+)\)$", (PROJECT / ".ci/run").read_text(), re.MULTILINE)
    known = " ".join(lists).split()
    called = set()
    for job, command in commands:
        for words in re.findall(r"\.ci/run((?: [a-z][a-z-]*)*)", command):
            called |= set(words.split())
            for step in set(words.split()) - set(known):
                yield f"the job {job} runs the step {step}, but .ci/run has {', '.join(known)}"
    for step in set(known) - called:
        yield f"no job runs the step {step} of .ci/run"


def subcommands(commands):
    enum = re.search(r"enum Command \{(.*?)\n\}", (PROJECT / "xtask/src/main.rs").read_text(), re.DOTALL)[1]
    known = {name.lower() for name in re.findall(r"^    ([A-Z]\w*)(?:[(,]| \{)", enum, re.MULTILINE)}
    steps = [(".ci/run", line) for line in (PROJECT / ".ci/run").read_text().splitlines()]
    for caller, line in [*commands, *steps]:
        for name in re.findall(r"cargo xtask ([a-z]\w*)", line):
            if name not in known:
                yield f"{caller} calls cargo xtask {name}, which does not exist"


def named_files(script):
    """The files that a script of this folder names, also in comments, exist."""
    for path in re.findall(r"(?<![\w./:$}\"-])((?:\.ci|\.circleci|infrastructure)/[\w./-]+\w)", script.read_text()):
        if not (PROJECT / path).exists():
            yield f"{script.relative_to(PROJECT)} names {path}, which does not exist"
