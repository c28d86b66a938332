"""``make gpu-wheels``: collects what a GPU machine without internet needs beside its Python and its torch.

It runs where r1 and its training packages are installed, and takes the same versions as wheels for x86-64
Linux. What is large and compiled is left out: the machine must have it, and `machine.txt` names it.
`requirements.txt` says what to install there.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: Bytes in all: so much can be carried to most places.
LIMIT = 60_000_000
#: Compiled and large, or made for one driver; sympy comes with torch.
ON_THE_MACHINE = ("numpy", "pandas", "pyarrow", "sympy", "torch")
#: Beside r1 with all that trains: what runs the tests, and what builds r1 there.
TOOLS = ("pytest", "pytest-timeout", "hatchling")
#: Not installed here: the installer itself, and the one package for GPUs that is small and pure Python.
NEWEST = ("pip", "liger-kernel")
#: r1 only asks whether it is installed, and what it needs itself is large.
ALONE = ("reasoning-gym",)
#: pip takes each by its exact name: up to the C library of Debian 10 and Ubuntu 20.04.
PLATFORMS = ("2014", *(f"_2_{minor}" for minor in (12, 17, 24, 27, 28)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pythons", nargs="+", help="the versions that the machine's Python may have, as 3.12")
    given = parser.parse_args()
    folder: Path = given.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted = [need for need in needs("r1cli", ("train",)) if need.name not in ALONE]
    roots = [*wanted, *map(Requirement, (*ALONE, *TOOLS))]
    pins = [f"{name}=={distribution(name).version}" for name in sorted(closure(roots))]
    for python in given.pythons:
        download([*pins, *NEWEST], python, folder)
    lines = [*map(written, wanted), *TOOLS]
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))
    (folder / "machine.txt").write_text("".join(f"{name}\n" for name in ON_THE_MACHINE))
    return report(folder)


def closure(roots: Iterable[Requirement]) -> set[str]:
    """Some distributions, and all that they need in turn, without what is on the machine."""
    found, todo = set(), list(roots)
    while todo:
        need = todo.pop()
        name, extras = canonicalize_name(need.name), tuple(sorted(need.extras))
        if (name, extras) not in found and name not in ON_THE_MACHINE:
            found.add((name, extras))
            todo += () if name in ALONE else needs(name, extras)
    return {name for name, _ in found}


def needs(name: str, extras: tuple[str, ...]) -> Iterator[Requirement]:
    """What a distribution needs with some of its extras."""
    for line in distribution(name).requires or ():
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield need


def written(need: Requirement) -> str:
    """A requirement that holds anywhere."""
    extras = f"[{','.join(sorted(need.extras))}]" if need.extras else ""
    return f"{need.name}{extras}{need.specifier}"


def download(requirements: list[str], python: str, folder: Path) -> None:
    platforms = [word for name in PLATFORMS for word in ("--platform", f"manylinux{name}_x86_64")]
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--python-version", python, *platforms)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--dest", str(folder))
    subprocess.run([*pip, *options, *requirements], check=True)


def report(folder: Path) -> int:
    """Says what was collected; 1 when it is too much to carry."""
    sizes = sorted(wheel.stat().st_size for wheel in folder.glob("*.whl"))
    words = f"{len(sizes)} wheels, {sum(sizes) / 1e6:.1f} MB, in {folder}; the GPU machine needs"
    sys.stdout.write(f"{words} {', '.join(ON_THE_MACHINE)} of its own\n")
    if sum(sizes) < LIMIT:
        return 0
    sys.stderr.write(f"that is more than {LIMIT / 1e6:.0f} MB: name fewer versions of Python\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
