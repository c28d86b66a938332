"""What the local launcher refuses, and what it warns of, before it starts anything."""

import dataclasses
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from r1cli.errors import R1Error
from r1cli.launch import machine
from r1cli.launch.machine import check_machine, machine_warnings
from r1cli.runs.job import Job, Needs, Role

A100 = "0, GPU-aaaa-1, NVIDIA A100, 580.65.06, 81920, 8.0"
T4 = "1, GPU-bbbb-2, Tesla T4, 580.65.06, 15360, 7.5"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("grpo", str(tmp_path / "run"), (Role("train", ("true",)),), {}, requires=())


@pytest.fixture
def show_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an A100 and a T4."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{A100}'\necho '{T4}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,GPU-bbbb")


def needing(job: Job, *gpus: str, requires: tuple[str, ...] = (), **needs: object) -> Job:
    roles = (Role("train", ("true",), gpus=gpus),)
    return dataclasses.replace(job, roles=roles, requires=requires, needs=Needs(**needs))  # type: ignore[arg-type]


def problems(job: Job) -> list[R1Error]:
    with pytest.raises(R1Error) as caught:
        check_machine(job)
    return caught.value.all()


def test_everything_is_told_at_once(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setitem(machine.EXTRAS, "train", ("no-such-engine",))
    monkeypatch.setitem(machine.EXTRAS, "vllm", ("no-such-server",))
    needy = needing(
        job, "0", "7", requires=("train", "vllm"), packages=("no-such-tracker", "pytest"), disk_bytes=10**18
    )
    gpus, extras, packages, disk = problems(needy)
    assert extras.what.startswith("no-such-engine, no-such-server are not installed")
    assert "pip install 'r1cli[train,vllm]'" in extras.fix
    assert packages.what.startswith("no-such-tracker is not installed, and `r1 grpo` needs it")
    assert packages.fix == "pip install no-such-tracker"
    assert gpus.what == "GPU 7 is asked for, and this machine shows only 0"
    assert gpus.fix.startswith("ask for GPUs that are there")
    assert "1000000000.0 GB" in disk.what
    assert not Path(job.run_dir).exists()


def test_a_cluster_deals_gpus_out(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "6,7")
    check_machine(needing(job, "0", "1"), any_gpus=True)
    with pytest.raises(R1Error, match="GPU 2 is asked for"):
        check_machine(needing(job, "0", "1", "2"), any_gpus=True)


def test_a_package_that_does_as_well_is_enough(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.STAND_INS, "no-such-package", ("pytest",))
    check_machine(needing(job, packages=("no-such-package",)))


def test_so_it_is_for_what_an_extra_wants(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.EXTRAS, "train", ("no-such-package",))
    monkeypatch.setitem(machine.STAND_INS, "no-such-package", ("pytest",))
    check_machine(needing(job, requires=("train",)))


def test_a_program_that_is_not_there(job: Job) -> None:
    engine = dataclasses.replace(job, roles=(*job.roles, Role("vllm", ("/no/such/python", "-m", "vllm"))))
    (problem,) = problems(engine)
    assert problem.what.startswith("/no/such/python is not there")
    assert problem.where == "role vllm"


def test_a_preset_for_gpus_on_a_machine_without(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said once, with one fix: without a GPU nobody should build FlashAttention."""
    monkeypatch.setattr(machine, "_provided", lambda name: False)
    needs: dict[str, Any] = {"packages": ("flash-attn",), "flash_attention": True, "gpus_for": "for-gpus"}
    needy = needing(job, requires=("vllm", "deepspeed"), **needs)
    (problem,) = problems(needy)
    assert problem.what == (
        "preset 'for-gpus' is made for GPUs, and this machine shows none; "
        "it also lacks vllm, deepspeed, flash-attn"
    )
    assert "--preset tiny-grpo" in problem.fix
    assert problem.fix.endswith("--gpus 0 --accelerate cpu --attn_implementation sdpa --use_vllm false")
    # A dry run plans it for the GPUs that the preset names.
    (planned,) = problems(needing(job, "0", requires=("vllm", "deepspeed"), **needs))
    assert (planned.what, planned.fix) == (problem.what, problem.fix)
    # What a CPU needs as well is another reason.
    _, tracker = problems(needing(job, **{**needs, "packages": ("flash-attn", "wandb")}))
    assert tracker.what.startswith("wandb is not installed")


def test_gpus_where_there_are_none(job: Job) -> None:
    (training,) = problems(needing(job, "0", "1", flash_attention=True))
    assert training.fix.endswith("the CPU with --gpus 0 --attn_implementation sdpa")
    (sharded, _) = problems(needing(job, "0", requires=("deepspeed",)))
    assert sharded.fix.endswith("the CPU with --gpus 0 --accelerate cpu")
    (sampling,) = problems(dataclasses.replace(needing(job, "0"), command="evaluate"))
    assert sampling.fix == "use a machine with GPUs, or --gpus 0"


def test_what_needs_a_gpu_is_refused_on_a_cpu(job: Job) -> None:
    needy = needing(
        job, requires=("vllm",), flash_attention=True, tf32=True, packages=("flash-attn", "liger-kernel")
    )
    fixes = [problem.fix for problem in problems(needy)]
    assert fixes == [
        "--attn_implementation sdpa", "--use_liger_kernel false", "--use_vllm false", "--tf32 null",
    ]  # fmt: skip


def test_a_server_of_the_jobs_own_may_be_asked_on_a_cpu(job: Job) -> None:
    needy = needing(job, requires=("vllm",))
    check_machine(dataclasses.replace(needy, roles=(*needy.roles, Role("vllm", ("true",), service=True))))


@pytest.mark.usefixtures("show_gpus")
@pytest.mark.parametrize("gpu", ["1", "GPU-bbbb"])
def test_what_an_old_gpu_cannot_do(job: Job, gpu: str) -> None:
    old = needing(job, "0", gpu, precision="bf16", tf32=True, flash_attention=True)
    assert [problem.what for problem in problems(old)] == [
        f"{what} needs compute capability 8.0, and GPU 1 has 7.5"
        for what in ("bfloat16", "TF32", "FlashAttention")
    ]
    check_machine(needing(job, gpu, precision="fp16"))
    check_machine(needing(job, "0", precision="bf16", tf32=True, flash_attention=True))


@pytest.mark.usefixtures("show_gpus")
def test_less_memory_than_the_preset_is_made_for_is_a_warning(job: Job) -> None:
    assert machine_warnings(needing(job, "0", gpu_memory_gb=80)) == []
    (warning,) = machine_warnings(needing(job, "0", "1", gpu_memory_gb=80))
    assert warning == "GPU 1 has 16.1 GB, and the preset is made for GPUs with 80 GB"


def test_fp16_without_a_gpu_is_a_warning(job: Job) -> None:
    assert len(machine_warnings(needing(job, precision="fp16"))) == 1
    check_machine(needing(job, precision="fp16"))


@pytest.mark.parametrize(("flags", "slow"), [("fpu avx512f", True), ("fpu avx512_bf16", False)])
def test_bf16_on_a_cpu_without_it_is_a_warning(
    job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, slow: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    monkeypatch.setattr(machine, "_CPU", tmp_path / "cpuinfo")
    warned = machine_warnings(needing(job, precision="bf16"))
    assert any("--bf16 false" in one for one in warned) == slow
    assert machine_warnings(needing(job, "0", precision="bf16")) == []


@pytest.mark.parametrize(
    "script", ["exit 9", "echo 'No devices were found'", "echo '0, GPU-1, GRID, 580.65.06, [N/A], [N/A]'"]
)
def test_without_gpu_facts_nothing_is_said_of_them(
    job: Job, show_gpus: None, tmp_path: Path, script: str
) -> None:
    (tmp_path / "bin" / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
    needy = needing(job, "0", precision="bf16", gpu_memory_gb=80)
    check_machine(needy)
    assert machine_warnings(needy) == []


def test_the_disk(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    usage = namedtuple("usage", "total used free")

    def disk_usage(path: Path) -> usage:
        asked.append(path)
        return usage(0, 0, 20_000_000_000)

    monkeypatch.setattr(machine.shutil, "disk_usage", disk_usage)
    check_machine(needing(job, disk_bytes=20_000_000_000))
    (problem,) = problems(needing(job, disk_bytes=20_000_000_050))
    assert "20.0 GB" in problem.what and "--save_total_limit 1" in problem.fix
    assert asked[-1] == Path(job.run_dir).parent
    # What an interrupted run has written already need not be written again.
    checkpoint = Path(job.run_dir) / "checkpoint-10" / "model.safetensors"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"x" * 50)
    check_machine(needing(job, disk_bytes=20_000_000_050))
