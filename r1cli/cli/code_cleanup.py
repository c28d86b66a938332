"""``r1 code cleanup``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli.output import emit, say

if TYPE_CHECKING:
    from pathlib import Path

    from r1cli.runs.state import Run


def cleanup(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run directory, its name below ./runs, or a Slurm job."),
    ],
) -> None:
    """End the sandboxes that a run has left behind at its code provider.

    A run ends its sandboxes itself. What is left of one that was killed, the provider ends a minute after the
    limits of its programs; this does it at once.
    """
    import asyncio

    from r1cli.cli.runs import look
    from r1cli.config.groups.code import Code
    from r1cli.config.record import RecordedConfig
    from r1cli.plugins.registry import find_code_provider
    from r1cli.runs.run_dir import read_run

    found = look(run)
    _refuse_active(found)
    run_dir = found.run_dir
    section = RecordedConfig(read_run(run_dir)["config"]).section(Code)
    provider = find_code_provider(section.provider, str(run_dir / "run.yaml")).load()
    if not hasattr(provider, "cleanup"):
        say(f"the code provider {section.provider} leaves no sandboxes behind")
        emit("0 sandboxes ended")
        return
    ended = asyncio.run(_clean_up(provider, section, run_dir))
    emit(f"{ended} {'sandbox' if ended == 1 else 'sandboxes'} ended")


def _refuse_active(run: "Run") -> None:
    from r1cli.errors import R1Error
    from r1cli.runs.cancel import is_active

    if is_active(run):
        raise R1Error(
            "the run is still active, and its sandboxes are in use",
            where=str(run.run_dir),
            fix=f"r1 runs cancel {run.run_dir}",
            exit_code=1,
        )


async def _clean_up(provider: Any, section: Any, run_dir: "Path") -> int:
    from pathlib import Path

    from r1cli.runs.locate import holds_run
    from r1cli.runs.moved_paths import recorded_dir
    from r1cli.runs.run_tag import run_tag
    from r1cli.runs.state import shares_of

    executor = provider(section)
    # The tasks of an array are separate runs.
    here = (run_dir, *shares_of(run_dir))
    # A run that was moved had its sandboxes where it was; if a run is there now, this one is a copy of it.
    before = [Path(place) for one in here if (place := recorded_dir(one)) and not holds_run(Path(place))]
    try:
        return sum([await executor.cleanup(tag) for tag in {run_tag(place) for place in (*here, *before)}])
    finally:
        await executor.close()
