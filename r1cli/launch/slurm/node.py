"""Where this supervisor stands in a Slurm job, as the variables that srun sets say."""

import os
import re
import socket
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from r1cli.errors import R1Error
from r1cli.runs.job import PORTS

#: Set by the script: the interface that the nodes talk over.
INTERFACE = "R1_NETWORK_INTERFACE"
#: Set by the script for its srun alone: the supervisor is a node of the job. Slurm's own variables do not say
#: so: a command for a single machine finds them too, in a batch script and in a shell of srun or salloc.
SLURM_NODE = "R1_SLURM_NODE"
# Below the ports that systems give out by themselves (on Linux from 32768), and above the well-known ones.
_FIRST_PORT, _LAST_PORT, _PORTS_OF_A_JOB = 12000, 32000, 1 + len(PORTS)


@dataclass(frozen=True)
class Node:
    """This node among those of its job; by default the only one, of a job for a single machine.

    Args:
        rank: its number, from 0.
        count: number of nodes.
        name: what Slurm calls it.
        head: an address of node 0.
        port: the first of those that the job may use.
        job_id: Slurm's number of the job; empty unless the job was submitted to Slurm.
        interface: the network interface that the nodes talk over; empty where the job names none.
    """

    rank: int = 0
    count: int = 1
    name: str = ""
    head: str = "127.0.0.1"
    port: int = _FIRST_PORT
    job_id: str = ""
    interface: str = ""


def this_node(environment: Mapping[str, str] = os.environ) -> Node:
    """The node that this process runs on.

    Raises:
        R1Error: srun started another number of tasks than one on each node.
    """
    if SLURM_NODE not in environment:
        # Two jobs on one machine do not meet.
        return Node(name=socket.gethostname(), port=_first_port(os.getpid()))
    number = environment["SLURM_JOB_ID"]
    count, tasks = int(environment["SLURM_NNODES"]), int(environment["SLURM_NTASKS"])
    if tasks != count:
        raise R1Error(
            f"srun started {tasks} tasks on {count} nodes, and each node needs exactly one",
            where=f"Slurm job {number}",
            fix="submit it with `r1 slurm submit`, or give srun --ntasks-per-node=1",
            exit_code=1,
        )
    return Node(
        rank=int(environment["SLURM_NODEID"]),
        count=count,
        name=environment.get("SLURMD_NODENAME", "") or socket.gethostname(),
        head=_head(environment),
        port=_first_port(int(number)),
        job_id=number,
        interface=environment.get(INTERFACE, ""),
    )


def _first_port(number: int) -> int:
    """The first port of a job, or of a process, by its number."""
    jobs = (_LAST_PORT - _FIRST_PORT) // _PORTS_OF_A_JOB
    return _FIRST_PORT + number % jobs * _PORTS_OF_A_JOB


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
    """The first node's name if it resolves, else the address from which srun was called: it is the same."""
    name = first_host(environment.get("SLURM_JOB_NODELIST", ""))
    try:
        return socket.gethostbyname(name)
    except OSError:
        return environment.get("SLURM_LAUNCH_NODE_IPADDR", "127.0.0.1")
