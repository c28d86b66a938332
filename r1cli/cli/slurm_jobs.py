"""``r1 slurm status``, ``list``, ``logs`` and ``cancel``: what `r1 runs` does, for who thinks of jobs."""

import json
from typing import Annotated

import typer

from r1cli.cli import options, runs
from r1cli.cli.output import emit
from r1cli.errors import R1Error

Run = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN|JOB",
        help="A run directory, its name below ./runs, or a job's number. Default: the newest run of ./runs.",
        show_default=False,
    ),
]

cancel = runs.cancel


def status(run: Run = None, as_json: options.Json = False) -> None:
    """Show the state of a run and the reason, its nodes, time, last step and error."""
    from r1cli.report.run_list import tree_of
    from r1cli.report.run_summary import state_facts
    from r1cli.runs.failure import error_of

    found = runs.look(run)
    if as_json:
        emit(json.dumps({**tree_of(found), "error": str(error_of(found) or "")}, indent=2))
    else:
        runs.show_facts([("run", str(found.run_dir)), *state_facts(found)])


def list_runs(as_json: options.Json = False) -> None:
    """List the runs below ./runs, and your other runs in Slurm's queue."""
    from r1cli.runs.locate import RUNS
    from r1cli.runs.state import runs_with_queue

    found, silence = runs_with_queue(RUNS)
    if silence:
        runs.say_silent(silence, found)
    runs.show_list(found, as_json)


def logs(run: Run = None, follow: runs.Follow = False, log: runs.Log = None) -> None:
    """Print the output of a job; with -f continue until it has ended, also if it is requeued."""
    found = runs.look(run)
    if not found.job_id and log is None:
        raise R1Error(
            "this run was not submitted to Slurm, so it has no job's output",
            where=str(found.run_dir),
            fix="`r1 runs tail` shows its log",
        )
    runs.print_log(found, follow, log, whole=True)
