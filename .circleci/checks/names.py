"""Every job, executor, command and parameter that is named exists."""

BUILT_IN = {"checkout", "run", "restore_cache", "save_cache", "attach_workspace", "persist_to_workspace", "store_artifacts"}


def check(pipeline):
    yield from requires(pipeline)
    config = pipeline.config
    for name, job in config["jobs"].items():
        executor = job.get("executor")
        if executor and executor not in config.get("executors", {}):
            yield f"the job {name} uses the executor {executor}, which does not exist"
        yield from steps(config, f"the job {name}", job.get("steps", []))
    for name, command in config.get("commands", {}).items():
        yield from steps(config, f"the command {name}", command["steps"])
    if pipeline.filter["config-path"] != ".circleci/continue.yml":
        yield f"the setup continues with {pipeline.filter['config-path']}, but the jobs are in .circleci/continue.yml"


def requires(pipeline):
    for workflow in pipeline.workflows():
        jobs = dict(pipeline.invocations(workflow))
        for name, options in jobs.items():
            for other in set(options.get("requires", [])) - set(jobs):
                yield f"{workflow}: {name} requires {other}, which is not in the workflow"
            if name in required_by(pipeline, workflow, name):
                yield f"{workflow}: {name} requires itself"


def required_by(pipeline, workflow, name):
    """Every job of a workflow that must finish before a job, directly or indirectly."""
    required = {job: options.get("requires", []) for job, options in pipeline.invocations(workflow)}
    found, pending = set(), list(required.get(name, []))
    while pending:
        job = pending.pop()
        if job not in found:
            found.add(job)
            pending += required.get(job, [])
    return found


def steps(config, caller, listed):
    for step in listed:
        kind, arguments = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        if kind in BUILT_IN:
            continue
        command = config.get("commands", {}).get(kind)
        if not command:
            yield f"{caller} uses the command {kind}, which does not exist"
            continue
        declared = command.get("parameters", {})
        for name in set(arguments or {}) - set(declared):
            yield f"{caller} passes {name} to {kind}, which has no such parameter"
        for name, parameter in declared.items():
            value = (arguments or {}).get(name, parameter.get("default"))
            if value is None:
                yield f"{caller} does not pass {name} to {kind}"
            elif parameter["type"] == "enum" and value not in parameter["enum"] and "<<" not in value:
                yield f"{caller} passes {name}={value} to {kind}, which accepts {', '.join(parameter['enum'])}"
