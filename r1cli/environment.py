"""Every environment variable that r1 reads, apart from the config keys ``R1_<GROUP>__<KEY>``."""

import os
from pathlib import Path

VARIABLES = {
    "R1_HOME": "where r1 keeps what it downloads (default: ~/.cache/r1)",
    "R1_DEBUG": "1 shows the traceback of an error that has a panel",
    "R1_DISABLE_PLUGINS": "names of plugins not to load, separated by commas",
    "R1_VERIFY_WORKERS": "how many processes verify mathematical answers (default: one per core, at most 8)",
    "R1_SUPERVISOR_PID": "set by r1 for its workers: they end when this process does",
    "R1_NODE_RANK": "set by r1 for a role: the number of the node among the role's own",
    "R1_TRAIN_ADDRESS": "set by r1 for a role: the address of the first node that trains",
    "R1_CHECK_ADDRESS": "set by r1 for a role: the address of the first node that `r1 slurm check` looks at",
    "R1_VLLM_ADDRESS": "set by r1 for a role: the address of the node that serves completions",
    "R1_SERVE_ADDRESS": "set by r1 for a role: the address of the node that serves a model",
    "R1_TRAIN_PORT": "set by r1 for a role: the port where the ranks of the training meet",
    "R1_VLLM_PORT": "set by r1 for a role: the port of the server of completions",
    "R1_VLLM_GROUP_PORT": "set by r1 for a role: the port over which the server gets the weights",
    "R1_ENDPOINT": "set by r1 for an evaluation: the address of the server that it has started, up to /v1",
    "R1_ENDPOINT_ENGINE": "set by r1 for an evaluation: what serves there, vllm or transformers",
    "R1_ENDPOINT_MODEL": "set by r1 for an evaluation: how that server calls its model",
    "R1_SHARE": "set by r1 for a task of an array: which share of the problems it has, as 2/8 from 0",
    "R1_NETWORK_INTERFACE": "set by r1 in a Slurm job: the network interface that the nodes talk over",
    "R1_VLLM_PYTHON": "the Python interpreter that runs the vLLM server (default: r1's own)",
    "R1_LIGHTEVAL_PYTHON": "the Python interpreter that runs lighteval (default: r1's own)",
    "R1_TEST_SEED": "for r1's own tests: draws which of their long cases run",
    "R1_TEST_REQUIRE": "for r1's own tests: services whose absence fails a test instead of skipping it",
}


def home() -> Path:
    """The folder for downloads and caches."""
    return Path(os.environ.get("R1_HOME") or Path.home() / ".cache" / "r1")


def hub_cache(variable: str, folder: str, home: str | None = None) -> Path:
    """A cache of the Hub's own libraries: in a home of theirs, or where their variable says it is here."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    own = Path(os.environ.get("HF_HOME") or caches / "huggingface")
    place = Path(home) / folder if home else Path(os.environ.get(variable) or own / folder)
    return place.expanduser()


def debug() -> bool:
    return os.environ.get("R1_DEBUG", "") not in ("", "0")


def disabled_plugins() -> set[str]:
    return {name.strip() for name in os.environ.get("R1_DISABLE_PLUGINS", "").split(",") if name.strip()}


def unknown_variables() -> list[str]:
    """``R1_`` variables that are neither listed here nor config keys: most likely misspelt."""
    ours = (name for name in os.environ if name.startswith("R1_"))
    return sorted(name for name in ours if "__" not in name and name not in VARIABLES)
