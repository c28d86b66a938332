"""Plans of ``r1 sft`` and ``r1 grpo``: turns a config into a Job. Writes and starts nothing."""

import dataclasses
from pathlib import Path
from typing import Any

import yaml

from r1cli.config.config import Config
from r1cli.config.groups.launch import TrainingLaunch
from r1cli.config.presets import find_accelerate
from r1cli.config.record import record_of
from r1cli.errors import R1Error
from r1cli.launch.accelerate import (
    CONFIG_FILE,
    DEEPSPEED,
    accelerate_config,
    mixed_precision,
    training_role,
)
from r1cli.launch.place import Place
from r1cli.runs.job import Job, Role, address_of, port_of
from r1cli.services.code_router import with_code_router
from r1cli.services.vllm import ADDRESS, server_python, server_role
from r1cli.train.needs import lacks_gpus, training_needs
from r1cli.train.schema import Tracking

ACCELERATE = "launch.accelerate"


def plan_training(config: Config, place: Place) -> Job:
    """The job that trains one model in one role.

    Raises:
        R1Error: the number of processes, or the way they share the model, does not fit the place.
    """
    run_dir = Path(config.get("training.output_dir")).absolute()
    processes = ranks(config, place)
    precision = mixed_precision(config.get("training.bf16"), bool(config.get("training.fp16")))
    base = _accelerate_base(config, place)
    shares = base or config.get("training.deepspeed") or config.get("training.fsdp")
    sharing = base.get("distributed_type", "NO") if shares else None
    role = training_role(f"r1cli.train.{config.command}", run_dir, place, processes, precision, sharing)
    files = {}
    if CONFIG_FILE in " ".join(role.argv):
        files[CONFIG_FILE] = accelerate_config(base, place, processes, precision)
    role = dataclasses.replace(role, env={**role.env, **_variables(config.section(Tracking))})
    roles, needs = [role], training_needs(config, place, precision)
    if place.vllm_nodes:
        python, missing = server_python(config, place)
        roles = [_client_of_vllm(role), server_role(config, place, python)]
        needs = dataclasses.replace(needs, missing=missing)
    uses_vllm = config.command == "grpo" and config.get("vllm.use_vllm")
    deepspeed = sharing == DEEPSPEED or bool(config.get("training.deepspeed"))
    extras = {"train": True, "vllm": uses_vllm, "deepspeed": deepspeed}
    job = Job(
        command=config.command,
        run_dir=str(run_dir),
        roles=tuple(roles),
        record=record_of(config),
        files=files,
        requires=tuple(name for name, used in extras.items() if used),
        needs=needs,
    )
    return with_code_router(job, config, place)


def _variables(tracking: Tracking) -> dict[str, str]:
    """Settings that Weights & Biases reads only from the environment."""
    settings = {
        "WANDB_PROJECT": tracking.wandb_project,
        "WANDB_ENTITY": tracking.wandb_entity,
        "WANDB_RUN_GROUP": tracking.wandb_run_group,
    }
    return {name: value for name, value in settings.items() if value}


def _client_of_vllm(role: Role) -> Role:
    """The training role, with what it must know of the job's vLLM server."""
    env = {
        # vLLM determines the address for the weights, and may choose another one than TRL.
        "VLLM_HOST_IP": address_of(role.name),
        "R1_VLLM_SERVER": ADDRESS,
        "R1_VLLM_WEIGHTS_PORT": port_of(role.name, "weights"),
    }
    return dataclasses.replace(role, env={**role.env, **env}, ports=(*role.ports, "weights"))


def world_size(config: Config, place: Place) -> int:
    """Ranks on all nodes that train together: what TRL calls num_processes.

    Raises:
        R1Error: the number of processes does not fit the place.
    """
    return place.train_nodes * ranks(config, place)


def ranks(config: Config, place: Place) -> int:
    """Ranks on each node: one for each GPU, or the configured number without GPUs.

    Raises:
        R1Error: the number of processes does not fit the place.
    """
    count = config.section(TrainingLaunch).num_processes
    if count is None:
        return max(1, len(place.gpus))
    where = config.origins["launch.num_processes"]
    if count < 1:
        raise R1Error(f"launch.num_processes: expected at least 1, found {count}", where=where)
    if place.gpus and count != len(place.gpus):
        raise R1Error(
            f"{count} processes on {len(place.gpus)} GPUs: each GPU needs exactly one",
            where=where,
            fix=f"remove it, or use that number of GPUs with --gpus {count}",
        )
    return count


def _accelerate_base(config: Config, place: Place) -> dict[str, Any]:
    """The configured accelerate config; empty if none is configured.

    Raises:
        R1Error: it does not exist, or does not fit the place.
    """
    name = config.section(TrainingLaunch).accelerate
    if name is None:
        return {}
    where = config.origins[ACCELERATE]
    base = _read_accelerate(find_accelerate(name, where), where)
    # A preset for GPUs can be planned anywhere: the launcher rejects it, and says why.
    if base.get("distributed_type") == "FSDP" and not place.gpus and not lacks_gpus(config, place):
        raise R1Error(
            f"'{name}' shards the model with FSDP, but on a CPU accelerate falls back to plain data parallel",
            where=where,
            fix="use --launch.accelerate zero3, which also shards on a CPU, or remove it",
        )
    if place.gpus and (base.get("use_cpu") or name == "cpu"):
        raise R1Error(
            f"'{name}' trains on the CPU, but the run has {len(place.gpus)} GPUs",
            where=where,
            fix="use no GPUs with --gpus 0, or remove it",
        )
    return base


def _read_accelerate(path: Path, where: str) -> dict[str, Any]:
    try:
        base = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise R1Error(f"{path} cannot be read: {error}", where=where) from None
    if not isinstance(base, dict) or not {"distributed_type", "compute_environment"} & set(base):
        raise R1Error(
            f"{path} is not an accelerate config", where=where, fix="`accelerate config` writes one"
        )
    return base
