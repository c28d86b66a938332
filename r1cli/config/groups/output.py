"""Keys of the group ``training`` that commands without a trainer have too."""

from r1cli.config.section import Section, key


class Output(Section):
    """Where a run is written: TRL's name for it."""

    group = "training"

    output_dir: str | None = key("the run directory", default=None)


class ServeOutput(Output):
    """Where the record of a server is written, and what its model may do."""

    trust_remote_code: bool = key("whether the model's own code may run", default=False)
