"""The two configurations, and questions that several checks ask of them."""

import itertools
import pathlib
import re
import subprocess
from dataclasses import dataclass

import yaml

FOLDER = pathlib.Path(__file__).parent.parent
PROJECT = FOLDER.parent
BRANCHES = ("main", "proposal")


@dataclass
class Pipeline:
    """The setup with its path filter, and what it continues with."""

    setup: dict
    rest: dict

    @property
    def filter(self):
        return next(iter(self.setup["workflows"].values()))["jobs"][0]["path-filtering/filter"]

    def mappings(self):
        """Pattern, parameter and value, as the orb takes the lines apart."""
        return [tuple(line.split()) for line in self.filter["mapping"].splitlines()]

    def workflows(self):
        return self.rest["workflows"]

    def invocations(self, workflow):
        """Name of each job of a workflow, and what is said of it there."""
        for job in self.workflows()[workflow]["jobs"]:
            yield (job, {}) if isinstance(job, str) else next(iter(job.items()))

    def situations(self):
        """Every branch with every set of parameters that the path filter can make."""
        declared = self.rest.get("parameters", {})
        settable = sorted({parameter for _, parameter, _ in self.mappings()} & set(declared))
        for branch in BRANCHES:
            for values in itertools.product((False, True), repeat=len(settable)):
                parameters = {name: one.get("default") for name, one in declared.items()}
                yield {"pipeline.git.branch": branch} | {
                    f"pipeline.parameters.{name}": value for name, value in (parameters | dict(zip(settable, values))).items()
                }

    def runs_in(self, workflow):
        """The situations in which a workflow runs."""
        condition = self.workflows()[workflow].get("when", True)
        return [situation for situation in self.situations() if holds(condition, situation)]

    def runs_of(self, steps, given=None):
        """Every `run` that steps come to, commands taken apart: its command, with the parameters' values in it."""
        for step in steps:
            kind, details = (step, {}) if isinstance(step, str) else next(iter(step.items()))
            if kind == "run":
                yield filled(details if isinstance(details, str) else details["command"], given or {})
            elif kind in self.rest.get("commands", {}):
                command = self.rest["commands"][kind]
                values = {name: one.get("default") for name, one in command.get("parameters", {}).items()}
                values |= {name: filled(value, given or {}) for name, value in (details or {}).items()}
                yield from self.runs_of(command["steps"], values)

    def commands(self):
        """Every command line of every job, with the name of the job."""
        for name, job in self.rest["jobs"].items():
            for command in self.runs_of(job.get("steps", [])):
                yield name, command


def load():
    return Pipeline(*(yaml.safe_load((FOLDER / name).read_text()) for name in ("config.yml", "continue.yml")))


def filled(text, values):
    return re.sub(r"<< *parameters\.([\w-]+) *>>", lambda found: str(values.get(found[1], found[0])), str(text))


def holds(condition, situation):
    """Whether a logic statement is true; https://circleci.com/docs/reference/configuration-reference/#logic-statements"""
    if isinstance(condition, dict):
        kind, inner = next(iter(condition.items()))
        if kind == "and":
            return all(holds(one, situation) for one in inner)
        if kind == "or":
            return any(holds(one, situation) for one in inner)
        if kind == "not":
            return not holds(inner, situation)
        if kind == "equal":
            return len({value(one, situation) for one in inner}) == 1
        raise ValueError(f"nothing is known of the condition {kind}")
    return bool(value(condition, situation))


def value(text, situation):
    found = re.fullmatch(r"<< *([\w.-]+) *>>", text) if isinstance(text, str) else None
    return situation.get(found[1]) if found else text


def project_files():
    """What git has, or would have if all of it was added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.splitlines() if (PROJECT / name).exists()]
