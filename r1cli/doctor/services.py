"""What training may use: engines, the sandbox, services with keys, the cluster, the Hub."""

import asyncio
import netrc
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

from r1cli.config.groups.code import Code
from r1cli.data.hub import endpoint, hub_silence, offline_variable
from r1cli.doctor.finding import MISSING, OK, WARNING, Finding
from r1cli.doctor.software import PIP, install_extra
from r1cli.engines.locate import ENGINES, find_engine
from r1cli.environment import hub_cache
from r1cli.errors import R1Error
from r1cli.execution.local import LocalExecutor
from r1cli.system import installed_version
from r1cli.train.needs import TRACKERS

#: The subject of those with keys.
SERVICES = "services"
#: Services that run code or judge answers: the variable with the key, and the package.
_SERVICES = {
    "E2B": ("E2B_API_KEY", "e2b-code-interpreter"),
    "Morph": ("MORPH_API_KEY", "morphcloud"),
    "Piston": ("PISTON_ENDPOINTS", ""),
    "judge": ("OPENAI_API_KEY", ""),
}
#: The variables with the keys of trackers; the others need no key.
_TRACKER_KEYS = {
    "clearml": "CLEARML_API_ACCESS_KEY",
    "comet_ml": "COMET_API_KEY",
    "neptune": "NEPTUNE_API_TOKEN",
    "swanlab": "SWANLAB_API_KEY",
    "wandb": "WANDB_API_KEY",
}
_WANDB_HOST = "api.wandb.ai"


def engines() -> Iterator[Finding]:
    """Which interpreter runs each engine."""
    for name in ENGINES:
        try:
            python = find_engine(name)
        except R1Error as error:
            yield Finding("engines", name, MISSING, error.what, f"r1 engine install {name}")
            continue
        if shutil.which(python) is None:
            fix = f"unset R1_{name.upper()}_PYTHON, or name another interpreter in it"
            yield Finding("engines", name, MISSING, f"{python} cannot be run", fix)
        else:
            yield Finding("engines", name, OK, python)


def sandbox() -> Iterator[Finding]:
    """Whether programs can be isolated here, and what limits their memory."""
    if shutil.which("bwrap") is None:
        fix = "apt-get install bubblewrap, or your distribution's equivalent"
        yield Finding("sandbox", "bubblewrap", MISSING, "not installed", fix)
        return
    executor = None
    try:
        executor = LocalExecutor(Code())
        facts = executor.facts()
    except R1Error as error:
        yield Finding("sandbox", "bubblewrap", WARNING, error.what, error.fix)
        return
    finally:
        if executor is not None:
            asyncio.run(executor.close())
    grouped = facts["memory limit"].startswith("cgroup")
    yield Finding("sandbox", "bubblewrap", OK, facts["isolation"])
    fix = (
        "" if grouped else "run where a control group with memory and pids can be made, as in a delegated one"
    )
    yield Finding("sandbox", "memory limit", OK if grouped else WARNING, facts["memory limit"], fix)


def services() -> Iterator[Finding]:
    """Whether the keys of services are set; their values are never shown."""
    for name, (variable, package) in _SERVICES.items():
        has_package = not package or installed_version(package) is not None
        parts = [f"{variable} is {'set' if os.environ.get(variable) else 'not set'}"]
        parts += [] if has_package else [f"{package} is not installed"]
        if not has_package and name in ("E2B", "Morph"):
            fix = install_extra("code")
        elif not has_package:
            fix = f"{PIP} {package}"
        else:
            fix = "" if os.environ.get(variable) else f"export {variable}=..."
        yield Finding(SERVICES, name, MISSING if fix else OK, ", ".join(parts), fix)


def slurm() -> Iterator[Finding]:
    """Whether Slurm's programs are installed, and the cluster answers."""
    absent = [name for name in ("sbatch", "squeue", "scontrol", "sinfo") if shutil.which(name) is None]
    if absent:
        fix = "run this on a login node of the cluster; `r1 slurm submit --dry-run` works anywhere"
        found = "not on this machine" if len(absent) == 4 else f"without {', '.join(absent)}"
        yield Finding("slurm", "slurm", MISSING, found, fix)
        return
    reply = subprocess.run(
        ("sinfo", "--noheader", "--format=%D"),
        capture_output=True,
        encoding="utf-8",
        errors="replace",  # in the language of the site
        timeout=8,
        check=False,
    )
    if reply.returncode:
        words = reply.stderr.strip().partition("\n")[0]
        fix = "run `scontrol ping` to see whether its controller is up"
        yield Finding("slurm", "slurm", WARNING, f"does not answer: {words}", fix)
    else:
        nodes = sum(map(int, re.findall(r"^ *([0-9]{1,9}) *$", reply.stdout, re.MULTILINE)))
        yield Finding("slurm", "slurm", OK, f"answers; {nodes or 'an unknown number of'} nodes")


def hub() -> Iterator[Finding]:
    """Whether the Hub answers, whether there is a token, and what its cache contains."""
    forbids = offline_variable()
    if forbids:
        yield Finding("hub", "access", OK, f"offline, because {forbids} is set")
    elif silent := hub_silence():
        fix = "set HF_ENDPOINT to a mirror, or where there is internet: r1 prefetch WHAT --to FOLDER"
        yield Finding("hub", "access", WARNING, f"{endpoint()} does not answer: {silent}", fix)
    else:
        yield Finding("hub", "access", OK, f"{endpoint()} answers")
    cache = hub_cache("HF_HUB_CACHE", "hub")
    logged_in = os.environ.get("HF_TOKEN") or hub_cache("HF_TOKEN_PATH", "token").is_file()
    if logged_in:
        yield Finding("hub", "token", OK, "found")
    else:
        found = "none; gated and private models need one"
        yield Finding("hub", "token", MISSING, found, "hf auth login")
    # Named owner___name; a name without an owner is a local file.
    prepared = hub_cache("HF_DATASETS_CACHE", "datasets").glob("*___*/*/*/*/dataset_info.json")
    datasets = {file.parents[3].name for file in prepared}
    found = f"{cache}: {len(list(cache.glob('models--*')))} models; {len(datasets)} prepared datasets"
    yield Finding("hub", "cache", OK, found)


def trackers() -> Iterator[Finding]:
    """The trackers that are installed, and whether they can log in."""
    installed = {name: package for name, package in TRACKERS.items() if installed_version(package)}
    if not installed:
        found = "none installed; every run writes metrics.jsonl"
        yield Finding("trackers", "trackers", MISSING, found, f"{PIP} trackio")
    for name in installed:
        variable = _TRACKER_KEYS.get(name)
        if variable is None:
            yield Finding("trackers", name, OK, "installed, needs no key")
        elif os.environ.get(variable) or (name == "wandb" and _in_netrc(_WANDB_HOST)):
            yield Finding("trackers", name, OK, "installed, and a key is set")
        else:
            fix = "wandb login" if name == "wandb" else f"export {variable}=..."
            yield Finding("trackers", name, WARNING, f"installed, but {variable} is not set", fix)


def _in_netrc(host: str) -> bool:
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
