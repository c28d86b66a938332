"""Jobs and plans: pure, serialisable, and the same for every launcher."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from r1cli.commands import COMMANDS, load
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from r1cli.errors import R1Error
from r1cli.launch.place import Place, local_place
from r1cli.runs.job import Job, Needs
from r1cli.system import cores
from tests.command_line import flags_of

#: The default presets ask for DeepSpeed; by default the ranks are data parallel.
PLAIN = ("--launch.accelerate", "null")


def plan(command: str, place: Place, *words: str) -> Job:
    entry = COMMANDS[command]
    request = Request(entry.default_preset, flags=flags_of(*words))
    return load(entry.plan)(resolve(schema_of(entry), request), place)


def accelerate_of(job: Job) -> dict[str, object]:
    config: dict[str, object] = yaml.safe_load(job.files["launch/accelerate.yaml"])
    return config


def test_a_job_survives_json() -> None:
    job = plan("grpo", Place(cores=8, gpus=("0", "1")), "--output-dir", "a b/it's")
    assert Job.from_json(job.to_json()) == job


def test_what_a_job_needs_survives_json() -> None:
    needs = Needs(gpus_for="p", gpu_memory_gb=80, precision="bf16", packages=("wandb",), disk_bytes=3)
    job = Job("grpo", "/runs/1", (), {}, needs=needs)
    assert Job.from_json(job.to_json()) == job


def test_planning_writes_nothing(tmp_path: Path) -> None:
    plan("sft", Place(cores=8), "--output-dir", str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_one_gpu() -> None:
    job = plan("grpo", Place(cores=8, gpus=("0",)), *PLAIN)
    (role,) = job.roles
    assert role.world_size == 1
    assert role.argv[:3] == (sys.executable, "-m", "r1cli.train.grpo")
    assert role.env == {"ACCELERATE_MIXED_PRECISION": "bf16"}
    assert "launch/accelerate.yaml" not in job.files
    assert job.requires == ("train", "vllm")


def test_several_gpus() -> None:
    job = plan("sft", Place(cores=16, gpus=("2", "3", "5"), chosen=True), *PLAIN)
    (role,) = job.roles
    assert role.world_size == 3
    assert accelerate_of(job)["distributed_type"] == "MULTI_GPU"
    assert accelerate_of(job)["num_processes"] == 3
    assert role.env == {"CUDA_VISIBLE_DEVICES": "2,3,5"}
    assert job.requires == ("train",)


@pytest.mark.parametrize(
    ("words", "precision"),
    [
        (("--bf16", "null"), "bf16"),
        (("--bf16", "false"), "no"),
        (("--bf16", "false", "--fp16", "true"), "fp16"),
    ],
)
def test_mixed_precision_is_the_trainers(words: tuple[str, ...], precision: str) -> None:
    job = plan("sft", Place(cores=4), "--model", "some/model", "--dataset", "some/data", *words)
    assert accelerate_of(job)["mixed_precision"] == precision


def test_the_cpu() -> None:
    job = plan("sft", Place(cores=4))
    (role,) = job.roles
    assert accelerate_of(job)["use_cpu"] is True
    assert role.env["OMP_NUM_THREADS"] == "4"
    assert "MALLOC_TOP_PAD_" in role.env
    assert role.argv[1] == "launch"
    assert role.argv[-3:-1] == ("-m", "r1cli.train.sft")


def test_one_process_that_shares_nothing_needs_no_launcher() -> None:
    (role,) = plan("sft", Place(cores=4), *PLAIN).roles
    assert role.argv[:3] == (sys.executable, "-m", "r1cli.train.sft")
    assert role.env["ACCELERATE_USE_CPU"] == "true"
    for words in (("--deepspeed", "zero.json"), ("--fsdp", "true"), ("--launch.accelerate", "ddp")):
        (role,) = plan("sft", Place(cores=4), *PLAIN, *words).roles
        assert role.argv[1] == "launch"


def test_several_processes_on_the_cpu_are_torchruns() -> None:
    job = plan("sft", Place(cores=4), "--launch.num_processes", "2", *PLAIN)
    (role,) = job.roles
    assert role.world_size == 2
    assert role.argv[:3] == (sys.executable, "-m", "torch.distributed.run")
    assert role.env["OMP_NUM_THREADS"] == "2"
    assert role.env["ACCELERATE_USE_CPU"] == "true"


@pytest.mark.parametrize("processes", ["0", "-2", "4"])
def test_processes_that_do_not_fit_the_gpus_are_refused(processes: str) -> None:
    with pytest.raises(R1Error, match=r"num_processes|processes on 2 GPUs"):
        plan("sft", Place(cores=4, gpus=("0", "1")), "--launch.num_processes", processes)


def test_the_command_line_can_be_pasted() -> None:
    job = plan("sft", Place(cores=4), "--output-dir", "a b/it's")
    (role,) = job.roles
    words = shlex.split(role.command_line())
    assert tuple(words[len(role.env) :]) == role.argv
    assert words[-1] == str(Path("a b/it's").absolute())


@pytest.mark.parametrize(
    ("visible", "asked", "gpus"),
    [
        ("4,5", None, ("4", "5")),
        ("4,5", 1, ("4",)),
        ("4,5", 2, ("4", "5")),
        ("4,5", 3, ("0", "1", "2")),
        ("4,5", [5], ("5",)),
        ("4,5", [0, 3], ("0", "3")),
        ("4,5", 0, ()),
        ("GPU-1a2b,MIG-3c", None, ("GPU-1a2b", "MIG-3c")),
        ("GPU-1a2b,MIG-3c", ["MIG-3c"], ("MIG-3c",)),
        ("", None, ()),
        ("-1", None, ()),
        ("0,-1,2", None, ("0",)),
    ],
)
def test_gpus(monkeypatch: pytest.MonkeyPatch, visible: str, asked: Any, gpus: tuple[str, ...]) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert local_place(asked).gpus == gpus


@pytest.mark.parametrize(
    ("asked", "used"), [("1", 1), ("1000", cores()), ("0", cores()), ("", cores()), ("many", cores())]
)
def test_a_user_may_limit_the_threads(asked: str, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert local_place(None).cores == used


@pytest.mark.parametrize("asked", [-1, ["a"], [-1], [1.5], [0, 0], []])
def test_a_wrong_number_of_gpus_is_refused(asked: Any) -> None:
    with pytest.raises(R1Error, match="neither a number of GPUs nor a list of ids"):
        local_place(asked)


def test_run_yaml_has_the_config_and_where_it_came_from() -> None:
    job = plan("grpo", Place(cores=1), "--learning_rate", "1e-5")
    run = job.record
    assert run["command"] == "grpo"
    assert run["config"]["training"]["learning_rate"] == 1e-5
    assert run["origins"]["training.learning_rate"] == "flag --learning_rate"
    assert run["origins"]["training.seed"].startswith("preset qwen1.5b-math:")
    assert json.dumps(run)
