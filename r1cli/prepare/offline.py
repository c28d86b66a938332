"""Jobs without network access."""

from dataclasses import replace

from r1cli.config.config import Config
from r1cli.config.groups.launch import Launch
from r1cli.config.groups.slurm import Slurm
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
    launch, slurm = config.find(Launch), config.find(Slurm)
    if launch is None or not launch.offline:
        return job
    site = slurm.env if slurm else {}
    variables = {name: value for name, value in VARIABLES.items() if name not in site}
    return replace(job, roles=tuple(replace(role, env={**variables, **role.env}) for role in job.roles))
