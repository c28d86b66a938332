"""The plan of an evaluation: one worker that samples completions and scores them."""

from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.record import render_run
from r1cli.launch.accelerate import single_role
from r1cli.launch.job import Job
from r1cli.launch.place import Place


def plan_evaluation(config: Config, place: Place) -> Job:
    """The job that measures one model on one dataset, in one process."""
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    role = single_role("evaluate", "r1cli.evaluate.worker", run_dir, place)
    return Job(config.command, str(run_dir), (role,), {"run.yaml": render_run(config)})
