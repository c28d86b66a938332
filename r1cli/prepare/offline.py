"""Jobs without network access."""

from dataclasses import replace

from r1cli.config.config import OFFLINE, Config
from r1cli.runs.job import Job

#: What keeps the libraries from calling out.
VARIABLES = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "WANDB_MODE": "offline",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}


def kept_offline(job: Job, config: Config) -> Job:
    """The job, with roles that do not call out where the config says so; a role's own variables stay.

    So do those of the site: what `slurm.env` sets is not set here.
    """
    if not config.has(OFFLINE) or not config.get(OFFLINE):
        return job
    site = config.get("slurm.env")
    variables = {name: value for name, value in VARIABLES.items() if name not in site}
    return replace(job, roles=tuple(replace(role, env={**variables, **role.env}) for role in job.roles))
