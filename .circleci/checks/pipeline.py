"""The two configurations, and queries that several checks share."""

import itertools
import pathlib
import re
import subprocess
from dataclasses import dataclass

import yaml

FOLDER = pathlib.Path(__file__).parent.parent
PROJECT = FOLDER.parent
BRANCHES = ("main", "feature")
# The schedule that the README describes; a push has none. CircleCI only schedules main.
SCHEDULES = {"main": ("", "nightly"), "feature": ("",)}


@dataclass
class Pipeline:
    """The setup configuration with its path filter, and the configuration that it continues with."""

    setup: dict
    config: dict

    @property
    def filter(self):
        return next(iter(self.setup["workflows"].values()))["jobs"][0]["path-filtering/filter"]

    def mappings(self):
        """Pattern, parameter and value of each line of the path filter."""
        return [tuple(line.split()) for line in self.filter["mapping"].splitlines()]

    def workflows(self):
        return self.config["workflows"]

    def invocations(self, workflow):
        """The name of each job of a workflow, with its options there."""
        for job in self.workflows()[workflow]["jobs"]:
            yield (job, {}) if isinstance(job, str) else next(iter(job.items()))

    def situations(self):
        """Every branch and schedule with every combination of parameters that the path filter can set."""
        declared = self.config.get("parameters", {})
        settable = sorted({parameter for _, parameter, _ in self.mappings()} & set(declared))
        for branch, values in itertools.product(BRANCHES, itertools.product((False, True), repeat=len(settable))):
            parameters = {name: one.get("default") for name, one in declared.items()} | dict(zip(settable, values))
            for schedule in SCHEDULES[branch]:
                yield {"pipeline.git.branch": branch, "pipeline.schedule.name": schedule} | {
                    f"pipeline.parameters.{name}": on for name, on in parameters.items()
                }

    def runs_in(self, workflow):
        """The situations in which a workflow runs."""
        condition = self.workflows()[workflow].get("when", True)
        return [situation for situation in self.situations() if holds(condition, situation)]

    def steps_of(self, steps, arguments=None):
        """Kind and details of every step, with commands expanded and parameters substituted."""
        for step in steps:
            kind, details = (step, {}) if isinstance(step, str) else next(iter(step.items()))
            details = substitute(details, arguments or {})
            if kind in self.config.get("commands", {}):
                command = self.config["commands"][kind]
                values = {name: one.get("default") for name, one in command.get("parameters", {}).items()}
                yield from self.steps_of(command["steps"], values | (details or {}))
            else:
                yield kind, {"command": details} if isinstance(details, str) else details

    def commands(self):
        """Every command line of every job, with the name of the job."""
        for name, job in self.config["jobs"].items():
            for kind, details in self.steps_of(job.get("steps", [])):
                if kind == "run":
                    yield name, details["command"]


def load():
    return Pipeline(*(yaml.safe_load((FOLDER / name).read_text()) for name in ("config.yml", "continue.yml")))


def substitute(node, values):
    """Replaces the parameters in all texts of a part of the configuration."""
    if isinstance(node, dict):
        return {key: substitute(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [substitute(value, values) for value in node]
    if not isinstance(node, str):
        return node
    return re.sub(r"<< *parameters\.([\w-]+) *>>", lambda found: str(values.get(found[1], found[0])), node)


def holds(condition, situation):
    """Evaluates a logic statement; https://circleci.com/docs/reference/configuration-reference/#logic-statements"""
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
        raise ValueError(f"unknown condition {kind}")
    return bool(value(condition, situation))


def value(text, situation):
    found = re.fullmatch(r"<< *([\w.-]+) *>>", text) if isinstance(text, str) else None
    return situation.get(found[1]) if found else text


def project_files():
    """The files that git tracks, and those that it would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (PROJECT / name).exists()]
