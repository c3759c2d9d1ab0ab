"""Jobs, executors, commands and parameters that are named are there."""


def check(pipeline):
    yield from requires(pipeline)
    rest = pipeline.rest
    for name, job in rest["jobs"].items():
        if job.get("type") == "approval":
            continue
        executor = job.get("executor")
        if executor and executor not in rest.get("executors", {}):
            yield f"The job {name} wants the executor {executor}, which is not there."
        yield from steps(rest, f"The job {name}", job["steps"])
    for name, command in rest.get("commands", {}).items():
        yield from steps(rest, f"The command {name}", command["steps"])
    if pipeline.filter["config-path"] != ".circleci/continue.yml":
        yield f"The setup continues with {pipeline.filter['config-path']}, and the jobs are in .circleci/continue.yml."


def requires(pipeline):
    for workflow in pipeline.workflows():
        names = {name for name, _ in pipeline.invocations(workflow)}
        for name, said in pipeline.invocations(workflow):
            for other in set(said.get("requires", [])) - names:
                yield f"In the workflow {workflow}, {name} waits for {other}, which is not part of it."
            if name in before(pipeline, workflow, name):
                yield f"In the workflow {workflow}, {name} waits for itself."


def before(pipeline, workflow, name):
    """Everything that a job of a workflow has to wait for, however far back."""
    waits = {job: said.get("requires", []) for job, said in pipeline.invocations(workflow)}
    found, ahead = set(), list(waits.get(name, []))
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += waits.get(one, [])
    return found


BUILT_IN = {"checkout", "run", "restore_cache", "save_cache", "attach_workspace", "persist_to_workspace", "store_artifacts"}


def steps(rest, who, wanted):
    for step in wanted:
        kind, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        if kind in BUILT_IN:
            continue
        command = rest.get("commands", {}).get(kind)
        if not command:
            yield f"{who} wants the command {kind}, which is not there."
            continue
        declared = command.get("parameters", {})
        for name in set(given or {}) - set(declared):
            yield f"{who} gives {kind} the parameter {name}, which it does not take."
        for name, parameter in declared.items():
            value = (given or {}).get(name, parameter.get("default"))
            if value is None:
                yield f"{who} does not say the {name} of {kind}."
            elif parameter["type"] == "enum" and value not in parameter["enum"] and "<<" not in value:
                yield f"{who} gives {kind} the {name} {value}, and it takes {', '.join(parameter['enum'])}."
