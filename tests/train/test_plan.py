"""Plans of training: how the ranks share a model, and what a run needs of a machine."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from r1cli.commands import COMMANDS
from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.train.plan import plan_training, world_size
from tests.command_line import flags_of

CPU = Place(cores=4)
EIGHT = Place(cores=64, gpus=tuple("01234567"))


def config_of(*words: str, command: str = "sft") -> Config:
    words = ("--model", "some/model", "--dataset", "some/data", *words)
    return resolve(schema_of(COMMANDS[command]), Request(flags=flags_of(*words)))


def plan(place: Place, *words: str, command: str = "sft", **about: Any) -> Job:
    config = config_of(*words, command=command)
    object.__setattr__(config, "about", about)
    object.__setattr__(config, "preset", "for-gpus" if about else None)
    return plan_training(config, place)


def accelerate_of(job: Job) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(job.files["launch/accelerate.yaml"])
    return config


def test_zero3_on_eight_gpus() -> None:
    job = plan(EIGHT, "--launch.accelerate", "zero3")
    rendered = accelerate_of(job)
    assert rendered["distributed_type"] == "DEEPSPEED"
    assert rendered["deepspeed_config"]["zero_stage"] == 3
    known = {
        "mixed_precision": "bf16", "num_machines": 1, "machine_rank": 0, "num_processes": 8,
        "use_cpu": False, "main_process_port": 0,
    }  # fmt: skip
    assert rendered.items() >= known.items()
    assert job.requires == ("train", "deepspeed")


@pytest.mark.parametrize(("processes", "stage"), [("1", 2), ("2", 3)])
def test_zero_without_gpus_is_accelerates_too(processes: str, stage: int) -> None:
    """torchrun would leave the DeepSpeed config unread."""
    job = plan(CPU, "--launch.accelerate", f"zero{stage}", "--launch.num_processes", processes)
    (role,) = job.roles
    assert role.argv[1:3] == ("launch", "--config_file")
    # With it, accelerate would forget DeepSpeed.
    assert "ACCELERATE_USE_CPU" not in role.env
    rendered = accelerate_of(job)
    assert rendered["deepspeed_config"]["zero_stage"] == stage
    assert (rendered["use_cpu"], rendered["num_processes"]) == (True, int(processes))


@pytest.mark.parametrize("name", ["ddp", "cpu"])
def test_data_parallelism_without_gpus_is_as_without_a_word(name: str) -> None:
    words = ("--launch.num_processes", "2", "--output-dir", "run")
    assert plan(CPU, *words, "--launch.accelerate", name).roles == plan(CPU, *words).roles


def test_ddp_of_one_gpu_is_one_process() -> None:
    job = plan(Place(cores=4, gpus=("0",)), "--launch.accelerate", "ddp")
    assert accelerate_of(job)["distributed_type"] == "NO"


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    mine = {
        "distributed_type": "DEEPSPEED", "num_processes": 64, "mixed_precision": "fp16", "gpu_ids": "5",
        "deepspeed_config": {"zero_stage": 1}, "debug": True,
    }  # fmt: skip
    file.write_text(yaml.safe_dump(mine))
    words = ("--launch.accelerate", str(file))
    rendered = accelerate_of(plan(EIGHT, *words))
    assert (rendered["num_processes"], rendered["mixed_precision"]) == (8, "bf16")
    assert (rendered["deepspeed_config"], rendered["debug"]) == ({"zero_stage": 1}, True)
    assert "gpu_ids" not in rendered
    # accelerate refuses the precision in two files.
    mine["deepspeed_config"] = {"deepspeed_config_file": "ds.json"}
    file.write_text(yaml.safe_dump(mine))
    assert "mixed_precision" not in accelerate_of(plan(EIGHT, *words))
    for text in ("- no mapping", "{", ""):
        file.write_text(text)
        with pytest.raises(R1Error, match=r"mine\.yaml"):
            plan(EIGHT, *words)


def test_what_does_not_fit_the_place_is_refused() -> None:
    with pytest.raises(R1Error, match="falls back to plain data parallel"):
        plan(CPU, "--launch.accelerate", "fsdp")
    with pytest.raises(R1Error, match="trains on the CPU, but the run has 8 GPUs"):
        plan(EIGHT, "--launch.accelerate", "cpu")


def test_a_preset_for_gpus_is_planned_anywhere_and_says_so() -> None:
    hardware = {"gpus": 8, "memory_gb": 80}
    fsdp = ("--launch.accelerate", "fsdp")
    assert plan(CPU, *fsdp, hardware=hardware).needs.gpus_for == "for-gpus"
    assert plan(CPU, "--launch.gpus", "0", hardware=hardware).needs.gpus_for == ""
    with pytest.raises(R1Error, match="falls back"):
        plan(CPU, *fsdp, "--launch.gpus", "0", hardware=hardware)
    needs = plan(EIGHT, *fsdp, hardware=hardware).needs
    assert (needs.gpus_for, needs.gpu_memory_gb) == ("", 80)


@pytest.mark.parametrize(
    ("words", "packages"),
    [
        ("", ()),
        ("--attn_implementation flash_attention_2", ("flash-attn",)),
        ("--attn_implementation kernels-community/flash-attn2", ("kernels",)),
        ("--use_liger_kernel true --load_in_4bit true", ("liger-kernel", "bitsandbytes")),
        ("--optim adamw_8bit --load_in_8bit true", ("bitsandbytes",)),
        ("--optim paged_adamw_32bit", ("bitsandbytes",)),
        ("--optim adamw_torch_4bit", ("torchao",)),
        ("--report_to comet_ml,wandb", ("comet-ml", "wandb")),
        ("--report_to none", ()),
        # What may be a slip is not proposed to be installed.
        ("--report_to wandbb", ()),
    ],
)
def test_packages(words: str, packages: tuple[str, ...]) -> None:
    needs = plan(EIGHT, *words.split()).needs
    assert needs.packages == packages
    assert needs.flash_attention == ("flash" in words)


def test_weights_and_biases_hears_of_its_project() -> None:
    words = ("--tracking.wandb_project", "maths", "--tracking.wandb_run_group", "first")
    variables = {"WANDB_PROJECT": "maths", "WANDB_RUN_GROUP": "first"}
    for place in (CPU, EIGHT):
        env = plan(place, *words).roles[0].env
        assert {name: value for name, value in env.items() if name.startswith("WANDB")} == variables


def test_world_size() -> None:
    assert world_size(config_of(), Place(cores=4, gpus=("0", "1"), nodes=3)) == 6
    assert world_size(config_of("--launch.num_processes", "2"), CPU) == 2
