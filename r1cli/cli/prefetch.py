"""``r1 prefetch``."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, print_table, say, talk_console

if TYPE_CHECKING:
    from r1cli.data.hub import HubItem
    from r1cli.prefetch.download import Watcher

#: Seconds between two plain lines about one item.
QUIET = 10.0
#: Columns of a terminal that has room for a bar beside a name.
_WIDE = 100


def prefetch(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="Presets, YAML files, benchmarks, model:OWNER/NAME[@REVISION], dataset:OWNER/NAME[:CONFIG].",
            show_default=False,
        ),
    ] = None,
    preset: options.Preset = None,
    config: options.ConfigFile = None,
    to: Annotated[
        Path | None,
        typer.Option(help="A folder to use as HF_HOME elsewhere. Default: this machine's cache."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be downloaded.")] = False,
    as_json: options.Json = False,
) -> None:
    """Download models and datasets before they are needed: r1 prefetch qwen1.5b-math aime24 --to hub.

    Of a preset or a file, all that it takes from the Hub. Datasets are prepared too, so that they load
    without internet. A second call downloads what is still missing; r1-manifest.json lists what is there.
    """
    from r1cli.config.resolve import Request
    from r1cli.data.hub import is_here
    from r1cli.errors import R1Error
    from r1cli.prefetch.download import Outcome, check_hub, download
    from r1cli.prefetch.items import find_items
    from r1cli.prefetch.manifest import manifest_path

    if not (what or preset or config):
        raise R1Error("nothing is named", where="argument WHAT", fix="r1 prefetch qwen1.5b-math, or aime24")
    items = find_items(what or [], Request(preset, tuple(config or ())))
    home = str(to) if to else None
    outcome = Outcome()
    try:
        silent = check_hub(items, home) if items else ""
    except R1Error as error:
        if not dry_run:
            raise
        silent = error.what.partition("\n")[0]
    if silent:
        say(f"newer versions and sizes were not checked: {silent}")
    elif items:
        with _display(dry_run) as watch:
            outcome = download(items, home, dry_run, watch)
    rows = [_row(item, outcome.found.get(item.title), is_here(item, home)) for item in items]
    if as_json:
        emit(json.dumps(rows, indent=2))
    elif rows:
        print_table(("what", "commit", "size", "on this machine"), map(_cells, rows))
    else:
        say("it takes nothing from the Hub")
    if outcome.downloaded:
        say(f"manifest: {manifest_path(home)}")
    if outcome.errors:
        raise R1Error.together(outcome.errors)


def _row(item: "HubItem", found: dict[str, Any] | None, here: bool) -> dict[str, Any]:
    known = found or {}
    return {
        "what": item.title,
        "commit": known.get("commit"),
        "bytes": known.get("bytes"),
        "missing_bytes": 0 if here else known.get("missing"),
        "here": here,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    size = "" if row["bytes"] is None else _size(row["bytes"])
    left = f": {_size(row['missing_bytes'])} to download" if row["missing_bytes"] else ""
    return row["what"], (row["commit"] or "")[:12], size, "here" if row["here"] else f"missing{left}"


def _size(count: int) -> str:
    """Bytes in words, in the units that the Hub uses."""
    for unit, of_it in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= of_it:
            return f"{count / of_it:.1f} {unit}"
    return f"{count} B"


@contextmanager
def _display(dry_run: bool) -> "Iterator[Watcher]":
    """Shows what happens: a bar on a terminal, plain lines elsewhere."""
    if dry_run:
        yield lambda item, line: None
        return
    try:
        if not sys.stderr.isatty():
            yield _lines()
            return
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        console = talk_console()
        # On a narrow terminal, names and bytes need all there is.
        wide = (BarColumn(bar_width=20), TransferSpeedColumn()) if console.width >= _WIDE else ()
        columns = (TextColumn("{task.description}", markup=False), DownloadColumn(), *wide)
        with Progress(*columns, console=console) as progress:
            yield _bars(progress)
    except SystemExit:
        say("interrupted; complete items are kept, and the same command resumes")
        raise


def _bars(progress: Any) -> "Watcher":
    tasks: dict[str, Any] = {}

    def watch(item: "HubItem", line: dict[str, Any]) -> None:
        if line["event"] == "found":
            tasks[item.title] = progress.add_task(item.title, total=line["missing"], start=False)
        elif line["event"] == "begun":
            progress.start_task(tasks[item.title])
        elif line["event"] == "progress":
            progress.update(tasks[item.title], completed=line["bytes"])
        elif line["event"] == "done":
            total = next(task.total for task in progress.tasks if task.id == tasks[item.title])
            progress.update(tasks[item.title], completed=total)

    return watch


def _lines(clock: Callable[[], float] = time.monotonic) -> "Watcher":
    missing: dict[str, int] = {}
    shown = clock()

    def watch(item: "HubItem", line: dict[str, Any]) -> None:
        nonlocal shown
        if line["event"] == "found":
            missing[item.title] = line["missing"]
            files = f"{_size(line['bytes'])} in {line['files']} files"
            say(f"{item.title}: {files}, {_size(line['missing'])} to download")
        elif line["event"] == "progress" and clock() - shown >= QUIET:
            shown = clock()
            come, all_of_it = line["bytes"], missing[item.title]
            say(f"{item.title}: {_size(min(come, all_of_it))} of {_size(all_of_it)}")
        elif line["event"] == "done":
            say(f"{item.title}: here")

    return watch
