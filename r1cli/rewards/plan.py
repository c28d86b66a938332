"""The plan of ``r1 reward probe``: one worker that samples from the start model and scores the samples."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.record import render_run
from r1cli.launch.accelerate import single_role
from r1cli.launch.place import Place
from r1cli.prepare.offline import kept_offline
from r1cli.runs.job import Job

NUM_PROMPTS = 8
#: The worker's settings, and the leaves of `r1 grpo` that they are taken from, TRL's defaults included.
_SETTINGS = {
    "probe.num_generations": "training.num_generations",
    "probe.temperature": "training.temperature",
    "probe.top_p": "training.top_p",
    "probe.top_k": "training.top_k",
    "probe.min_p": "training.min_p",
    "probe.repetition_penalty": "training.repetition_penalty",
    "probe.max_new_tokens": "training.max_completion_length",
    "probe.seed": "training.seed",
}


def plan_probe(config: Config, place: Place) -> Job:
    """The job that looks at the first completions of a GRPO config, in one process.

    Its run directory lies beside the one that the config names, and is a new one each time.
    """
    beside = Path(config.get(OUTPUT_DIR)).absolute()
    # A default has the time in its name already.
    time = "" if config.origins[OUTPUT_DIR] == "default" else f"-{datetime.now():%Y%m%d-%H%M%S}"
    run_dir = beside.with_name(f"{beside.name}-probe{time}")
    settings = {name: config.get(leaf) for name, leaf in _SETTINGS.items()}
    values = {**config.values, "probe.num_prompts": NUM_PROMPTS, **settings}
    record = render_run(replace(config, command="probe", values=values))
    role = single_role("probe", "r1cli.rewards.probe", run_dir, place)
    return kept_offline(Job("probe", str(run_dir), (role,), {"run.yaml": record}), config)
