"""The schema of ``serve``: a model, where it runs, and how it is served."""

from functools import cache

from r1cli.config.groups.launch import ServerLaunch
from r1cli.config.groups.model import Model
from r1cli.config.groups.output import ServeOutput
from r1cli.config.groups.slurm import Slurm
from r1cli.config.schema import Schema
from r1cli.services.server_section import Serve


@cache
def serve_schema() -> Schema:
    return Schema("serve", Model, ServerLaunch, Slurm, Serve, ServeOutput)
