"""Every job runs in some situation, and every pattern of the path filter has a purpose."""

import re

from pipeline import PROJECT, project_files

# What changes nothing that is built, tested or deployed; every change is validated and searched for secrets.
WORDS = re.compile(r"docs/.*|[A-Z]+\.md|LICENSE-.*|\.gitignore|\.gitleaks\.toml")


def check(pipeline):
    yield from jobs(pipeline)
    yield from parameters(pipeline)
    yield from patterns(pipeline)


def jobs(pipeline):
    reachable = set()
    for workflow in pipeline.workflows():
        names = {name for name, _ in pipeline.invocations(workflow)}
        for name in sorted(names - set(pipeline.rest["jobs"])):
            yield f"The workflow {workflow} wants the job {name}, which is not there."
        if pipeline.runs_in(workflow):
            reachable |= names
        else:
            yield f"The workflow {workflow} never runs: no change on any branch fulfils its condition."
    for name in sorted(set(pipeline.rest["jobs"]) - reachable):
        yield f"The job {name} never runs: add it to a workflow, or remove it."


def parameters(pipeline):
    declared = set(pipeline.rest.get("parameters", {}))
    mapped = {parameter for _, parameter, _ in pipeline.mappings()}
    read = set(re.findall(r"pipeline\.parameters\.([\w-]+)", str(pipeline.workflows())))
    for name in sorted(mapped - declared):
        yield f"The path filter sets {name}, which continue.yml does not declare: CircleCI would refuse it."
    for name in sorted(declared - mapped):
        yield f"No change sets the parameter {name}."
    for name in sorted(declared - read):
        yield f"No workflow reads the parameter {name}."
    for name in sorted(read - declared):
        yield f"A workflow reads the parameter {name}, which is not declared."


def patterns(pipeline):
    files = project_files()
    expressions = [re.compile(f"{pattern}$") for pattern, _, _ in pipeline.mappings()]
    for expression in expressions:
        if not any(expression.match(file) for file in files):
            yield f"No file of the project has a path like {expression.pattern.removesuffix('$')}."
    for top in sorted({file.split("/")[0] for file in files}):
        inside = [file for file in files if file.split("/")[0] == top]
        if not WORDS.fullmatch(inside[0]) and not any(expression.match(file) for file in inside for expression in expressions):
            yield f"{top}{'/' if (PROJECT / top).is_dir() else ''} can change and no test runs: the path filter has no pattern for it."
