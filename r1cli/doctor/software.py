"""Python, r1's packages and their versions, torch and the devices it sees, plugins."""

import json
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from r1cli.doctor.finding import MISSING, OK, WARNING, Finding
from r1cli.files import resource_dir
from r1cli.launch.machine import EXTRAS as PACKAGES
from r1cli.launch.machine import STAND_INS
from r1cli.plugins.registry import load_plugins, plain_name
from r1cli.system import installed_versions, visible_gpus
from r1cli.version import __version__

#: Seconds that importing torch may take.
PATIENCE = 60.0
#: Installs packages into the environment that r1 runs in.
PIP = (
    f"{'python' if shutil.which('python') == sys.executable else shlex.quote(sys.executable)} -m pip install"
)
_CONSTRAINTS = "constraints.txt"
# What training loads in addition to the packages that show whether its extra is installed.
_MORE = ("peft", "huggingface_hub")
#: The subject of what r1 can do without.
EXTRAS = "extras"
# Looked at otherwise, or for r1's own developers.
_NOT_EXTRAS = {"train", "vllm", "dev", "all"}
_ASK_TORCH = """
import json, torch
cuda = torch.cuda.is_available()
print(json.dumps({
    "built_for": torch.version.cuda or torch.version.hip,
    "gpus": [torch.cuda.get_device_name(one) for one in range(torch.cuda.device_count())] if cuda else [],
    "bf16": cuda and torch.cuda.is_bf16_supported(),
    "nccl": ".".join(map(str, torch.cuda.nccl.version())) if cuda else None,
    "mps": torch.backends.mps.is_available(),
    "threads": torch.get_num_threads(),
}))
"""


def python() -> Iterator[Finding]:
    yield Finding("python", "python", OK, f"{platform.python_version()}, {sys.executable}")
    yield Finding("python", "r1", OK, f"{__version__}, {resource_dir('presets').parent}")


def packages() -> Iterator[Finding]:
    """The installed versions, compared with those that r1 is tested with."""
    tested = tested_versions()
    for name in (*PACKAGES["train"], *_MORE):
        yield _package(name, tested, "train", needed=True)
    for extra, names in optional_packages().items():
        yield _extra(extra, names, tested)


def optional_packages() -> dict[str, tuple[str, ...]]:
    """The packages of each extra that r1 can do without, as its own metadata has them."""
    found: dict[str, list[str]] = {}
    with suppress(PackageNotFoundError):
        for requirement in requires("r1cli") or ():
            name, extra = re.match(r"[\w.-]+", requirement), re.search(r"extra == ['\"]([\w-]+)", requirement)
            if name and extra and extra[1] not in _NOT_EXTRAS:
                found.setdefault(extra[1], []).append(name[0])
    return {extra: PACKAGES.get(extra, tuple(names)) for extra, names in found.items()}


def _extra(extra: str, names: Sequence[str], tested: dict[str, str]) -> Finding:
    missing = [name for name in names if _version(name) is None]
    if missing:
        words = "not installed" + ("" if missing == [extra] else f": {', '.join(missing)}")
        return Finding(EXTRAS, extra, MISSING, words, install_extra(extra))
    found = [_package(name, tested, extra, needed=False) for name in names]
    other = next((one for one in found if one.state != OK), None)
    return replace(other, about=EXTRAS) if other else Finding(EXTRAS, extra, OK, "installed")


def _package(name: str, tested: dict[str, str], extra: str, needed: bool) -> Finding:
    installed = _version(name)
    if installed is None:
        return Finding("packages", name, MISSING, "not installed", install_extra(extra), needed)
    known = tested.get(plain_name(name))
    # A build for one kind of machine has a suffix: 2.13.0+cpu.
    if known is None or installed.partition("+")[0] == known:
        return Finding("packages", name, OK, installed, needed=needed)
    fix = f"{PIP} '{name}=={known}'"
    return Finding("packages", name, WARNING, f"{installed}; tested with {known}", fix, needed)


def tested_versions() -> dict[str, str]:
    """The versions that r1 is tested with, by normalised package name."""
    lines = resource_dir(_CONSTRAINTS).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line and not line.startswith("#"))
    return {plain_name(name): known.strip() for name, _, known in pairs}


def install_extra(extra: str) -> str:
    """The command that installs an extra of r1, from the checkout if there is one."""
    root, constraints = resource_dir("presets").parent, shlex.quote(str(resource_dir(_CONSTRAINTS)))
    if (root / "pyproject.toml").exists():
        return f"{PIP} -c {constraints} -e {shlex.quote(f'{root}[{extra}]')}"
    return f"{PIP} -c {constraints} 'r1cli[{extra}]'"


def torch() -> Iterator[Finding]:
    """What torch sees of the machine, found out in a separate process."""
    if _version("torch") is None:
        return
    command = [sys.executable, "-P", "-c", _ASK_TORCH]
    reply = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if reply.returncode:
        words = (reply.stderr.strip().splitlines() or ["it ended without a message"])[-1]
        fix = f"{PIP} --force-reinstall torch"
        yield Finding("hardware", "torch", MISSING, f"cannot be imported: {words}", fix, needed=True)
        return
    yield from torch_findings(json.loads(reply.stdout.splitlines()[-1]), visible_gpus())


def torch_findings(seen: dict[str, Any], gpus: tuple[str, ...]) -> Iterator[Finding]:
    """Findings from what torch sees, on a machine with these GPUs."""
    built = f"built for CUDA {seen['built_for']}" if seen["built_for"] else "built for the CPU"
    if seen["gpus"]:
        names = ", ".join(sorted(set(seen["gpus"])))
        precision = "bfloat16" if seen["bf16"] else "no bfloat16: --bf16 false --fp16 true"
        found = f"{built}; {len(seen['gpus'])} GPUs ({names}), {precision}"
        yield Finding("hardware", "torch", OK, found, needed=True)
        yield Finding("hardware", "NCCL", OK, str(seen["nccl"]))
        return
    if gpus:
        # A plan would use all GPUs, and torch can use none of them.
        found = f"{built}, and sees none of the {len(gpus)} GPUs"
        fix = "install torch for the driver's CUDA, see pytorch.org/get-started; or train with --gpus 0"
        yield Finding("hardware", "torch", MISSING, found, fix, needed=True)
        return
    where = "MPS" if seen["mps"] else f"the CPU with {seen['threads']} threads"
    yield Finding("hardware", "torch", OK, f"{built}; computes on {where}", needed=True)


def plugins() -> Iterator[Finding]:
    """The plugins, and the error of each that could not be loaded."""
    found = load_plugins()
    for plugin in found:
        if plugin.error:
            fix = f"fix it, or export R1_DISABLE_PLUGINS={plugin.name}"
            yield Finding("plugins", plugin.name, WARNING, f"{plugin.title}: {plugin.error}", fix)
    whole: dict[str, list[str]] = {}
    for plugin in found:
        if not plugin.error and not plugin.disabled:
            whole.setdefault(f"{plugin.distribution} {plugin.version}", []).append(plugin.name)
    names = [f"{', '.join(named)} ({package})" for package, named in whole.items()]
    yield Finding("plugins", "loaded", OK, "; ".join(names) or "none")


def _version(name: str) -> str | None:
    """The installed version of a package, or of an equivalent one."""
    return next(iter(installed_versions((name, *STAND_INS.get(name, ()))).values()), None)
