"""What programs see of this machine: the toolchains, read-only, and nothing that belongs to anybody."""

import os
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from r1cli.execution.languages import python_executable

#: Where packages of Python lie in a sandbox.
PACKAGES = "/packages"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")
#: Made for the sandbox: a program that asks who it is finds nobody.
_MADE = {
    "/etc/passwd": "nobody:x:65534:65534:nobody:/tmp:/bin/sh\n",
    "/etc/group": "nogroup:x:65534:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "TMPDIR": "/tmp",
    "USER": "nobody",
    "PYTHONDONTWRITEBYTECODE": "1",
    # The same program must get the same verdict each time.
    "PYTHONHASHSEED": "0",
    # One program, one core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class View:
    """The files that a sandbox consists of.

    Args:
        binds: where files and folders of this machine appear.
        links: symbolic links, and what they point to.
        hidden: folders in the above that appear empty.
        made: small files, and what they contain.
        environment: of every program.
    """

    binds: Mapping[str, str]
    links: Mapping[str, str]
    hidden: Sequence[str]
    made: Mapping[str, str]
    environment: Mapping[str, str]


def view(packages: Sequence[str]) -> View:
    """What programs see, with these packages of Python where they are installed."""
    places = [Path(place) for place in (*_SYSTEM, *_SETTINGS, *map(str, Path("/etc").glob("java*")))]
    links = {str(place): str(place.readlink()) for place in places if place.is_symlink()}
    binds = {str(place): str(place) for place in places if place.exists() and not place.is_symlink()}
    binds |= {place: place for place in (*_python(), *_rust()) if not _covered(place, binds)}
    binds |= {f"{PACKAGES}/{name}": str(path) for one in packages for name, path in _files_of(one)}
    path = ["/usr/local/bin", "/usr/bin", "/bin", *(f"{place}/bin" for place in _rust())]
    environment = {**_ENVIRONMENT, "PATH": ":".join(path), "PYTHONPATH": PACKAGES}
    return View(binds, links, _site_packages(), _MADE, environment)


def _covered(place: str, binds: Mapping[str, str]) -> bool:
    return any(PurePosixPath(place).is_relative_to(other) for other in binds)


def _python() -> list[str]:
    """The interpreter and its standard library."""
    executable = python_executable()
    return [executable, str(Path(executable).parents[1] / "lib")]


def _site_packages() -> list[str]:
    """Folders of installed packages: r1 itself may lie there."""
    prefixes = {Path(python_executable()).parents[1], Path("/usr"), Path("/usr/local")}
    found = {path for prefix in prefixes for path in prefix.glob("lib/python3*/*-packages")}
    return sorted(str(path) for path in found if path.is_dir() and not path.is_symlink())


@cache
def _rust() -> tuple[str, ...]:
    """The folder of Rust's toolchain where rustup has installed it: what is in PATH only finds it."""
    try:
        asked = subprocess.run(
            ("rustc", "--print", "sysroot"), capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    folder = asked.stdout.strip()
    return (folder,) if folder and not folder.startswith("/usr") else ()


def _files_of(package: str) -> Iterator[tuple[str, Path]]:
    """The folders and modules of an installed package."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return
    names = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "bin", "__pycache__")}
    for name in sorted(names):
        path = Path(os.path.realpath(str(found.locate_file(name))))
        if path.exists():
            yield name, path


def real_packages() -> str:
    """For programs that run without a sandbox: where this interpreter's packages lie."""
    return sysconfig.get_path("purelib")
