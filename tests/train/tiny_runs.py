"""Real training of a tiny model: each rank is a process that can be killed, and starts in no time."""

import json
import multiprocessing
import os
import shutil
import socket
import time
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from r1cli.files import write_text
from tests.conftest import PATIENCE

#: A reward that an untrained model earns by chance, now and then.
REWARD = """\
import numpy

def letters(completions, log_extra, log_metric, **kwargs):
    shares = [sum(letter.isalpha() for letter in chat[0]["content"]) / 8 for chat in completions]
    log_extra("share", [numpy.float64(share) for share in shares])
    log_metric("largest", numpy.max(shares))
    return shares

def same(completions, **kwargs):
    return [1.0] * len(completions)

def down(completions, **kwargs):
    raise ConnectionError("the service is down")
"""

STEPS = 8
#: Small enough for a run in seconds, with more than one epoch, shuffled rows and accumulated gradients.
TRAINING = {
    "max_steps": STEPS, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "save_steps": 3,
    "save_total_limit": 1, "logging_steps": 1, "bf16": False, "gradient_checkpointing": False,
    "learning_rate": 1e-3, "lr_scheduler_type": "cosine",
}  # fmt: skip
#: A batch of completions is trained on in two optimizer steps; an epoch has four, or two of two ranks.
GENERATION = {
    "num_generations": 4, "max_completion_length": 8, "num_iterations": 2, "log_completions": True,
}  # fmt: skip
#: How many rows each command trains on.
ROWS = {"sft": 20, "grpo": 5}


@dataclass(frozen=True)
class Start:
    """A model and rows to start from."""

    folder: Path

    def config(self, command: str, **training: Any) -> dict[str, Any]:
        """A config of r1's, as ``run.yaml`` holds it."""
        grpo = command == "grpo"
        return {
            "model": {"model_name_or_path": str(self.folder / "base"), "dtype": "float32"},
            "data": {"dataset_name": str(self.folder / f"{command}.jsonl")},
            "training": {**TRAINING, **(GENERATION if grpo else {}), **training},
            "tracking": {"report_to": "none"},
            "rewards": {
                "reward_funcs": [f"{self.folder / 'mine.py'}:letters"],
                "reward_weights": [1.0],
                "max_dead_steps": None,
            },
        }


def make_start(folder: Path) -> Start:
    for command, count in ROWS.items():
        rows = [{"prompt": f"{n}+{n}", "completion": str(2 * n)} for n in range(count)]
        (folder / f"{command}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "mine.py").write_text(REWARD)
    process = _forkserver().Process(target=_make_model, args=(folder / "base",), daemon=True)
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0
    return Start(folder)


@dataclass
class TinyRun:
    """A run directory, and the ranks that train in it."""

    folder: Path
    command: str
    config: dict[str, Any]
    ranks: int = 1
    processes: list[ForkServerProcess] = field(default_factory=list)
    started: float = 0.0

    def start(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        self.processes, self.started = [], time.time()
        shutil.rmtree(self.folder / "logs", ignore_errors=True)
        record = {"command": self.command, "preset": None, "config": self.config}
        write_text(self.folder / "run.yaml", json.dumps(record))
        for rank in range(self.ranks):
            arguments = (self.folder, self.command, self.config, rank, self.ranks, port)
            self.processes.append(_forkserver().Process(target=_work, args=arguments, daemon=True))
            self.processes[-1].start()

    def wait(self) -> list[int | None]:
        """The exit codes."""
        for process in self.processes:
            process.join(PATIENCE)
        return [process.exitcode for process in self.processes]

    def train(self) -> "TinyRun":
        """Trains to the end."""
        self.start()
        assert self.wait() == [0] * self.ranks, self.log()
        return self

    def kill(self) -> None:
        """With SIGKILL."""
        for process in self.processes:
            process.kill()
        self.wait()

    def wait_for_step(self, step: int) -> None:
        """Returns when this attempt has taken the step, or a later one, or has ended."""
        while all(process.is_alive() for process in self.processes):
            if any(entry["step"] >= step and entry["time"] > self.started for entry in self._logged()):
                return
            time.sleep(0.002)

    def checkpoints(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("checkpoint-*"))

    def metrics(self) -> list[dict[str, Any]]:
        """What was logged, without the times and the summary of the attempt."""
        return [
            {name: value for name, value in entry.items() if "time" not in name and "seconds" not in name}
            for entry in self._logged()
            if "train_runtime" not in entry
        ]

    def _logged(self) -> list[dict[str, Any]]:
        path = self.folder / "metrics.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted((self.folder / "logs").glob("*.log")))


def difference(one: Path, other: Path) -> float:
    """The largest between the weights of two folders."""
    from safetensors.numpy import load_file

    (first,) = one.glob("*model.safetensors")
    (second,) = other.glob("*model.safetensors")
    weights, others = load_file(first), load_file(second)
    assert weights.keys() == others.keys()
    return max(float(abs(weights[name] - others[name]).max()) for name in weights)


@cache
def _forkserver() -> ForkServerContext:
    """Its processes have imported the trainers already, which takes longer than a run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["trl.trainer.sft_trainer", "trl.trainer.grpo_trainer", "r1cli.train.setup"]
    )
    return context


def _make_model(folder: Path) -> None:
    from r1cli.quickstart.base_model import make_tiny

    make_tiny(folder, seed=0)


def _work(folder: Path, command: str, config: dict[str, Any], rank: int, ranks: int, port: int) -> None:
    """One rank, as ``run_worker`` runs it, without a supervisor."""
    from importlib import import_module

    import torch

    from r1cli.launch.worker import _leave, _log_to

    os.environ |= {
        "ACCELERATE_USE_CPU": "true", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank),
        "LOCAL_RANK": str(rank), "WORLD_SIZE": str(ranks), "LOCAL_WORLD_SIZE": str(ranks),
    }  # fmt: skip
    torch.set_num_threads(1)
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    _log_to(folder / "logs" / f"train-rank{rank}.log")
    _leave(import_module(f"r1cli.train.{command}").work(folder, {"command": command, "config": config}))
