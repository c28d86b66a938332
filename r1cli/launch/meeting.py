"""How the nodes of a job meet: each says where it is, and which ports its roles may use."""

import hashlib
from collections.abc import Callable

from r1cli.errors import R1Error
from r1cli.launch.ports import free_port
from r1cli.launch.rendezvous import Member, Peers, host, join
from r1cli.launch.run_key import run_key
from r1cli.launch.slurm.node import Node, interface_address
from r1cli.runs.job import Job


def meet(job: Job, node: Node, meanwhile: Callable[[], None]) -> Peers:
    """Finds the other nodes of a job.

    Args:
        job: as this node has read it.
        node: this one.
        meanwhile: called now and then while waiting; it may raise.

    Raises:
        R1Error: they do not come, or do not agree on the job.
    """
    if node.count != job.nodes:
        raise R1Error(
            f"the job is planned for {job.nodes} nodes, and runs on {node.count}",
            where=f"Slurm job {node.job_id}" if node.job_id else "this machine",
            fix="submit it with `r1 slurm submit`",
            exit_code=1,
        )
    address = node.head if node.count == 1 else ""
    if node.interface:
        address = interface_address(node.interface)
    digest = hashlib.sha256(job.to_json().encode()).hexdigest()
    me = Member(node.rank, node.name, address, digest, _ports(job, node))
    key = "" if node.rank else run_key(job)
    if node.count == 1:
        return Peers([me], {}, key)
    if node.rank == 0:
        return host(node.port, node.count, me, meanwhile, key)
    return join(node.head, node.port, me, meanwhile)


def _ports(job: Job, node: Node) -> dict[str, dict[str, int]]:
    """Free ports of this node, for each port of its roles."""
    taken = {node.port}
    found: dict[str, dict[str, int]] = {}
    for role in job.roles:
        for name in role.ports if role.runs_on(node.rank) else ():
            port = free_port(taken)
            taken.add(port)
            found.setdefault(role.name, {})[name] = port
    return found
