"""``r1 filter-pass-rate``."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_command, takes_keys
from r1cli.cli.made_dataset import say_what_next, what_trains
from r1cli.cli.output import emit, print_table, say, say_command
from r1cli.commands import COMMANDS, Positional
from r1cli.data.source import DATASET

if TYPE_CHECKING:
    from r1cli.cli.dry_run import DryRun
    from r1cli.config.config import Config
    from r1cli.prepare.request import Prepared

app = typer.Typer(
    help="Keep the rows that a model solves sometimes: r1 filter-pass-rate --dataset D --model M --reward R. "
    "`r1 filter-pass-rate run -h` lists its options.",
    no_args_is_help=True,
)

#: `r1 filter-pass-rate --dataset D` means `r1 filter-pass-rate run --dataset D`.
DEFAULT_COMMAND = "run"

_RUN, _MEASURE, _SELECT = (COMMANDS[f"filter-pass-rate{name}"] for name in ("", " measure", " select"))
_WORDS = cast("Positional", _SELECT.positional)


@app.command()
@takes_keys(of_command(_RUN.name), _RUN.options, _RUN)
def run(
    keys: Keys,
    config: options.ConfigFile = None,
    profile: options.Profile = None,
    trained: options.Trained = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    every: options.Every = False,
    write: options.WriteTo = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure pass rates, and select rows by them. `r1 filter-pass-rate` alone means this.

    The run keeps the measurement: `select RUN` selects again by other bounds, without a model. The same
    command with the run's --output-dir resumes it.
    """
    from r1cli.cli.dry_run import asked_for

    shown = asked_for(dry_run, as_json, every, write)
    _run(_RUN.name, keys, config, profile, trained, shown)


@app.command()
@takes_keys(of_command(_MEASURE.name), _MEASURE.options, _MEASURE)
def measure(
    keys: Keys,
    config: options.ConfigFile = None,
    profile: options.Profile = None,
    trained: options.Trained = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    every: options.Every = False,
    write: options.WriteTo = None,
    as_json: options.AsJson = False,
) -> None:
    """Only measure: sample completions of each row, and score and store them.

    --min and --max are the bounds that adaptive sampling and --holdout go by.
    """
    from r1cli.cli.dry_run import asked_for

    shown = asked_for(dry_run, as_json, every, write)
    _run(_MEASURE.name, keys, config, profile, trained, shown)


@app.command()
@takes_keys(of_command(_SELECT.name), _SELECT.options, _SELECT)
def select(
    keys: Keys,
    measurements: Annotated[
        list[str] | None, typer.Argument(metavar=_WORDS.metavar.removesuffix("..."), help=_WORDS.help)
    ] = None,
    config: options.ConfigFile = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    every: options.Every = False,
    write: options.WriteTo = None,
    as_json: options.AsJson = False,
) -> None:
    """Only select, from what was measured: no model, no sampling.

    A row is selected if min < pass rate < max. Several measurements are pooled: they must agree in the model,
    in how it sampled and in how completions were scored.
    """
    from r1cli.cli.dry_run import asked_for
    from r1cli.cli.launch import run_command

    more = options.positional(_SELECT.name, measurements or [])
    request = options.request(keys, None, None, config, more)
    run_command(_SELECT.name, request, dry_run=asked_for(dry_run, as_json, every, write))


def _run(
    name: str,
    keys: Keys,
    config: list[Path] | None,
    profile: str | None,
    trained: Path | None,
    dry_run: "DryRun | None",
) -> None:
    from r1cli.cli.launch import run_command

    request = options.request(keys, None, profile, config, options.model_of(trained, keys))
    run_command(name, request, dry_run=dry_run)


def show_figures(prepared: "Prepared", run_dir: Path) -> None:
    """Prints what a finished run has measured and selected, and what can be done with it."""
    path = run_dir / "figures.json"
    if not path.exists():  # a share of an array, whose others are not done
        return
    figures = json.loads(path.read_text(encoding="utf-8"))
    shown = figures.get("selection") or figures["measurement"]
    measured = figures.get("measurement")
    for name, part in figures.items():
        print_table((name, ""), _rows_of(part))
        emit("")
    emit("\n".join(["pass rate  rows", *_lines(shown["histogram"])]))
    if measured and (adaptive := measured.get("adaptive")):
        say(
            f"adaptive sampling took {adaptive['samples']:,} samples where a fixed number takes "
            f"{adaptive['samples_of_a_fixed_number']:,}: {adaptive['saved_share']:.0%} saved"
        )
    if measured and 2 * measured["outcomes"]["truncated"] > measured["completions"]:
        cut = f"{measured['outcomes']['truncated']:,} of {measured['completions']:,} completions"
        say(f"warning: {cut} were cut off: raise --max-new-tokens")
    if missing := shown.get("rows_missing_to_target_size"):
        say(_missed_target(prepared.config, shown, missing))
    say(f"dataset: {run_dir / DATASET}")
    if "selection" not in figures:
        say_command("select rows of it", _selecting(prepared.config, run_dir, "0.1", "0.9"))
        return
    if shown.get("traces", shown["selected"]):
        # A run of an older r1 has not noted its reward.
        say_what_next(run_dir, what_trains(run_dir, figures["selection"].get("reward", "accuracy")))
    else:
        say(f"warning: it is empty: {_why_empty(figures['selection'])}")
    if measured:
        say_command("select again, without the model", _selecting(prepared.config, run_dir, "0.2", "0.8"))


def _selecting(config: "Config", run_dir: Path, low: str, high: str) -> str:
    """The command that selects by other bounds, and counts completions as the run did."""
    from r1cli.pass_rate.schema import Counting

    words = ["r1", "filter-pass-rate", "select", str(run_dir), "--min", low, "--max", high]
    for name in ("reward", "truncated", "faulty"):
        value = config.get(f"{Counting.group}.{name}")
        if value not in (None, getattr(Counting, name)):
            words += [f"--{name}", str(value)]
    return shlex.join(words)


def _why_empty(selection: dict[str, Any]) -> str:
    if selection["selected"]:
        return f"no completion of the {selection['selected']:,} selected rows passes: raise --min"
    if few := selection.get("rows_of_too_few_samples", 0):
        return f"the {few:,} rows within the bounds have too few samples"
    return "no row has a pass rate within the bounds"


def _missed_target(config: "Config", selected: dict[str, Any], missing: int) -> str:
    low, high, found = config.get("pass_rate.min"), config.get("pass_rate.max"), selected["selected"]
    few = selected["rows_of_too_few_samples"]
    lacking = f", and {few:,} more do with fewer samples than --min-samples requires" if few else ""
    return (
        f"warning: {found:,} rows of the {found + missing:,} that --target-size asks for: only these have a "
        f"pass rate between {low:g} and {high:g}{lacking}; --min and --max set the bounds"
    )


def _rows_of(figures: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, value in figures.items():
        if name in ("histogram", "adaptive"):
            continue
        for part, one in value.items() if isinstance(value, dict) else [("", value)]:
            rows.append((f"{name} {part}".strip().replace("_", " "), _cell(one)))
    return rows


def _cell(value: Any) -> str:
    if isinstance(value, dict):  # of the bias
        return f"{value['selected_by']} on the samples that selected, {value['held_out']} on held-out ones"
    return "" if value is None else f"{value}"


def _lines(histogram: dict[str, list[int]]) -> list[str]:
    from r1cli.pass_rate.histogram import as_lines

    return as_lines(histogram["rows"], histogram["selected"])
