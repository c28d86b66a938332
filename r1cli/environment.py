"""Every environment variable that r1 reads, apart from the config keys ``R1_<GROUP>__<KEY>``."""

import os
from pathlib import Path

VARIABLES = {
    "R1_HOME": "folder for r1's downloads (default: ~/.cache/r1)",
    "R1_DEBUG": "1 shows the traceback of errors",
    "R1_DISABLE_PLUGINS": "comma-separated names of plugins, or of their packages, not to load",
    "R1_VERIFY_WORKERS": "number of processes that verify math answers (default: one per core, at most 8)",
    "R1_VERIFY_SECONDS": "CPU seconds that it may take to verify a math answer (default: 2)",
    "R1_SUPERVISOR_PID": "set by r1 for its workers: they end when this process ends",
    "R1_VLLM_SERVER": "set by r1 for a GRPO run: the address of the vLLM server that it has started",
    "R1_VLLM_WEIGHTS_PORT": "set by r1 for a GRPO run: the port for the weights that go to that server",
    "R1_ENDPOINT": "set by r1 for a run that samples: the address of its server, up to /v1",
    "R1_ENDPOINT_ENGINE": "set by r1 for an evaluation: what serves there, vllm or transformers",
    "R1_ENDPOINT_MODEL": "set by r1 for an evaluation: the model's name on that server",
    "R1_ENDPOINT_KEY": "set by r1 for an evaluation: the key that the server asks for",
    "R1_CODE_TOKEN": "the token of `r1 code serve`, for the router and its clients",
    "R1_RUN_TAG": "set by r1 for its workers: what marks the run's sandboxes at a code provider",
    "R1_CODE_ROUTER": "set by r1 for a run with code.router: the address of its router",
    "R1_SHARE": "set by r1 for a task of an array: its share of the problems, such as 2/8, from 0",
    "R1_NETWORK_INTERFACE": "set by r1 in a Slurm job: the network interface between the nodes",
    "R1_SLURM_NODE": "set by r1 in a Slurm job: the supervisor is a node of the job that r1 submitted",
    "R1_VLLM_PYTHON": "the Python interpreter that runs the vLLM server (default: r1's own)",
    "R1_LIGHTEVAL_PYTHON": "the Python interpreter that runs lighteval (default: r1's own)",
    "R1_TEST_SEED": "for r1's own tests: draws which of their long cases run",
    "R1_TEST_REQUIRE": "for r1's own tests: services whose absence fails a test instead of skipping it",
}


def set_by_r1() -> list[str]:
    """The variables that r1 has set, each for one run: a run that is started inside it has its own."""
    return [name for name in os.environ if VARIABLES.get(name, "").startswith("set by r1 ")]


def home() -> Path:
    """The folder for downloads and caches."""
    return Path(os.environ.get("R1_HOME") or Path.home() / ".cache" / "r1")


def hub_cache(variable: str, folder: str, home: str | None = None) -> Path:
    """A cache of the Hub's own libraries: in ``home``, or where their variable says."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    own = Path(os.environ.get("HF_HOME") or caches / "huggingface")
    place = Path(home) / folder if home else Path(os.environ.get(variable) or own / folder)
    return place.expanduser()


def debug() -> bool:
    return os.environ.get("R1_DEBUG", "") not in ("", "0")


def disabled_plugins() -> set[str]:
    return {name.strip() for name in os.environ.get("R1_DISABLE_PLUGINS", "").split(",") if name.strip()}


def unknown_variables() -> list[str]:
    """``R1_`` variables that are neither listed here nor config keys: probably misspelt."""
    known = {*VARIABLES, *set_by_r1()}
    ours = (name for name in os.environ if name.startswith("R1_"))
    return sorted(name for name in ours if "__" not in name and name not in known)
