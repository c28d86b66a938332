"""The schema of ``serve``: a model, where it runs, and how it is served."""

from dataclasses import dataclass
from functools import cache

from r1cli.config.groups.launch import ServerLaunch
from r1cli.config.groups.model import Model
from r1cli.config.groups.output import Output
from r1cli.config.groups.slurm import Slurm
from r1cli.config.schema import Schema
from r1cli.config.section import key
from r1cli.services.server_section import Serve


@dataclass(frozen=True)
class ServeOutput(Output):
    """Where the record of a server is written, and what its model may do."""

    trust_remote_code: bool = key(False, "whether code that a model brings may run")


@cache
def serve_schema() -> Schema:
    return Schema("serve", Model, ServerLaunch, Slurm, Serve, ServeOutput)
