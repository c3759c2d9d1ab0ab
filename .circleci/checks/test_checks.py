"""Tests of the checks: each reports a broken pipeline."""

import names
import order
import paths
import pytest
import reach
from pipeline import load


@pytest.fixture(name="pipeline")
def fixture_pipeline():
    return load()


def change_main(pipeline, job, **options):
    """Changes the options of a job in the workflow main; the value None removes an option."""
    jobs = pipeline.workflows()["main"]["jobs"]
    index = next(index for index, one in enumerate(jobs) if one == job or isinstance(one, dict) and job in one)
    known = jobs[index][job] if isinstance(jobs[index], dict) else {}
    jobs[index] = {job: {key: value for key, value in (known | options).items() if value is not None}}


def expect(errors, message):
    assert any(message in error for error in errors)


def test_given_a_job_in_no_workflow_when_checked_then_it_is_reported(pipeline):
    for workflow in pipeline.workflows().values():
        workflow["jobs"] = [job for job in workflow["jobs"] if job != "api"]
    expect(reach.check(pipeline), "the job api never runs")


def test_given_a_condition_that_is_never_true_when_checked_then_it_is_reported(pipeline):
    pipeline.workflows()["containers"]["when"]["and"].append({"equal": ["main", "<< pipeline.git.branch >>"]})
    expect(reach.check(pipeline), "the workflow containers never runs")


def test_given_a_folder_without_pattern_when_checked_then_it_is_reported(pipeline):
    pipeline.filter["mapping"] = pipeline.filter["mapping"].replace("frontend", "crates")
    expect(reach.check(pipeline), "frontend/ can change without a test")


@pytest.mark.parametrize(
    "steps, message",
    [
        (["tidy"], "uses the command tidy"),
        ([{"steps": {}}], "does not pass names to steps"),
        ([{"sign-in": {"account": "root"}}], "passes account=root to sign-in"),
    ],
)
def test_given_a_wrong_command_when_checked_then_it_is_reported(pipeline, steps, message):
    pipeline.config["jobs"]["api"]["steps"] = steps
    expect(names.check(pipeline), message)


@pytest.mark.parametrize(
    "command, message",
    [
        (".circleci/publish", "api calls .circleci/publish, which does not exist"),
        ("cargo xtask tests", "api calls cargo xtask tests, which does not exist"),
        (".ci/run api-tests", "api runs the step api-tests"),
    ],
)
def test_given_a_missing_script_or_step_when_checked_then_it_is_reported(pipeline, command, message):
    pipeline.config["jobs"]["api"]["steps"] = [{"run": {"command": command}}]
    expect(paths.check(pipeline), message)


def test_given_untested_images_when_checked_then_it_is_reported(pipeline):
    change_main(pipeline, "images", requires=["api"])
    expect(order.check(pipeline), "images does not require services")


def test_given_no_approval_when_checked_then_it_is_reported(pipeline):
    change_main(pipeline, "promote", requires=["deploy-to-staging"])
    expect(order.check(pipeline), "promote does not require an approval")


def test_given_parallel_deployments_when_checked_then_it_is_reported(pipeline):
    change_main(pipeline, "deploy-to-staging", **{"serial-group": None})
    expect(order.check(pipeline), "deploy-to-staging has no serial-group")


@pytest.mark.parametrize(
    "command, message",
    [
        ("timeout 1m .circleci/build release", "builds images 2 times"),
        ("kubectl delete --all deployments", "deletes objects that are in use"),
        (".ci/run api", "has no timeout"),
    ],
)
def test_given_a_dangerous_command_when_checked_then_it_is_reported(pipeline, command, message):
    pipeline.config["jobs"]["promote"]["steps"] = [{"run": {"command": command}}]
    expect(order.check(pipeline), message)


def test_given_an_unpinned_image_when_checked_then_it_is_reported(pipeline):
    pipeline.config["executors"]["rust"]["docker"] = [{"image": "rust:latest"}]
    expect(order.check(pipeline), "rust:latest is not pinned")
