"""One planted fault after another: the check that it is for has to find it, and to name it."""

import copy

from pipeline import load


def in_main(job, **said):
    """Changes what the workflow main says of a job; None removes it."""

    def plant(pipeline):
        jobs = pipeline.workflows()["main"]["jobs"]
        place = next(number for number, one in enumerate(jobs) if one == job or isinstance(one, dict) and job in one)
        known = jobs[place][job] if isinstance(jobs[place], dict) else {}
        jobs[place] = {job: {key: value for key, value in (known | said).items() if value is not None}}

    return plant


def in_job(job, steps):
    return lambda pipeline: pipeline.rest["jobs"][job].update(steps=steps)


def mapping(lines):
    return lambda pipeline: pipeline.filter.update(mapping=pipeline.filter["mapping"] + lines)


def without_mapping(parameter):
    return lambda pipeline: pipeline.filter.update(
        mapping="\n".join(line for line in pipeline.filter["mapping"].splitlines() if f" {parameter} " not in line)
    )


def run(command):
    return [{"run": {"name": "x", "command": command}}]


FAULTS = [
    ("reach", "The job api never runs", lambda p: [one["jobs"].remove("api") for one in p.workflows().values() if "api" in one["jobs"]]),
    ("reach", "The workflow containers never runs", lambda p: p.workflows()["containers"]["when"]["and"].append({"equal": ["main", "<< pipeline.git.branch >>"]})),
    ("reach", "wants the job lint, which is not there", lambda p: p.workflows()["code"]["jobs"].append("lint")),
    ("reach", "sets words, which continue.yml does not declare", mapping("docs/.* words true\n")),
    ("reach", "No change sets the parameter page", without_mapping("page")),
    ("reach", "No workflow reads the parameter spare", lambda p: p.rest["parameters"].update(spare={"type": "boolean", "default": False})),
    ("reach", "No file of the project has a path like backend/", mapping("backend/.* code true\n")),
    ("reach", "frontend/ can change and no test runs", lambda p: p.filter.update(mapping=p.filter["mapping"].replace("frontend", "crates"))),
    ("names", "images waits for lint, which is not part of it", in_main("images", requires=["lint"])),
    ("names", "images waits for itself", in_main("images", requires=["promote"])),
    ("names", "wants the executor large", lambda p: p.rest["jobs"]["api"].update(executor="large")),
    ("names", "wants the command tidy", in_job("api", ["tidy"])),
    ("names", "the parameter colour, which it does not take", in_job("api", [{"steps": {"names": "api", "colour": "red"}}])),
    ("names", "does not say the names of steps", in_job("api", [{"steps": {}}])),
    ("names", "gives sign-in the account root", in_job("api", [{"sign-in": {"account": "root"}}])),
    ("names", "continues with .circleci/other.yml", lambda p: p.filter.update({"config-path": ".circleci/other.yml"})),
    ("paths", "calls .circleci/publish, which is not there", in_job("images", run(".circleci/publish"))),
    ("paths", "which cannot be run", in_job("images", run(".circleci/tools"))),
    ("paths", "wants the step api-tests of .ci/run", in_job("api", [{"steps": {"names": "api-tests"}}])),
    ("paths", "No job runs the step api of .ci/run", in_job("api", [{"steps": {"names": "page"}}])),
    ("paths", "calls cargo xtask tests, which is not there", in_job("api", run("cargo xtask tests"))),
    ("paths", "named after yarn.lock", lambda p: p.rest["commands"]["save"]["steps"].append({"save_cache": {"key": '{{ checksum "yarn.lock" }}', "paths": ["x"]}})),
    ("order", "runs on other branches than main", lambda p: p.workflows()["main"].update(when="<< pipeline.parameters.images >>")),
    ("order", "images does not wait for services", in_main("images", requires=["api"])),
    ("order", "does not wait for anybody's approval", in_main("promote", requires=["deploy-to-staging"])),
    ("order", "Two pipelines could run deploy-to-staging at once", in_main("deploy-to-staging", **{"serial-group": None})),
    ("order", "builds images 2 times", in_job("promote", run("timeout 1m .circleci/build release"))),
    ("order", "deletes what customers are using", in_job("deploy-to-staging", run("kubectl delete --all deployments"))),
    ("order", "may run for ever", in_job("api", run(".ci/run api"))),
    ("order", "may be another one tomorrow: circleci/path-filtering@volatile", lambda p: p.setup["orbs"].update({"path-filtering": "circleci/path-filtering@volatile"})),
    ("order", "the image rust:latest may be", lambda p: p.rest["executors"]["rust"].update(docker=[{"image": "rust:latest"}])),
    ("order", "does not say how large", lambda p: p.rest["executors"]["rust"].pop("resource_class")),
]


def run_one(checks, name, sentence, plant):
    pipeline = copy.deepcopy(load())
    plant(pipeline)
    complaints = list(checks[name](pipeline))
    if any(sentence in complaint for complaint in complaints):
        return True
    print(f"{name}: a planted fault is not found: {sentence}. It says: {complaints}")
    return False


def run_all(checks):
    found = sum(run_one(checks, *fault) for fault in FAULTS)
    print(f"{found} of {len(FAULTS)} planted faults are found.")
    return int(found < len(FAULTS))
