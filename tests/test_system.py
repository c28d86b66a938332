"""What is asked of the machine: GPUs, and the versions of installed packages."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from r1cli.system import Gpu, cores, installed_version, installed_versions, nvidia_smi, visible_gpus

H100 = "0, GPU-1f2e, NVIDIA H100 80GB HBM3, 580.65.06, 81559, 9.0"
SLICE = "1, GPU-3d4c, NVIDIA H200 MIG 1g.18gb, 580.65.06, [N/A], [N/A]"


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that takes nvidia-smi's place."""
    program = tmp_path / "nvidia-smi"
    program.touch(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return program


def test_gpus_as_nvidia_smi_describes_them(smi: Path) -> None:
    smi.write_text(f"#!/bin/sh\necho '{H100}'\necho '{SLICE}'\n")
    assert nvidia_smi() == [
        Gpu("0", "GPU-1f2e", "NVIDIA H100 80GB HBM3", "580.65.06", 81559 << 20, 9.0),
        Gpu("1", "GPU-3d4c", "NVIDIA H200 MIG 1g.18gb", "580.65.06", None, None),
    ]
    smi.write_text("#!/bin/sh\ntrue\n")
    assert nvidia_smi() == []


def test_what_keeps_nvidia_smi_from_answering(smi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi.write_text("#!/bin/sh\necho 'No devices were found'\n")
    with pytest.raises(ValueError):
        nvidia_smi()
    smi.write_text("#!/bin/sh\necho 'Driver mismatch'\nexit 9\n")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        nvidia_smi()
    assert caught.value.stdout == "Driver mismatch\n"
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OSError):
        nvidia_smi()


@pytest.mark.parametrize(
    ("variable", "ids"),
    [("", ()), ("-1", ()), ("0, 2", ("0", "2")), ("1,-1,2", ("1",)), ("GPU-1f2e,,3", ("GPU-1f2e",))],
)
def test_the_variable_says_which_gpus_are_visible(
    variable: str, ids: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)
    assert visible_gpus() == ids


def test_versions_of_what_is_installed() -> None:
    assert installed_version("pytest") == version("pytest")
    assert installed_version("no-such-package") is None
    assert installed_versions(("no-such-package", "pytest")) == {"pytest": version("pytest")}
    assert cores() >= 1
