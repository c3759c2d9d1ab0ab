"""Deployed images come from main, are tested, built once, approved for production, and replaced without downtime."""

import re

from names import required_by
from pipeline import FOLDER, PROJECT

# An advisory can appear at any time, and the commands of the documents take long.
NIGHTLY = {"advisories", "documents", "toolchain"}


def check(pipeline):
    for workflow in pipeline.workflows():
        yield from deployment_order(pipeline, workflow)
    yield from timeouts(pipeline)
    yield from versions(pipeline)
    scripts = [FOLDER / name for name in ("build", "promote", "sign-in")] + [PROJECT / "infrastructure/kubernetes/deploy"]
    commands = [*pipeline.commands(), *((script.name, script.read_text()) for script in scripts)]
    for caller, command in commands:
        # The Job of the last set-up has ended when it is deleted.
        command = command.replace("delete job/setup", "")
        if re.search(r"\b(kubectl|shop)\b.*\b(delete|replace --force)\b", command):
            yield f"{caller} deletes objects that are in use; apply over them instead"


def deployment_order(pipeline, workflow):
    jobs = dict(pipeline.invocations(workflow))
    with_context = [name for name, options in jobs.items() if "context" in options]
    if with_context and any(one["pipeline.git.branch"] != "main" for one in pipeline.runs_in(workflow)):
        yield f"{workflow} uses a context ({', '.join(with_context)}) and runs on other branches than main"
    tests = calling(pipeline, pipeline.config["jobs"], ".ci/run")
    approvals = {name for name in jobs if pipeline.config["jobs"].get(name, {}).get("type") == "approval"}
    for name in with_context:
        earlier = required_by(pipeline, workflow, name)
        for test in set(tests) - NIGHTLY - earlier:
            yield f"{name} does not require {test}"
        if "production" in jobs[name]["context"] and not approvals & earlier:
            yield f"{name} does not require an approval"
        if "deploy" in name and "serial-group" not in jobs[name]:
            yield f"{name} has no serial-group, so two pipelines can run it concurrently"
    builds = calling(pipeline, jobs, ".circleci/build")
    if len(builds) > 1 or with_context and not builds:
        yield f"{workflow} builds images {len(builds)} times, so the deployed images are not the tested ones"


def calling(pipeline, names, script):
    """The jobs with these names that call a script."""
    callers = {job for job, command in pipeline.commands() if script in command}
    return [name for name in names if name in callers]


def timeouts(pipeline):
    for job, command in pipeline.commands():
        if re.search(r"\.ci/run|\.circleci/(build|promote)|kubernetes/deploy", command) and "timeout " not in command:
            yield f"the job {job} has no timeout"


def versions(pipeline):
    for name, executor in pipeline.config["executors"].items():
        for image in [one["image"] for one in executor.get("docker", [executor.get("machine")])]:
            if not re.search(r":[\w.-]*\d", image) or re.search(r":(latest|current|default)$", image):
                yield f"the executor {name}: the version of the image {image} is not pinned"
        if "resource_class" not in executor:
            yield f"the executor {name} has no resource_class"
    for name, orb in pipeline.setup.get("orbs", {}).items():
        if not re.search(r"@\d+\.\d+\.\d+$", orb):
            yield f"the version of the orb {name} is not pinned: {orb}"
