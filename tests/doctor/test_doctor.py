"""What `r1 doctor` says of this machine, of one without training packages, and of others' GPUs."""

import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from r1cli.doctor import services
from r1cli.doctor.examine import Probe, can_train, examine
from r1cli.doctor.finding import Finding
from r1cli.doctor.hardware import gpu_findings
from r1cli.doctor.software import torch, torch_findings
from r1cli.system import Gpu
from tests.conftest import REPOSITORY, RunR1
from tests.execution.sandboxes import need_bubblewrap

Findings = dict[str, dict[str, Any]]


def read(text: str) -> Findings:
    return {finding["name"]: finding for finding in json.loads(text)["findings"]}


@pytest.mark.e2e
def test_this_machine_trains_and_no_key_is_shown(r1: RunR1, tmp_path: Path) -> None:
    keys = {"E2B_API_KEY": "e2b_geheim", "HF_TOKEN": "hf_geheim", "OPENAI_API_KEY": "sk-geheim"}
    asks = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "", "HF_HOME": str(tmp_path)}
    done = r1("doctor", "--json", env={**os.environ, **keys, **asks})
    assert done.returncode == 0, done.stdout
    found = read(done.stdout)
    assert "computes on" in found["torch"]["found"]
    assert found["trl"]["state"] == "ok"
    assert "rewards (r1cli" in found["loaded"]["found"]
    assert "E2B_API_KEY is set" in found["E2B"]["found"]
    assert (found["judge"]["state"], found["token"]["state"]) == ("ok", "ok")
    assert found["access"]["state"] == "warning"
    assert "r1 prefetch" in found["access"]["fix"]
    assert "geheim" not in done.stdout + done.stderr
    for finding in found.values():
        assert finding["state"] == "ok" or finding["fix"], finding


def test_what_training_lacks_is_named_with_the_command(tmp_path: Path) -> None:
    """Everything of this environment but torch and TRL; and another version of accelerate."""
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.lower().startswith(("torch", "trl", "accelerate")):
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "accelerate-1.0.0.dist-info").mkdir()
    (tmp_path / "accelerate-1.0.0.dist-info" / "METADATA").write_text("Name: accelerate\nVersion: 1.0.0\n")
    paths = map(str, (tmp_path, REPOSITORY, REPOSITORY / "plugins"))
    done = subprocess.run(
        [sys.executable, "-S", "-m", "r1cli", "doctor", "--json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1
    found = read(done.stdout)
    for name in ("torch", "trl"):
        assert (found[name]["found"], found[name]["needed"]) == ("not installed", True)
        assert found[name]["fix"].endswith(f"-e '{REPOSITORY}[train]'")
    assert found["accelerate"]["found"].startswith("1.0.0; tested with ")
    assert found["accelerate"]["state"] == "warning"
    assert "training needs torch, trl" in done.stderr


@pytest.mark.e2e
def test_the_sandbox_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    need_bubblewrap()
    found = {finding.name: finding for finding in services.sandbox()}
    assert found["bubblewrap"].state == "ok"
    assert found["memory limit"].found.startswith(("cgroup v", "RLIMIT_AS"))
    monkeypatch.setenv("PATH", "/nowhere")
    (missing,) = services.sandbox()
    assert missing.state == "missing"


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("16\\n4\\n", "answers; 20 nodes"),
        ("\\351tat inconnu\\n\\nN/A\\n2-4\\n 3 \\n", "answers; 3 nodes"),
        ("", "answers; an unknown number of nodes"),
    ],
)
def test_any_output_of_sinfo_is_counted(
    printed: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("sbatch", "squeue", "scontrol", "sinfo"):
        (tmp_path / program).write_text(f"#!/bin/sh\nprintf '{printed}'\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = services.slurm()
    assert (finding.state, finding.found) == ("ok", found)


def test_a_probe_that_hangs_or_fails_is_alone_in_it() -> None:
    def hangs() -> Iterator[Finding]:
        time.sleep(30)
        yield Finding("a", "never", "ok", "")

    def fails() -> Iterator[Finding]:
        yield Finding("b", "half", "ok", "")
        raise RuntimeError("out of order")

    def program() -> Iterator[Finding]:
        subprocess.run(["sleep", "30"], timeout=0.2, check=False)
        yield Finding("c", "never", "ok", "")

    def works() -> Iterator[Finding]:
        yield Finding("d", "works", "ok", "well")

    found = examine([Probe("a", hangs, 0.5), Probe("b", fails), Probe("c", program), Probe("d", works)])
    assert [(one.about, one.name, one.state) for one in found] == [
        ("a", "hangs", "warning"), ("b", "half", "ok"), ("b", "fails", "warning"),
        ("c", "program", "warning"), ("d", "works", "ok"),
    ]  # fmt: skip
    assert found[0].found == "no answer within 0.5 s"
    assert "out of order" in found[2].found
    assert found[3].found == "no answer within 0.2 s"
    assert can_train(found)


# A machine of eight; and a partition of one GPU, which says no memory.
EIGHT = [Gpu(str(n), f"GPU-{n}", "NVIDIA H100 80GB HBM3", "580.65.06", 81559 << 20, 9.0) for n in range(8)]
SLICE = [Gpu("0", "GPU-0", "NVIDIA H200 MIG 1g.18gb", "580.65.06", None, 9.0)]


@pytest.mark.parametrize(
    ("gpus", "visible", "state", "words"),
    [
        (EIGHT, 8, "ok", "8 x NVIDIA H100 80GB HBM3, 86 GB, 9.0"),
        (EIGHT, 2, "warning", "2 of 8 are visible"),
        (SLICE, 1, "ok", "1 x NVIDIA H200 MIG 1g.18gb, 9.0"),
        ([], 0, "ok", "none"),
    ],
)
def test_what_nvidia_smi_says(gpus: list[Gpu], visible: int, state: str, words: str) -> None:
    found = {one.name: one for one in gpu_findings(gpus, visible)}
    assert (found["GPUs"].state, words in found["GPUs"].found) == (state, True)
    assert ("driver" in found) == bool(gpus)


def test_gpus_that_torch_does_not_see_keep_from_training() -> None:
    blind = {"built_for": None, "gpus": [], "bf16": False, "nccl": None, "mps": False, "threads": 4}
    assert can_train(torch_findings(blind, ()))
    assert not can_train(torch_findings(blind, ("0", "1")))
    sees = {**blind, "built_for": "13.0", "gpus": ["NVIDIA H100"] * 2, "bf16": True, "nccl": "2.28.9"}
    found = {one.name: one for one in torch_findings(sees, ("0", "1"))}
    assert found["torch"].found == "built for CUDA 13.0; 2 GPUs (NVIDIA H100), bfloat16"
    assert found["NCCL"].found == "2.28.9"


def test_a_file_here_does_not_stand_in_for_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "re.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    assert "cannot be imported" not in " ".join(finding.found for finding in torch())
