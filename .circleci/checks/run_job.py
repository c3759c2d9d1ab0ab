"""Runs the steps of one job in its image; ../run-job describes the arguments."""

import argparse
import shlex
import subprocess
import sys

from pipeline import load


def parse(arguments):
    """The arguments, and the options of `docker run` after them."""
    parser = argparse.ArgumentParser(prog=".circleci/run-job", usage="%(prog)s JOB [--skip STEP]... [-- DOCKER-OPTION...]")
    parser.add_argument("bundle", help=argparse.SUPPRESS)
    parser.add_argument("job")
    parser.add_argument("--skip", action="append", default=[], metavar="STEP")
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return parser.parse_args(arguments[:end]), arguments[end + 1 :]


def image(pipeline, name):
    """The image and the variables of a job."""
    job = pipeline.config["jobs"].get(name) or sys.exit(f"unknown job {name}; the jobs are {', '.join(pipeline.config['jobs'])}")
    executor = pipeline.config["executors"].get(job.get("executor"), {})
    if "docker" not in executor:
        sys.exit(f"the job {name} has no image; run its commands in continue.yml by hand")
    variables = executor.get("environment", {}) | job.get("environment", {})
    return executor["docker"][0]["image"], variables | {"CI": "true", "CIRCLECI": "true", "CIRCLE_JOB": name}


def script(pipeline, name, skipped):
    """One shell script of all steps. Each runs in a shell of its own, as with CircleCI."""
    yield "set -e; mkdir ~/project; cd ~/project"
    for kind, details in pipeline.steps_of(pipeline.config["jobs"][name]["steps"]):
        title = details.get("name", kind)
        if kind == "checkout":
            yield "git clone --quiet /project.bundle ."
        elif kind != "run" or title in skipped:
            yield f"echo {shlex.quote(f'#### skipped: {title}')}"
        else:
            variables = shlex.join(f"{key}={value}" for key, value in details.get("environment", {}).items())
            yield f"echo {shlex.quote(f'#### {title}')}; begin=$SECONDS"
            yield f"env {variables} bash -eo pipefail -c {shlex.quote(details['command'])}"
            yield 'echo "#### passed after $((SECONDS - begin)) s"'


def main():
    arguments, docker_options = parse(sys.argv[1:])
    pipeline = load()
    name, variables = image(pipeline, arguments.job)
    titles = {details.get("name", kind) for kind, details in pipeline.steps_of(pipeline.config["jobs"][arguments.job]["steps"])}
    if unknown := set(arguments.skip) - titles:
        sys.exit(f"the job {arguments.job} has no step {', '.join(unknown)}; its steps are {', '.join(sorted(titles))}")
    options = [f"--env={key}={value}" for key, value in variables.items()] + docker_options
    command = ["docker", "run", "--rm", "--init", f"--volume={arguments.bundle}:/project.bundle:ro", *options, name]
    lines = "\n".join(script(pipeline, arguments.job, arguments.skip))
    sys.exit(subprocess.run([*command, "bash", "-c", lines], check=False).returncode)


main()
