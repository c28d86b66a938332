"""The values of the variables that a role's texts may hold: see `r1cli.runs.job.Role`."""

from collections.abc import Mapping, Sequence

from r1cli.launch.rendezvous import Member
from r1cli.runs.job import Job, Role


def variables_of(job: Job, members: Sequence[Member], node: int, role: Role) -> Mapping[str, str]:
    """The variables of a role on a node, by name."""
    values = {"node.rank": str(node - role.first_node), "node.address": members[node].address}
    for other in job.roles:
        first = members[other.first_node]
        values[f"{other.name}.address"] = first.address
        # Each node has its own server, and the ranks of a training meet at one port.
        member = members[node] if other.name == role.name and role.service else first
        ports = member.ports.get(other.name, {})
        values |= {f"{other.name}.{name}": str(number) for name, number in ports.items()}
    return values
