"""What the GPU tests share: start models and rows, runs of r1, and the figures that are shown at the end."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from r1cli.quickstart.base_model import make_tiny
from r1cli.quickstart.recipe import write_problems
from tests.conftest import R1, require
from tests.gpu.runs import LARGE, ON_CPU, OPTIONAL, SMALL, Run

HERE = Path(__file__).parent
#: Seconds for one training; a machine that has just started reads everything from a cold disk.
PATIENCE = 1000 if ON_CPU else 240

#: Read before any test clears it away: where the figures are written, as JSON.
_FIGURES_FILE = os.environ.get("R1_TEST_GPU_OUT")
_FIGURES = pytest.StashKey[dict[str, Any]]()
_PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "datasets", "triton", *OPTIONAL)


@dataclass(frozen=True)
class Trained:
    """A run that has ended well: its folder, its log, and the seconds from the command to its end."""

    folder: Path
    metrics: list[dict[str, Any]]
    seconds: float

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The log without its last line, which sums up."""
        return [entry for entry in self.metrics if "train_runtime" not in entry]

    def figures(self) -> dict[str, float]:
        """Of the steps after the first quarter, where kernels are chosen and memory is found."""
        warm = self.steps[max(1, len(self.steps) // 4) - 1 :]
        clocks = [entry["gpu_log/clock"] for entry in warm]
        tokens = warm[-1]["num_tokens"] - warm[0]["num_tokens"]
        return {
            "step_s": statistics.median(b - a for a, b in pairwise(clocks)),
            "tokens_per_s": tokens / (clocks[-1] - clocks[0]),
            "peak_gb": warm[-1]["gpu_log/peak_gb"],
            "whole_run_s": self.seconds,
        }


def _environment() -> dict[str, str]:
    """With the plugin of these tests, and nothing from the internet."""
    path = os.pathsep.join(filter(None, (str(HERE / "plugin"), os.environ.get("PYTHONPATH"))))
    own = {name: value for name, value in os.environ.items() if not name.startswith("R1_")}
    return {**own, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}


@dataclass
class Trainings:
    """Makes runs, each in its own folder, and keeps their figures by name."""

    folder: Path
    figures: dict[str, Any]
    count: int = 0
    environment: Mapping[str, str] = field(default_factory=_environment)

    def model(self, large: bool) -> Path:
        """An untrained start model, made when it is asked for first."""
        path = self.folder / ("large" if large else "small")
        if not path.exists():
            make_model(path, LARGE if large and not ON_CPU else SMALL)
        return path

    def rows(self, command: str) -> Path:
        folder = self.folder / "data"
        if not folder.exists():
            write_problems("tiny", 0, folder)
        return folder / f"{command}.jsonl"

    def words(self, run: Run, model: Path, output_dir: Path) -> list[str]:
        """The whole command line."""
        return [str(R1), *run.words(model, self.rows(run.command), output_dir)]

    def r1(self, run: Run, model: Path, name: str = "", output_dir: Path | None = None) -> Trained:
        """Trains with the installed ``r1``; with a name, its figures are kept under it."""
        folder = output_dir or self.new_folder()
        trained = self._finish(self.words(run, model, folder), folder, name)
        trained_on = {(entry["gpu_log/device"], entry["gpu_log/precision"]) for entry in trained.steps}
        assert trained_on == {("cpu", "no") if ON_CPU else ("cuda", "bf16")}
        return trained

    def plain_trl(self, run: Run, model: Path, name: str) -> Trained:
        """Trains with TRL alone, from the same settings."""
        folder = self.new_folder()
        folder.mkdir()
        settings = folder / "settings.json"
        settings.write_text(json.dumps({**run.settings, "use_cpu": ON_CPU}))
        script = (str(HERE / "plain_trl.py"), run.command, str(settings), str(model))
        return self._finish([sys.executable, *script, str(self.rows(run.command)), str(folder)], folder, name)

    def new_folder(self) -> Path:
        self.count += 1
        return self.folder / f"run-{self.count}"

    def _finish(self, words: list[str], folder: Path, name: str) -> Trained:
        started = time.monotonic()
        ended = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        seconds = time.monotonic() - started
        assert ended.returncode == 0, ended.stderr[-4000:]
        trained = Trained(folder, read_metrics(folder), seconds)
        if name:
            self.figures[name] = trained.figures()
        return trained


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def make_model(path: Path, sizes: Mapping[str, int]) -> None:
    """Saves an untrained model: the quickstart's, or one of its kind in other sizes."""
    from transformers import Qwen3Config, Qwen3ForCausalLM, set_seed

    make_tiny(path, seed=0)
    if sizes:
        # The kinds of its layers are as many as its layers.
        small = {**Qwen3Config.from_pretrained(path).to_dict(), "layer_types": None}
        set_seed(0)
        Qwen3ForCausalLM(Qwen3Config(**{**small, **sizes})).save_pretrained(path)


@pytest.fixture(scope="session")
def trainings(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    """Skips what depends on it where there is no GPU."""
    import torch

    found = ON_CPU or torch.cuda.is_available()
    require("gpu", found, "torch sees none here; docs/gpu.md says how to run this on a machine that has one")
    figures = pytestconfig.stash.setdefault(_FIGURES, {})
    figures["machine"] = describe_machine()
    return Trainings(tmp_path_factory.mktemp("gpu"), figures)


def describe_machine() -> dict[str, Any]:
    """Card, driver, and the versions of what trains."""
    import torch

    query = ("--query-gpu=name,driver_version,memory.total", "--format=csv,noheader")
    try:
        cards = subprocess.run(("nvidia-smi", *query), capture_output=True, text=True, timeout=30, check=True)
        gpus = cards.stdout.strip().splitlines()
    except (OSError, subprocess.SubprocessError):
        gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    versions = {name: found for name in _PACKAGES if (found := installed(name))}
    return {
        "gpus": "; ".join(gpus) or "none",
        "python": platform.python_version(),
        "cuda": torch.version.cuda,
        **versions,
    }


def installed(name: str) -> str:
    """The version of a distribution; empty when it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Shows the figures, and names what could not be tested; writes all of it to R1_TEST_GPU_OUT."""
    figures = config.stash.get(_FIGURES, {})
    if not figures:
        return
    absent = [name for name in OPTIONAL if not installed(name)]
    terminalreporter.section("GPU")
    for name, values in figures.items():
        shown = (
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in values.items()
        )
        terminalreporter.write_line(f"{name}: {', '.join(shown)}")
    terminalreporter.write_line(f"not installed, so not tested: {', '.join(absent) or 'nothing'}")
    if _FIGURES_FILE:
        text = json.dumps({**figures, "not_installed": absent}, indent=2)
        Path(_FIGURES_FILE).write_text(text + "\n")
