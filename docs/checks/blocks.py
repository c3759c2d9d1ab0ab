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
# The options that a block can have together.
TOGETHER = {
    "sh": ({"run"}, {"run", "until"}, {"skip"}),
    "console": ({"run"}, {"skip"}),
    "text": (set(), {"output"}),
}
HIDDEN = re.compile(r"<!-- (run=.*)\n((?:.*\n)*?) *-->\s*")
COMMENT = "<!--"
# Our own files and folders in a command.
FOLDERS = r"\.ci|\.circleci|crates|docs|frontend|fuzz|infrastructure|services|tests|xtask"
PATH = re.compile(rf"(?<![\w/.$-])(?:{FOLDERS})/[\w./-]*")
# Text that differs each time: anything; the ids of events, requests and orders; times; durations.
VOLATILE = ("…", r"(?<=id: )\S+", r"[0-9a-f]{32}", r"[0-9a-f]{24}", r"\d{4}-\d\d-\d\dT[\d:.]+Z", r"\d+\.\d s")


@dataclasses.dataclass
class Block:
    line: int
    language: str
    text: str
    words: list
    places: list

    @property
    def options(self):
        return {name: value for name, _, value in (word.partition("=") for word in self.words)}

    def commands(self):
        """Each command with the output that it must have; nothing if any will do."""
        if self.language != "console":
            return [(self.text, None)]
        parts = re.split(r"^\$ (.*\n(?: {4}.*\n)*)", self.text, flags=re.MULTILINE)
        return list(zip(parts[1::2], parts[2::2]))

    def errors(self):
        if self.language == COMMENT:
            yield "a comment has a first line `<!-- run=PLACE`, lines with commands, and a last line `-->`"
        elif self.language not in LANGUAGES:
            yield f"its language is {self.language or 'missing'}: use one of {', '.join(LANGUAGES)}"
        else:
            yield from self.errors_of_options()
        if self.language in COMMANDS:
            yield from self.errors_of_commands()

    def errors_of_options(self):
        options = self.options
        for option in options.keys() - OPTIONS:
            yield f"it has the option {option}: use one of {', '.join(OPTIONS)}"
        for place in set(self.places) - {"", *PLACES}:
            yield f"the place {place} does not exist: use one of {', '.join(PLACES)}"
        if self.language in COMMANDS and bool(options.get("run")) == bool(options.get("skip")):
            yield 'it has commands: add either run=PLACE or skip="REASON"'
        elif len(options) < len(self.words) or set(options) not in TOGETHER.get(self.language, (set(),)):
            yield f"a {self.language} block cannot have the options {' '.join(self.words)}"
        if options.get("until") == "":
            yield "until has no text"
        if "output" in options and self.places == [""]:
            yield "it is expected output, but the block before does not run"

    def errors_of_commands(self):
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
            language, *words = split(token.info) or [""]
        elif token.type == "html_block" and (hidden := HIDDEN.fullmatch(token.content)):
            language, words = "sh", split(hidden[1])
            token.content = hidden[2]
        elif COMMENT in "".join(html(token)):
            language, words = COMMENT, []
        elif token.type == "code_block":
            language, words = "", []
        else:
            continue
        block = Block(token.map[0] + 1, language, token.content, words, [])
        # Expected output belongs to the block before.
        run = block.options.get("run", run if "output" in block.options else "")
        block.places = run.split(",")
        yield block


def split(words):
    try:
        return shlex.split(words)
    # A quotation mark is missing.
    except ValueError:
        return [words]


def html(token):
    """The HTML in a part of a document."""
    if token.type in ("html_block", "html_inline"):
        yield token.content
    for child in token.children or []:
        yield from html(child)


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
