"""Runs without network access: each of their programs is configured for it."""

import shlex
from pathlib import Path

import pytest

from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.prepare.offline import VARIABLES
from r1cli.prepare.request import prepare
from r1cli.prepare.target import SLURM
from r1cli.runs.job import Job
from tests.command_line import flags_of

RUN = "--dataset reasoning_gym:chain_sum?size=8 --reward accuracy --nodes 2 --vllm-nodes 1"


def planned(line: str, folder: Path, probe: bool = False) -> Job:
    (folder / "config.json").write_text("{}")
    words = [*shlex.split(f"{RUN} {line}"), "--model", str(folder), "--slurm.environment", "/opt/r1"]
    return prepare("probe" if probe else "grpo", Request(flags=flags_of(*words)), SLURM).job


@pytest.mark.parametrize("flag", ["--offline", "--launch.offline true", "--slurm.offline true"])
def test_every_role_is_told(flag: str, tmp_path: Path) -> None:
    roles = planned(flag, tmp_path).roles
    assert [role.name for role in roles] == ["train", "vllm"]
    for role in (*roles, *planned(flag, tmp_path, probe=True).roles):
        assert role.env.items() >= VARIABLES.items()


def test_what_is_not_here_is_named_with_what_forbids_to_download_it(tmp_path: Path) -> None:
    with pytest.raises(R1Error) as caught:
        planned("--offline --dataset no/such", tmp_path)
    assert "the dataset 'no/such' is not on this machine, and the run is offline" in caught.value.what
    assert "offline by" in caught.value.where
    assert "r1 prefetch dataset:no/such" in caught.value.fix
    assert "set --launch.offline false" in caught.value.fix


def test_the_site_and_the_user_have_the_last_word(tmp_path: Path) -> None:
    for role in planned("--offline --slurm.env.WANDB_MODE online", tmp_path).roles:
        assert "WANDB_MODE" not in role.env
        assert role.env["HF_HUB_OFFLINE"] == "1"
    for role in planned("", tmp_path).roles:
        assert not VARIABLES.keys() - {"VLLM_NO_USAGE_STATS"} & role.env.keys()
