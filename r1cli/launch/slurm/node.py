"""Where this supervisor is in a Slurm job, as the variables that srun sets say."""

import os
import re
import socket
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from r1cli.errors import R1Error
from r1cli.launch.ports import FIRST, LAST

#: Set by the script: the interface that the nodes talk over.
INTERFACE = "R1_NETWORK_INTERFACE"
#: Set by the script for its srun alone: the supervisor is a node of the job. Slurm's own variables do not say
#: so: a command for a single machine finds them too, in a batch script and in a shell of srun or salloc.
SLURM_NODE = "R1_SLURM_NODE"


@dataclass(frozen=True)
class Node:
    """This node among those of its job; by default the only one, of a job for a single machine.

    Args:
        rank: its number, from 0.
        count: number of nodes.
        name: what Slurm calls it.
        head: an address of node 0.
        port: where the nodes of the job meet.
        job_id: Slurm's number of the job; empty unless the job was submitted to Slurm.
        interface: the network interface that the nodes talk over; empty where the job names none.
    """

    rank: int = 0
    count: int = 1
    name: str = ""
    head: str = "127.0.0.1"
    port: int = FIRST
    job_id: str = ""
    interface: str = ""


def this_node(environment: Mapping[str, str] = os.environ) -> Node:
    """The node that this process runs on.

    Raises:
        R1Error: srun started another number of tasks than one on each node, or does not say which this is.
    """
    if SLURM_NODE not in environment:
        return Node(name=socket.gethostname())
    names = ("SLURM_JOB_ID", "SLURM_NODEID", "SLURM_NNODES", "SLURM_NTASKS")
    number, rank, count, tasks = (_number(name, environment) for name in names)
    if tasks != count:
        raise R1Error(
            f"srun started {tasks} tasks on {count} nodes, and each node needs exactly one",
            where=f"Slurm job {number}",
            fix="submit it with `r1 slurm submit`, or give srun --ntasks-per-node=1",
            exit_code=1,
        )
    return Node(
        rank=rank,
        count=count,
        name=environment.get("SLURMD_NODENAME", "") or socket.gethostname(),
        head=_head(environment),
        port=FIRST + number % (LAST - FIRST),
        job_id=str(number),
        interface=environment.get(INTERFACE, ""),
    )


def _number(name: str, environment: Mapping[str, str]) -> int:
    """The number in a variable that srun sets.

    Raises:
        R1Error: it is not one.
    """
    value = environment.get(name, "")
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise R1Error(
            f"{name} is {value!r} and not a number" if value else f"srun has not set {name}",
            where="the environment of this node",
            fix="submit it with `r1 slurm submit`, whose script starts srun",
            exit_code=1,
        )
    return int(value)


def first_host(nodes: str) -> str:
    """The first name of Slurm's list of nodes: ``n03`` of ``n[03-16],m1``."""
    outside = re.match(r"(?:\[[^\]]*\]|[^,\[])*", nodes)
    return re.sub(r"\[(\d+)[^\]]*\]", r"\1", outside[0] if outside else nodes)


def interface_address(name: str) -> str:
    """The IPv4 address of a network interface of this machine.

    Raises:
        R1Error: there is no such interface, or it has no address.
    """
    import fcntl

    if sys.platform != "linux":
        raise R1Error("a network interface can be chosen on Linux only", where="slurm.network_interface")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # SIOCGIFADDR
            found = fcntl.ioctl(probe, 0x8915, struct.pack("256s", name.encode()[:15]))
        except OSError:
            known = ", ".join(known for _, known in socket.if_nameindex())
            raise R1Error(
                f"{socket.gethostname()} has no network interface '{name}' with an address",
                where="slurm.network_interface",
                fix=f"it has {known}",
                exit_code=1,
            ) from None
    return socket.inet_ntoa(found[20:24])


def _head(environment: Mapping[str, str]) -> str:
    """The first node's address: what its name means, or where srun was called, which is the same node.

    On Debian a machine's own name means 127.0.1.1 to itself.
    """
    called = environment.get("SLURM_LAUNCH_NODE_IPADDR", "127.0.0.1")
    try:
        named = socket.gethostbyname(first_host(environment.get("SLURM_JOB_NODELIST", "")))
    except OSError:
        return called
    return called if named.startswith("127.") else named
