"""The code blocks of a Markdown document, and what their first lines say about them. docs/checks/README.md explains it."""

import dataclasses
import re
import shlex
import subprocess

from markdown_it import MarkdownIt
from project import PROJECT

PLACES = ("toolchain", "docker", "kubernetes")
COMMANDS = ("sh", "console")
# The others contain no commands.
LANGUAGES = (*COMMANDS, "text", "ini", "hcl", "js", "rust,no_run")
OPTIONS = ("run", "skip", "until", "output")
HIDDEN = re.compile(r"<!-- (run=.*)\n((?:.*\n)*?) *-->")
# Our own files and folders in a command.
PATH = re.compile(r"(?<![\w/.$-])(?:\.ci|\.circleci|crates|docs|fuzz|infrastructure|tests)/[\w./-]*")
# Text that differs each time: anything; the ids of events, requests and orders; times; durations.
VOLATILE = ("…", r"(?<=id: )\S+", r"[0-9a-f]{32}", r"[0-9a-f]{24}", r"\d{4}-\d\d-\d\dT[\d:.]+Z", r"\d+\.\d s")


@dataclasses.dataclass
class Block:
    line: int
    language: str
    text: str
    options: dict
    places: list

    def commands(self):
        """Each command with the output that it must have; nothing if any will do."""
        if self.language != "console":
            return [(self.text, None)]
        parts = re.split(r"^\$ (.*\n(?: {4}.*\n)*)", self.text, flags=re.MULTILINE)
        return list(zip(parts[1::2], parts[2::2]))

    def errors(self):
        if self.language not in LANGUAGES:
            yield f"its language is {self.language or 'missing'}: use one of {', '.join(LANGUAGES)}"
        for option in self.options.keys() - OPTIONS:
            yield f"it has the option {option}: use one of {', '.join(OPTIONS)}"
        for place in set(self.places) - {"", *PLACES}:
            yield f"the place {place} does not exist: use one of {', '.join(PLACES)}"
        if self.language in COMMANDS:
            yield from self.errors_of_commands()

    def errors_of_commands(self):
        if bool(self.options.get("run")) == bool(self.options.get("skip")):
            yield 'it has commands: add either run=PLACE or skip="REASON"'
        if self.language == "console" and not self.text.startswith("$ "):
            yield "a console block starts with `$ ` and a command"
        for command, _ in self.commands():
            parsed = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True, check=False)
            if parsed.returncode:
                yield f"bash cannot parse it: {parsed.stderr.strip()}"
            for path in PATH.findall(command):
                if not (PROJECT / path).exists():
                    yield f"{path} does not exist"


def parse(text):
    run = ""
    for token in MarkdownIt().parse(text):
        if token.type == "fence":
            language, *words = shlex.split(token.info) or [""]
        elif token.type == "html_block" and (hidden := HIDDEN.search(token.content)):
            language, words = "sh", shlex.split(hidden[1])
            token.content = hidden[2]
        elif token.type == "code_block":
            language, words = "", []
        else:
            continue
        options = {name: value for name, _, value in (word.partition("=") for word in words)}
        # Expected output belongs to the block before.
        run = options.get("run", run if "output" in options else "")
        yield Block(token.map[0] + 1, language, token.content, options, run.split(","))


def lines(text):
    """A text without empty lines."""
    return "\n".join(filter(None, text.split("\n")))


def pattern(expected):
    """A regular expression for the expected output of a command."""
    result, end, expected = "", 0, lines(expected)
    for match in re.finditer("|".join(f"({kind})" for kind in VOLATILE), expected):
        kind = VOLATILE[match.lastindex - 1].replace("…", ".*")
        result += re.escape(expected[end : match.start()]) + kind
        end = match.end()
    return re.compile(result + re.escape(expected[end:]), re.DOTALL)
