"""A Slurm job in a sentence: what it does, and why it waits."""

from r1cli.runs.slurm_queue import SlurmJob

# Why jobs wait, for the reasons that most jobs have; others are shown as Slurm has them.
_REASONS = {
    "Resources": "not enough nodes are free",
    "Priority": "jobs of higher priority come first",
    "Dependency": "a job that it depends on has not ended",
    "DependencyNeverSatisfied": "a job that it depends on has ended otherwise: it will never start",
    "BeginTime": "its time to begin has not come, as for a while after a job is queued again",
    "JobHeldUser": "it is held: `scontrol release` releases it",
    "JobHeldAdmin": "an administrator holds it",
    "JobArrayTaskLimit": "enough tasks of its array run",
    "ReqNodeNotAvail": "nodes that it asks for are down or reserved",
    "PartitionTimeLimit": "its --time is longer than the partition allows: it will not start",
    "PartitionNodeLimit": "it asks for more nodes than the partition allows: it will not start",
    "PartitionDown": "the partition is down",
    "PartitionInactive": "the partition is inactive",
    "Licenses": "a licence that it asks for is taken",
    "Reservation": "its reservation has not begun",
}


def describe(job: SlurmJob) -> str:
    """What a job does."""
    again = f" (restart {job.restarts})" if job.restarts not in ("", "0") else ""
    if job.is_queued:
        return f"job {job.number} waits{again}: {why_it_waits(job)}"
    if job.is_running:
        doing = "is ending" if job.state == "COMPLETING" else f"runs on {job.nodes}"
        return f"job {job.number} {doing}{again}"
    return f"job {job.number} has ended: {job.state}{again}"


def why_it_waits(job: SlurmJob) -> str:
    """Why a job waits, with Slurm's own word for it."""
    if job.reason.startswith(("QOS", "Assoc")):
        return f"a limit of the {'QOS' if job.reason.startswith('QOS') else 'account'} ({job.reason})"
    if job.state == "CONFIGURING":
        return "its nodes are being started"
    words = _REASONS.get(job.reason.split(",")[0], "")
    return f"{words} ({job.reason})" if words else job.reason or "Slurm has not looked at it yet"


def job_facts(job: SlurmJob) -> list[tuple[str, str]]:
    """What is known of a job, with a name for each; a fact may be empty."""
    return [
        ("job", f"{job.number} ({job.state})"),
        ("waits", why_it_waits(job) if job.is_queued else ""),
        ("starts", f"{job.start.replace('T', ' ')}, as Slurm expects" if job.is_queued and job.start else ""),
        ("nodes", f"{job.node_count}: {job.nodes}" if job.nodes else job.node_count),
        ("time", f"{job.elapsed} of {job.limit or 'no limit'}" if job.elapsed and not job.is_queued else ""),
        ("restarts", job.restarts if job.restarts != "0" else ""),
    ]
