"""Every job can run, and every pattern of the path filter matches a file."""

import re

from pipeline import PROJECT, project_files

# Files that affect nothing that is built, tested or deployed. `secrets` and `validate` run for every change.
DOCUMENTS = re.compile(r"docs/.*|[A-Z]+\.md|LICENSE-.*|\.gitignore|\.gitleaks\.toml|renovate\.json")


def check(pipeline):
    yield from jobs(pipeline)
    yield from parameters(pipeline)
    yield from patterns(pipeline)


def jobs(pipeline):
    reachable = set()
    for workflow in pipeline.workflows():
        names = {name for name, _ in pipeline.invocations(workflow)}
        for name in sorted(names - set(pipeline.config["jobs"])):
            yield f"the workflow {workflow} names the job {name}, which does not exist"
        if pipeline.runs_in(workflow):
            reachable |= names
        else:
            yield f"the workflow {workflow} never runs: no change on any branch meets its condition"
    for name in sorted(set(pipeline.config["jobs"]) - reachable):
        yield f"the job {name} never runs: add it to a workflow, or remove it"


def parameters(pipeline):
    declared = set(pipeline.config.get("parameters", {}))
    mapped = {parameter for _, parameter, _ in pipeline.mappings()}
    read = set(re.findall(r"pipeline\.parameters\.([\w-]+)", str(pipeline.workflows())))
    for name in sorted((mapped | read) - declared):
        yield f"the parameter {name} is not declared in continue.yml"
    for name in sorted(declared - mapped):
        yield f"no change sets the parameter {name}"
    for name in sorted(declared - read):
        yield f"no workflow reads the parameter {name}"


def patterns(pipeline):
    files = project_files()
    expressions = [re.compile(f"{pattern}$") for pattern, _, _ in pipeline.mappings()]
    for expression in expressions:
        if not any(expression.match(file) for file in files):
            yield f"the path filter: no file matches {expression.pattern.removesuffix('$')}"
    for top in sorted({file.split("/")[0] for file in files}):
        inside = [file for file in files if file.split("/")[0] == top]
        if not DOCUMENTS.fullmatch(inside[0]) and not any(one.match(file) for file in inside for one in expressions):
            yield f"{top}{'/' if (PROJECT / top).is_dir() else ''} can change without a test: the path filter has no pattern for it"
