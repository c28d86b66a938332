"""Plans of ``r1 sft`` and ``r1 grpo``: from a config to a Job. Nothing is written or started here."""

from pathlib import Path

from r1cli.config.record import render_run
from r1cli.config.resolve import Config
from r1cli.errors import R1Error
from r1cli.launch.accelerate import CONFIG_FILE, accelerate_config, mixed_precision, training_role
from r1cli.launch.job import Job
from r1cli.launch.place import Place


def plan_training(config: Config, place: Place) -> Job:
    """The job that trains one model in one role.

    Raises:
        R1Error: the number of processes does not fit the place.
    """
    run_dir = Path(config.get("training.output_dir")).absolute()
    processes = _processes(config, place)
    precision = mixed_precision(config.get("training.bf16"), bool(config.get("training.fp16")))
    role = training_role(f"r1cli.train.{config.command}", run_dir, place, processes)
    reports = config.get("tracking.report_to") or []
    files = {"run.yaml": render_run(config)}
    if CONFIG_FILE in " ".join(role.argv):
        files[CONFIG_FILE] = accelerate_config(place, processes, precision)
    uses_vllm = config.command == "grpo" and config.get("vllm.use_vllm")
    return Job(
        command=config.command,
        run_dir=str(run_dir),
        roles=(role,),
        files=files,
        requires=("train", "vllm") if uses_vllm else ("train",),
        secrets=("HF_TOKEN", "WANDB_API_KEY") if "wandb" in reports else ("HF_TOKEN",),
    )


def _processes(config: Config, place: Place) -> int:
    """Ranks on each node: one for each GPU, or as many as asked for without any."""
    asked = config.get("launch.num_processes")
    if asked is None:
        return max(1, len(place.gpus))
    where = config.origins["launch.num_processes"]
    if asked < 1:
        raise R1Error(f"launch.num_processes: expected at least 1, found {asked}", where=where)
    if place.gpus and asked != len(place.gpus):
        raise R1Error(
            f"{asked} processes on {len(place.gpus)} GPUs: each GPU has one",
            where=where,
            mend=f"leave it out, or take as many GPUs with --gpus {asked}",
        )
    return int(asked)
