"""What reaches an environment is on main, tested, built once, approved for production, and replaced without a gap."""

import re

from names import before
from pipeline import FOLDER, PROJECT


def check(pipeline):
    for workflow in pipeline.workflows():
        yield from of_workflow(pipeline, workflow)
    yield from limits(pipeline)
    yield from versions(pipeline)
    scripts = [FOLDER / name for name in ("build", "promote", "sign-in")] + [PROJECT / "infrastructure/kubernetes/deploy"]
    lines = [*pipeline.commands(), *((script.name, script.read_text()) for script in scripts)]
    for who, text in lines:
        if re.search(r"\b(kubectl|shop)\b.*\b(delete|replace --force)\b", re.sub(r"--for=delete", "", text)):
            yield f"{who} deletes what customers are using; it has to be applied over what is there."


def of_workflow(pipeline, workflow):
    said = dict(pipeline.invocations(workflow))
    in_cloud = [name for name, one in said.items() if "context" in one]
    if in_cloud and any(one["pipeline.git.branch"] != "main" for one in pipeline.runs_in(workflow)):
        yield f"The workflow {workflow} has a context, {', '.join(in_cloud)}, and runs on other branches than main."
    tests = calling(pipeline, pipeline.rest["jobs"], ".ci/run")
    approvals = {name for name in said if pipeline.rest["jobs"].get(name, {}).get("type") == "approval"}
    for name in in_cloud:
        earlier = before(pipeline, workflow, name)
        for test in set(tests) - earlier:
            yield f"{name} does not wait for {test}."
        if "production" in said[name]["context"] and not approvals & earlier:
            yield f"{name} does not wait for anybody's approval."
        if "deploy" in name and "serial-group" not in said[name]:
            yield f"Two pipelines could run {name} at once: it has no serial-group."
    builds = calling(pipeline, said, ".circleci/build")
    if len(builds) > 1 or in_cloud and not builds:
        yield f"The workflow {workflow} builds images {len(builds)} times; what was tried has to be what is deployed."


def calling(pipeline, names, script):
    """The jobs, of those with these names, that call a script."""
    called = {job for job, command in pipeline.commands() if script in command}
    return [name for name in names if name in called]


def limits(pipeline):
    for job, command in pipeline.commands():
        if re.search(r"\.ci/run|\.circleci/(build|promote)|kubernetes/deploy", command) and "timeout " not in command:
            yield f"The job {job} may run for ever: call it with timeout."


def versions(pipeline):
    for name, executor in pipeline.rest["executors"].items():
        for image in [one["image"] for one in executor.get("docker", [executor.get("machine")])]:
            if not re.search(r":[\w.-]*\d", image) or re.search(r":(latest|current|default)$", image):
                yield f"The executor {name}: the image {image} may be another one tomorrow."
        if "resource_class" not in executor:
            yield f"The executor {name} does not say how large its machine is."
    for name, orb in pipeline.setup.get("orbs", {}).items():
        if not re.search(r"@\d+\.\d+\.\d+$", orb):
            yield f"The orb {name} may be another one tomorrow: {orb}."
