"""Job: what a command plans and every launcher carries out."""

import dataclasses
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Role:
    """One program of a job, and what it needs.

    Args:
        name: "train", "evaluate", ...: the stem of its log file.
        argv: the exact command line.
        env: variables set on top of the launcher's own environment.
        nodes: on how many nodes it runs.
        processes: ranks on each node.
        gpus: ids of the GPUs it uses on each node.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    nodes: int = 1
    processes: int = 1
    gpus: tuple[str, ...] = ()

    @property
    def world_size(self) -> int:
        """Ranks on all nodes together."""
        return self.nodes * self.processes

    def command_line(self) -> str:
        """A line that can be pasted into a shell."""
        variables = [f"{name}={shlex.quote(value)}" for name, value in self.env.items()]
        return " ".join([*variables, shlex.join(self.argv)])


@dataclass(frozen=True)
class Needs:
    """What a job asks of a machine, beside its GPUs and r1's extras; a launcher checks it before a start.

    Args:
        gpus_for: the preset that is made for GPUs, where the plan has none and nobody asked for that.
        gpu_memory_gb: memory of each GPU that the preset is made for; 0 when it does not say.
        precision: accelerate's word: "bf16", "fp16" or "no".
        tf32: the trainer is told to use it.
        flash_attention: the model's attention comes from FlashAttention.
        packages: distributions that the roles import, beside those of the extras.
        disk_bytes: what the run directory holds at its fullest, at least; 0 when that is not known.
    """

    gpus_for: str = ""
    gpu_memory_gb: int = 0
    precision: str = "no"
    tf32: bool = False
    flash_attention: bool = False
    packages: tuple[str, ...] = ()
    disk_bytes: int = 0


@dataclass(frozen=True)
class Job:
    """A plan, ready to be carried out: frozen, and the same for every launcher.

    Args:
        command: the command that planned it.
        run_dir: absolute path of the run directory.
        roles: the programs to run, all at once.
        files: texts to write into the run directory before anything starts, by relative path.
        requires: extras of r1 whose packages the roles import (``train``, ``vllm``, ``deepspeed``).
        secrets: names, never values, of environment variables that the roles need where they are set.
        needs: what the machine must have.
    """

    command: str
    run_dir: str
    roles: tuple[Role, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ("train",)
    secrets: tuple[str, ...] = ("HF_TOKEN",)
    needs: Needs = Needs()

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Job":
        data: dict[str, Any] = json.loads(text)
        roles = tuple(
            Role(**{**role, "argv": tuple(role["argv"]), "gpus": tuple(role["gpus"])})
            for role in data["roles"]
        )
        tuples = {name: tuple(data[name]) for name in ("requires", "secrets")}
        needs = Needs(**{**data["needs"], "packages": tuple(data["needs"]["packages"])})
        return cls(**{**data, **tuples, "roles": roles, "needs": needs})

    @classmethod
    def read(cls, run_dir: Path) -> "Job":
        """The job of a run directory."""
        return cls.from_json((run_dir / "job.json").read_text(encoding="utf-8"))
