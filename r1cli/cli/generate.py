"""``r1 generate``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_command, takes_keys
from r1cli.cli.made_dataset import say_what_next
from r1cli.cli.output import emit, print_table, say
from r1cli.commands import COMMANDS
from r1cli.data.source import DATASET
from r1cli.generate.schema import RETRY, Generate

if TYPE_CHECKING:
    from r1cli.config.resolve import Request
    from r1cli.prepare.request import Prepared

_ROW = COMMANDS["generate"]


@takes_keys(of_command(_ROW.name), _ROW.options, _ROW)
def generate(
    keys: Keys,
    config: options.ConfigFile = None,
    profile: options.Profile = None,
    trained: options.Trained = None,
    set_key: options.SetKey = None,
    preview: Annotated[
        int | None,
        typer.Option(min=1, help="Only sample this number of rows, and show them.", show_default=False),
    ] = None,
    dry_run: options.DryRun = False,
    every: options.Every = False,
    write: options.WriteTo = None,
    as_json: options.AsJson = False,
) -> None:
    """Sample completions for the rows of a dataset, score them, and write them as a dataset.

    The rows need a column `prompt`, or --data.prompt_template. The same command with the run's --output-dir
    resumes it. `--dataset RUN` reads what a run has written.
    """
    from r1cli.cli.dry_run import asked_for
    from r1cli.cli.launch import run_command

    shown = asked_for(dry_run, as_json, every, write)
    request = options.request(keys, None, profile, config, options.model_of(trained, keys))
    if preview and not shown:
        run_command(_ROW.name, _first_rows(request, preview), dry_run=None, then=_show_rows)
    else:
        run_command(_ROW.name, request, dry_run=shown)


def _first_rows(request: "Request", number: int) -> "Request":
    """A request for the first rows alone, in their own run directory."""
    from dataclasses import replace

    from r1cli.config.config import OUTPUT_DIR
    from r1cli.config.settings import FLAGS, Setting
    from r1cli.prepare.request import prepare

    run_dir = f"{prepare(_ROW.name, request).job.run_dir}-preview-{number}"
    own = [
        Setting(key, value, "flag --preview", FLAGS)
        for key, value in (("generate.num_rows", number), (OUTPUT_DIR, run_dir))
    ]
    replaced = {one.key for one in own}
    kept = [one for one in request.flags if one.key.replace("-", "_") not in (*replaced, "output_dir")]
    return replace(request, flags=(*kept, *own))


def show_figures(prepared: "Prepared", run_dir: Path) -> None:
    """Prints what a finished run has counted, and what its dataset is for."""
    figures = _print_figures(run_dir)
    if not figures:
        return
    say(f"dataset: {run_dir / DATASET}")
    cut_off = figures["cut_off_share"] > 0.5
    if figures["written"]:
        # Of those that are tried again, the first tries count too.
        if cut_off and prepared.config.section(Generate).on_truncated != RETRY:
            say("warning: most completions were cut off: raise --max-new-tokens")
        say_what_next(run_dir, "r1 sft")
        return
    why = "; most were cut off: raise --max-new-tokens" if cut_off else "; the table has the reasons"
    say(f"warning: it is empty: no completion was kept{why}")


def _print_figures(run_dir: Path) -> dict[str, Any]:
    """Prints what a run has counted, and returns it; nothing before it has counted."""
    path = run_dir / "figures.json"
    if not path.exists():  # a share of an array, whose others are not done
        return {}
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = []
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{name} {part}".strip().replace("_", " "), f"{number}") for part, number in parts]
    print_table(("figure", "value"), rows)
    return figures


def _show_rows(prepared: "Prepared", run_dir: Path) -> None:
    """Shows the rows of a preview: each prompt with its completion and rewards."""
    import pyarrow.parquet

    for file in sorted((run_dir / DATASET / "data").iterdir()):
        for row in pyarrow.parquet.read_table(file).to_pylist():
            emit(_row_text(row))
    _print_figures(run_dir)


def _row_text(row: dict[str, Any]) -> str:
    prompt = row["prompt"]
    if not isinstance(prompt, str):
        prompt = "\n".join(f"[{turn['role']}] {turn['content']}" for turn in prompt)
    figures = f"{row['completion_tokens']} tokens, ended by {row['finish_reason']}"
    rewards = "  ".join(f"{name} {value}" for name, value in (row.get("rewards") or {}).items())
    parts = [f"--- {row['id']}: {figures}", prompt, "--- completion", row["completion"]]
    return "\n".join([*parts, *([f"--- {rewards}"] if rewards else []), ""])
