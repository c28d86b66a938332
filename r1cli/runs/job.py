"""Job: what a command plans and every launcher carries out."""

import dataclasses
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from r1cli.runs.slurm_request import SlurmRequest

#: Variables that a role's texts may hold, besides those of `address_of` and `port_of`: see `Role`.
NODE_RANK, NODE_ADDRESS, KEY = "${node.rank}", "${node.address}", "${run.key}"
_VARIABLE = re.compile(r"\$\{([\w-]+\.[\w-]+)\}")
#: The variable that says which share of a run a job has, as ``2/8`` from 0; and the folder of the shares' run
#: directories in that of the run.
SHARE, SHARES = "R1_SHARE", "shares"


@dataclass(frozen=True)
class Role:
    """One program of a job, and what it needs.

    The texts argv, env, health and ready may hold variables whose values only a node knows:
    ``${node.rank}``, its number among those of the role, and ``${node.address}``; ``${ROLE.address}`` and
    ``${ROLE.PORT}``, those of any role's first node, or of a service itself those of this node. Only env
    may hold ``${run.key}``, which is made for the run.

    Args:
        name: "train", "evaluate", ...: the stem of its log file.
        argv: the exact command line.
        env: variables set on top of the launcher's own environment.
        nodes: on how many nodes it runs.
        processes: ranks on each node.
        gpus: ids of the GPUs it uses on each node.
        first_node: where among the job's nodes its own begin.
        ports: names of the ports that it listens at; each node finds free ones.
        service: it runs for as long as the other roles do. They start once it is healthy.
        restarts: how often it is started again if it ends too early.
        beside: it starts with the services, and itself waits for those it needs: `runs.services`.
        health: the URL that answers once it can be used.
        ready: what to tell the user then, in one line.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    nodes: int = 1
    processes: int = 1
    gpus: tuple[str, ...] = ()
    first_node: int = 0
    ports: tuple[str, ...] = ()
    service: bool = False
    restarts: int = 0
    beside: bool = False
    health: str = ""
    ready: str = ""

    @property
    def world_size(self) -> int:
        """Ranks on all nodes together."""
        return self.nodes * self.processes

    def runs_on(self, node: int) -> bool:
        return self.first_node <= node < self.first_node + self.nodes

    def command_line(self) -> str:
        """A line for a shell that has the node's variables, ``${train.address}`` as ``$TRAIN_ADDRESS``."""
        variables = [f"{name}={_quote(value)}" for name, value in self.env.items()]
        return " ".join([*variables, *map(_quote, self.argv)])

    def shell_variables(self) -> dict[str, str]:
        """The variables of that line, each with what the node sets it to."""
        texts = (*self.env.values(), *self.argv)
        names = dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text))
        return {_shell_name(name): _meaning(name) for name in names}


def address_of(role: str) -> str:
    """The variable with the address of a role's first node."""
    return f"${{{role}.address}}"


def port_of(role: str, port: str) -> str:
    """The variable with the number of a role's port."""
    return f"${{{role}.{port}}}"


def fill(text: str, variables: Mapping[str, str]) -> str:
    """A text of a role with the values of its variables; anything else with a dollar stays."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)


def _quote(text: str) -> str:
    """Quotes a text for a shell, apart from its variables."""
    # Every second part is a variable's name.
    parts = enumerate(_VARIABLE.split(text))
    words = (
        f'"${_shell_name(part)}"' if number % 2 else part and shlex.quote(part) for number, part in parts
    )
    return "".join(words) or "''"


def _shell_name(variable: str) -> str:
    return re.sub(r"[.-]", "_", variable).upper()


def _meaning(variable: str) -> str:
    owner, _, name = variable.partition(".")
    known = {
        NODE_RANK: "the number of the node, from 0",
        NODE_ADDRESS: "the address of the node",
        KEY: "a key that is made for the run",
    }
    other = f"the address of role {owner}" if name == "address" else f"a free port for role {owner}"
    return known.get(f"${{{variable}}}", other)


def _role(fields: Mapping[str, Any]) -> Role:
    """A role, as JSON has it."""
    tuples = {name: tuple(fields.get(name, ())) for name in ("argv", "gpus", "ports")}
    return Role(**{**fields, **tuples})


@dataclass(frozen=True)
class Needs:
    """What a job asks of a machine, beside its GPUs and r1's extras; a launcher checks it before a start.

    Args:
        gpus_for: the preset that is made for GPUs, where the plan has no GPUs and nobody asked for that.
        gpu_memory_gb: memory of each GPU that the preset is made for; 0 when it does not say.
        precision: accelerate's word: "bf16", "fp16" or "no".
        tf32: whether the trainer uses it.
        flash_attention: the model's attention comes from FlashAttention.
        packages: distributions that the roles import, beside those of the extras.
        disk_bytes: what the run directory holds at its fullest, at least; 0 when that is not known.
        listens: the address and the port that must be free, if any.
        missing: what the plan did not find, and how to get it: a dry run shows it, and a start is refused.
    """

    gpus_for: str = ""
    gpu_memory_gb: int = 0
    precision: str = "no"
    tf32: bool = False
    flash_attention: bool = False
    packages: tuple[str, ...] = ()
    disk_bytes: int = 0
    listens: tuple[str, int] | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A plan, ready to be carried out: frozen, and the same for every launcher.

    Args:
        command: the command that planned it.
        run_dir: absolute path of the run directory.
        roles: the programs to run, all at once.
        record: what run.yaml says: the config that was planned, and with which versions.
        files: other texts to write into the run directory before anything starts, by relative path.
        requires: extras of r1 whose packages the roles import (``train``, ``vllm``, ``deepspeed``).
        needs: what the machine must have.
        hands_out_key: the run's key is also for the user: it is written to launch/key.
        slurm: what the job asks of a Slurm cluster; None for one that was planned for a single machine.
    """

    command: str
    run_dir: str
    roles: tuple[Role, ...]
    record: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ("train",)
    needs: Needs = Needs()
    hands_out_key: bool = False
    slurm: SlurmRequest | None = None

    @property
    def nodes(self) -> int:
        """How many nodes the roles take together."""
        return max(role.first_node + role.nodes for role in self.roles)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Job":
        data: dict[str, Any] = json.loads(text)
        # What r1 before 0.3 wrote: run.yaml has the record, and nothing read the names of secrets.
        data.setdefault("record", {})
        data.pop("secrets", None)
        roles = tuple(_role(role) for role in data["roles"])
        needs = data["needs"]
        listens = tuple(needs["listens"]) if needs.get("listens") else None
        lists = {name: tuple(needs.get(name, ())) for name in ("packages", "missing")}
        needs = Needs(**{**needs, **lists, "listens": listens})
        # Jobs from before 0.2 do not have it.
        slurm = SlurmRequest.from_tree(data["slurm"]) if data.get("slurm") else None
        requires = tuple(data["requires"])
        return cls(**{**data, "roles": roles, "requires": requires, "needs": needs, "slurm": slurm})

    @classmethod
    def read(cls, run_dir: Path) -> "Job":
        """The job of a run directory."""
        return cls.from_json((run_dir / "job.json").read_text(encoding="utf-8"))
