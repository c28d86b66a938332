"""``r1 runs``: every run below a folder, on this machine or on a cluster."""

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import data_width, emit, emit_json, print_table, say, visible
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.report.run_summary import NextCommand
    from r1cli.runs.slurm_queue import SlurmJob
    from r1cli.runs.state import Run

app = typer.Typer(help="Show and manage runs, on this machine and on a cluster.", no_args_is_help=True)

# Seconds between two looks at a run of this machine.
_POLL = 0.5

# Columns of the list that the names of runs come before; `r1 runs show` has all of it.
_GO_FIRST = ("nodes", "time", "in Slurm", "job or host", "command")

OneRun = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="A run directory, its name below ./runs, or a Slurm job's number. Default: the newest run.",
        show_default=False,
    ),
]
Folder = Annotated[Path, typer.Argument(help="The folder that the runs are in.")]
Follow = Annotated[bool, typer.Option("-f", "--follow", help="Continue until the run has ended.")]
Log = Annotated[
    str | None, typer.Option(help="Another log than the main one, as train-rank0.", show_default=False)
]


@app.command("list")
def list_runs(folder: Folder = Path("runs"), as_json: options.Json = False) -> None:
    """List the runs below a folder, the newest first."""
    from r1cli.runs.locate import folder_named
    from r1cli.runs.state import runs_below

    found, silence = runs_below(folder_named(str(folder)))
    if silence:
        say_silent(silence, found)
    show_list(found, as_json, goes_first=_GO_FIRST)


@app.command()
def show(run: OneRun = None, as_json: options.Json = False) -> None:
    """Show what a run was, how far it came, its curve, how it ended, and what to do next."""
    from r1cli.report.curve import CURVE_WIDTH, draw_curve
    from r1cli.report.run_summary import facts_of, next_commands, summary_tree
    from r1cli.runs.metrics import curve

    found = look(run)
    if as_json:
        emit_json(summary_tree(found))
        return
    show_facts(facts_of(found))
    name, points = curve(found.run_dir)
    if len(points) > 1:
        emit(f"\n{draw_curve(points, name, min(CURVE_WIDTH, data_width() or CURVE_WIDTH))}")
    _show_scores(found.run_dir)
    show_next(list(next_commands(found)))


@app.command()
def tail(run: OneRun = None, follow: Follow = False, log: Log = None) -> None:
    """Print the end of a run's log; with -f continue until the run has ended."""
    print_log(look(run), follow, log, whole=False)


@app.command()
def cancel(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Run directories, or Slurm jobs.")],
) -> None:
    """Cancel queued and running runs, and wait until all of their processes have ended."""
    from r1cli.runs import cancel as ending
    from r1cli.runs.locate import find_named
    from r1cli.runs.state import look_at

    waiting, errors, is_slow = [], [], False
    for name, found in zip(runs, map(look_at, find_named(runs)), strict=True):
        if _names_another_job(name, found):
            say(f"job {name} has ended, and its run is job {found.job_id} now: nothing is cancelled")
        elif not ending.is_active(found):
            say(f"{found.run_dir}: there is nothing to cancel, it is {found.state or 'not started'}")
        else:
            task = name if found.job and name.startswith(f"{found.job.array}_") else ""
            try:
                waiting.append((found.run_dir, task, ending.cancel(found, task)))
            except R1Error as error:
                errors.append(error)
    for run_dir, task, has_ended in waiting:
        try:
            ended = has_ended()
            now = f"job {task} has ended" if task else look_at(run_dir).headline()
        except R1Error as error:
            errors.append(error)
            continue
        say(f"{run_dir}: {now if ended else 'it is still ending'}")
        is_slow |= not ended
    if errors:
        raise R1Error.together(errors)
    if is_slow:
        raise typer.Exit(1)


@app.command()
def rm(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN... | FOLDER", help="Run directories; with --failed, a folder of runs."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Remove all failed runs below FOLDER (default: runs).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove runs with everything that they have written, except queued and running ones."""
    from r1cli.report.run_list import size
    from r1cli.runs.removal import remove, size_of

    doomed = _failed_runs(runs or []) if failed else _removable(runs or [])
    if not doomed:
        say("there is nothing to remove")
        return
    _confirm([f"{run_dir}  ({size(size_of(run_dir))})" for run_dir in doomed], yes)
    for run_dir in doomed:
        freed = remove(run_dir)
        emit(f"removed {visible(str(run_dir))} ({size(freed)})")


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A run.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another run.")],
    as_json: options.Json = False,
) -> None:
    """Compare two runs: where their configs and versions differ, and their last figures."""
    from r1cli.report.run_comparison import compare_runs
    from r1cli.runs.locate import find_run

    one, other = find_run(a), find_run(b)
    found = compare_runs(one, other)
    if as_json:
        emit_json({"a": str(one), "b": str(other), **asdict(found)})
        return
    # At a terminal, two names side by side would leave no room for what is compared.
    names = (a, b) if data_width() is None else ("A", "B")
    if names != (a, b):
        show_facts([("A", a), ("B", b)])
        emit("")
    for heading, part in (("different", found.different), ("last figures", found.figures)):
        if part:
            print_table(
                (heading, *names),
                [
                    (name, *(_cell(values, side, found.defaults.get(name, {})) for side in "ab"))
                    for name, values in part.items()
                ],
            )
            emit("")
    if not found.different:
        say("the two runs have the same config")


def show_list(runs: "Sequence[Run]", as_json: bool, goes_first: Sequence[str] = ()) -> None:
    """Prints runs: a row each, or all that is known as JSON.

    Args:
        runs: that are listed.
        as_json: all that is known of them.
        goes_first: the columns that a narrow terminal does without, in this order.
    """
    from r1cli.cli.table import without_columns
    from r1cli.report.run_list import table_of, tree_of

    if as_json:
        emit(json.dumps([tree_of(run) for run in runs], indent=2))
    elif runs:
        headings, found = table_of(runs)
        rows: Sequence[Sequence[str]] = [[visible(cell) for cell in row] for row in found]
        shown, rows = without_columns(headings, rows, data_width(), goes_first)
        print_table(shown, rows)
        if left_out := [heading for heading in headings if heading not in shown]:
            say(f"left out for want of room: {', '.join(left_out)}; --json has everything")
    else:
        say("there are no runs here")


def say_silent(why: R1Error, runs: "Sequence[Run]") -> None:
    """Says that Slurm does not answer, and what that means for a list."""
    marked = "" if all(run.confirmed for run in runs) else ", so states marked (?) are as recorded"
    say(f"Slurm could not be asked{marked}: {why.what}")


def show_facts(facts: "Sequence[tuple[str, str]]") -> None:
    """Prints a line for each fact that is known."""
    from r1cli.cli.wrapping import hanging

    width = max(9, *(len(name) for name, value in facts if value))
    for name, value in facts:
        if value:
            emit("\n".join(hanging(f"{name:<{width}} ", visible(value), data_width())))


def show_next(commands: "Sequence[NextCommand]") -> None:
    """Prints commands to copy: each on its own line, below what it does."""
    for one in commands:
        emit(f"\n# {one.what}\n{visible(one.line)}")


def print_log(run: "Run", follow: bool, log: str | None, *, whole: bool) -> None:
    """Prints a log of a run, or its end, and what is added until the run has ended if that is asked for."""
    from r1cli.files import GrowingFile
    from r1cli.runs.logs import find_log, last_lines
    from r1cli.runs.state import look_at

    text = GrowingFile(find_log(run, log))
    if not follow and not text.path.exists():
        say(f"the run is {run.headline()}; nothing is written yet")
    elif not follow and not text.path.stat().st_size:
        say(f"{text.path} is empty")
    _write(text.read() if whole else [last_lines(text.read())])
    if follow:
        for path in _main_logs(run):
            _write(text.read())
            text.path = text.path if log else path
        say(f"the run is {look_at(run.run_dir).headline()}")
        _write(text.read())


def watched(number: str) -> "Iterator[SlurmJob | None]":
    """`watch_job`, with a message whenever something has changed."""
    from r1cli.runs.slurm_queue import watch_job
    from r1cli.runs.slurm_words import describe

    before = ""
    for job in watch_job(number):
        words = describe(job) if job else f"job {number} is not known to Slurm"
        if words != before:
            say(words)
        before = words
        yield job


def look(name: str | None) -> "Run":
    """The run that a user means; as it is recorded where Slurm does not answer, and a message says so."""
    from r1cli.runs.locate import find_run
    from r1cli.runs.state import as_recorded, look_at

    run_dir = find_run(name)
    try:
        return look_at(run_dir)
    except R1Error as error:
        say(f"the state of the run is as recorded: {error.what}")
        return as_recorded(run_dir, is_silent=True)


def _names_another_job(name: str, run: "Run") -> bool:
    """Whether a name is the number of a job that a run had before the one that it has now."""
    is_number, job = re.fullmatch(r"(\d+)(_\d+)?", name), run.job
    return bool(is_number and job and is_number[1] not in (job.number, job.array, run.job_id))


def _main_logs(run: "Run") -> Iterator[Path]:
    """Where a run writes its main log, again and again until the run has ended."""
    from r1cli.runs.cancel import is_active
    from r1cli.runs.logs import job_output, main_log
    from r1cli.runs.state import look_at

    if run.job_id:
        for job in watched(run.job_id):
            # Each task of an array prints into its own file.
            yield job_output(run.run_dir, job.number) if job else main_log(run)
        return
    while is_active(look_at(run.run_dir)):
        # A worker begins its own log once its launcher has.
        yield main_log(run)
        time.sleep(_POLL)


def _write(pieces: Iterable[str]) -> None:
    """Prints a log as it is; in a terminal without the control characters that a model may have written."""
    for piece in pieces:
        lines = piece.replace("\r\n", "\n").replace("\r", "\n")
        sys.stdout.write(visible(lines) if sys.stdout.isatty() else piece)
    sys.stdout.flush()


def _show_scores(run_dir: Path) -> None:
    """Prints the table of an evaluation."""
    from r1cli.cli.evaluate_results import show_results
    from r1cli.evaluate.result_files import RESULTS

    if (run_dir / RESULTS).exists():
        emit("")
        show_results([run_dir])


def _removable(names: Sequence[str]) -> list[Path]:
    """The runs that are named.

    Raises:
        R1Error: none is, or one may not be removed: then none is.
    """
    from r1cli.runs.locate import find_named
    from r1cli.runs.removal import check_removable

    if not names:
        raise R1Error("no run is named", where="r1 runs rm", fix="name one, or use --failed")
    run_dirs, errors = list(dict.fromkeys(find_named(names))), []
    for run_dir in run_dirs:
        try:
            check_removable(run_dir)
        except R1Error as error:
            errors.append(error)
    if errors:
        raise R1Error.together(errors)
    return run_dirs


def _failed_runs(folders: Sequence[str]) -> list[Path]:
    """The failed runs below a folder that may be removed, with a message for each other."""
    from r1cli.runs.locate import RUNS
    from r1cli.runs.removal import check_removable
    from r1cli.runs.state import runs_below

    if len(folders) > 1:
        raise R1Error("--failed takes one folder", where="r1 runs rm", fix="name one, or none for ./runs")
    found = []
    folder = Path(*folders) if folders else RUNS
    # The folder itself may be a link, as ./runs often is one to a larger disk.
    for run in runs_below(folder.resolve() if folder.exists() else folder)[0]:
        if run.state == "failed":
            try:
                check_removable(run.run_dir)
                found.append(run.run_dir.absolute())
            except R1Error as error:
                say(f"{run.run_dir} stays: {error.what}; {error.fix}")
    return found


def _confirm(lines: Sequence[str], yes: bool) -> None:
    """Asks whether to remove what the lines name.

    Raises:
        R1Error: there is nobody to ask.
        Exit: the answer is not yes.
    """
    if yes:
        return
    for line in lines:
        say(line)
    if not sys.stdin.isatty():
        raise R1Error("this needs a confirmation", where="standard input is not a terminal", fix="add --yes")
    if not typer.confirm(f"Remove {len(lines)} run{'s' * (len(lines) > 1)}?", err=True):
        raise typer.Exit(1)


def _cell(values: dict[str, Any], side: str, defaults: dict[str, str]) -> str:
    if side not in values:
        return f"{defaults[side]} (default)" if side in defaults else ""
    value = values[side]
    return (
        f"{value:.4g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
    )
