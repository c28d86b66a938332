"""The plan of an evaluation: one worker that samples completions and scores them."""

import sys
from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.record import render_run
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.job import Job, Role
from r1cli.launch.place import Place


def plan_evaluation(config: Config, place: Place) -> Job:
    """The job that measures one model on one dataset, in one process."""
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    argv = (sys.executable, "-m", "r1cli.evaluate.sample", str(run_dir))
    # One process takes one GPU, and the first that it sees.
    env = {"CUDA_VISIBLE_DEVICES": place.gpus[0]} if place.gpus else cpu_environment(place.cores)
    role = Role("evaluate", argv, env, gpus=place.gpus[:1])
    return Job(config.command, str(run_dir), (role,), {"run.yaml": render_run(config)})
