"""Keys of the group ``training`` that commands without a trainer have too."""

from dataclasses import dataclass

from r1cli.config.section import Section, key


@dataclass(frozen=True)
class Output(Section):
    """Where a run is written: TRL's name for it."""

    group = "training"

    output_dir: str | None = key(None, "the run directory")
