"""``r1 data``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.data_edit import edit
from r1cli.cli.keys import Keys, of_schemas, takes_keys
from r1cli.cli.output import data_console, emit, emit_json, print_table, say, visible
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from rich.text import Text

    from r1cli.config.config import Config
    from r1cli.config.schema import Schema

app = typer.Typer(
    help="Look at datasets, mix them, trace their rows, push them to the Hub.", no_args_is_help=True
)

Dataset = Annotated[
    str | None,
    typer.Argument(
        metavar="DATASET", help="Anything that --dataset takes; or use --config.", show_default=False
    ),
]
Tokenizer = Annotated[
    str | None,
    typer.Option(
        help="A Hub id or a model folder: applies its chat template, and counts tokens.", show_default=False
    ),
]
#: How pieces of a row look: what the loss is of, what comes before it, what the length limit cuts off.
_STYLES = {"trained": "green", "context": "dim", "cut": "red strike"}
#: What is around trained text where there are no colours.
_MARKS = ("⟦", "⟧")
# Characters of a cell that is shown beside a row.
_SHOWN = 200


@app.callback()
def data_commands() -> None:
    """Look at datasets, mix them, trace their rows, push them to the Hub."""


def _schemas() -> "list[Schema]":
    from r1cli.train.schema import sft_schema

    return [sft_schema()]


@app.command("show")
@takes_keys(of_schemas(_schemas, standalone=1))
def show(
    keys: Keys,
    dataset: Dataset = None,
    rows: Annotated[int, typer.Option(min=1, help="How many rows are shown.")] = 3,
    first: Annotated[int, typer.Option(min=0, help="The number of the first row.")] = 0,
    tokenizer: Tokenizer = None,
    mask: Annotated[
        bool, typer.Option("--mask", help="Colour the tokens that count for the loss; needs --tokenizer.")
    ] = False,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Show rows as the trainer will see them.

    Takes the keys of `r1 sft`: --columns.prompt question, --assistant_only_loss true, --max_length 4096.
    With --mask, trained text is green, other text dim, and what max_length cuts off red; in a pipe, trained
    text is between ⟦ and ⟧. A dataset with prompts alone is shown as `r1 grpo` samples from it.
    """
    from r1cli.children import ask

    if mask and tokenizer is None:
        raise R1Error("only tokens have a loss mask", where="flag --mask", fix="add --tokenizer MODEL")
    request = _request(keys, dataset, tokenizer, config) | {"first": first, "count": rows}
    found = ask("r1cli.data.show_rows", request)
    if as_json:
        emit_json(found)
        return
    if not found["rows"]:
        raise R1Error(f"there is no row {first}", where="flag --first", fix="`r1 data stats` counts the rows")
    console = data_console()
    for row in found["rows"]:
        console.print(_heading(row, found), style="bold", soft_wrap=True)
        console.print(_text(row["pieces"], mask, colours=console.is_terminal), soft_wrap=True)
        for name, value in row["columns"].items():
            emit(f"{name}: {_cut(value)}")
        emit("")
    say(f"trained on as {' and '.join(found['makes'])}" if found["trained"] else "prompts to sample from")


@app.command("stats")
@takes_keys(of_schemas(_schemas, standalone=1))
def stats(
    keys: Keys,
    dataset: Dataset = None,
    tokenizer: Tokenizer = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Count a dataset's rows, their lengths, languages and sources, and the duplicates among them.

    Takes the keys of `r1 sft`, as `r1 data show`. Duplicates differ only in case and whitespace. Languages
    need `pip install 'r1cli[languages]'`; without it the scripts of the prompts are counted.
    """
    from r1cli.children import ask

    found = ask("r1cli.data.dataset_figures", _request(keys, dataset, tokenizer, config))
    if as_json:
        emit_json(found)
        return
    emit(f"rows: {found['rows']:,}")
    if found["unusable"]:
        emit(f"rows that cannot be used: {found['unusable']:,}")
    emit("".join(f"duplicate {name}: {count:,}\n" for name, count in found["duplicates"].items()))
    headings = (found["unit"], *next(iter(found["lengths"].values())))
    print_table(
        headings,
        [(name, *(f"{value:,}" for value in values.values())) for name, values in found["lengths"].items()],
    )
    languages = found["languages"]
    _print_counts(languages["by"], languages)
    if languages["rows"] < found["rows"] - found["unusable"]:
        say(f"{languages['by']}s are those of {languages['rows']:,} prompts, evenly spread")
    if found["sources"]:
        _print_counts(found["sources"]["column"], found["sources"])


@app.command("mix")
def mix(
    file: Annotated[str, typer.Argument(help="YAML with a mixture: `datasets:`, or a config that has one.")],
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="The dataset folder that is written.")],
    as_json: options.Json = False,
) -> None:
    """Write a mixture once, as a dataset folder that --dataset takes.

    The same file and seed give the same rows in the same order. Each row says which dataset it is from, and
    which row it was there, in the columns mixed_from and mixed_row.
    """
    from r1cli.children import ask
    from r1cli.data.mixture_file import read_mixture_file

    if folder.exists():
        raise R1Error(
            f"'{folder}' exists already", where="argument OUT", fix="name another folder, or remove it"
        )
    data = read_mixture_file(file)
    found = ask(
        "r1cli.data.write_mixture",
        {"data": vars(data), "file": file, "folder": str(folder), "trains": _schemas()[0].command},
    )
    if as_json:
        emit_json({"folder": str(folder), **found})
        return
    print_table(("dataset", "rows"), [(name, f"{count:,}") for name, count in found["rows"].items()])
    emit(found["hash"])
    say(f"written: {folder}\nuse it with --dataset {folder}")


@app.command("trace")
def trace(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET|RUN", help="A dataset folder, a file, or a run.")
    ],
    row: Annotated[str, typer.Argument(help="The number of the row, from 0, or its id.")],
    as_json: options.Json = False,
) -> None:
    """Show where a row comes from, and what was done to it."""
    from r1cli.data.trace_row import trace as trace_row
    from r1cli.runs.locate import run_named

    found = trace_row(str(run_named(dataset) or dataset), row)
    if as_json:
        emit_json({"dataset": found.dataset, "row": row, "names": found.names(), "steps": found.steps})
        return
    for name, value in found.names().items():
        emit(f"{name}: {_cut(_as_text(value))}")
    for name in (name for name in found.row if name not in found.names()):
        emit(f"{name}: {_cut(_as_text(found.row[name]))}")
    emit("")
    for line in _history(found.steps):
        emit(line)
    if not found.steps:
        say("the dataset does not say what was done to it: it has no lineage.json")


app.command("edit")(edit)


@app.command("push")
def push(
    folder: Annotated[
        str, typer.Argument(metavar="RUN|FOLDER", help="A run that wrote a dataset, or a dataset folder.")
    ],
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="The dataset on the Hub.")],
    public: Annotated[
        bool, typer.Option("--public", help="Make it readable for everybody. Default: private.")
    ] = False,
) -> None:
    """Push the dataset of a run, or a dataset folder, to the Hub, as a private dataset."""
    from r1cli.data.push import push as push_folder
    from r1cli.runs.locate import folder_named

    emit(push_folder(folder_named(folder), name, public=public))


def _request(
    keys: Keys, dataset: str | None, tokenizer: str | None, files: list[Path] | None
) -> dict[str, Any]:
    from r1cli.config.groups.data import TrainingData
    from r1cli.data import hub
    from r1cli.prepare.reach import require_hub

    config = _config(keys, dataset, tokenizer, files)
    data = config.section(TrainingData)
    if not (data.dataset_name or data.dataset_mixture):
        raise R1Error("no dataset is named", where="argument DATASET", fix="as in `r1 data show rows.jsonl`")
    needs_model = tokenizer is not None and not hub.has_tokenizer(tokenizer)
    require_hub(config, kinds=(hub.DATASET, hub.MODEL) if needs_model else (hub.DATASET,))
    loss = {
        "completion_only": config.get("training.completion_only_loss"),
        "assistant_only": bool(config.get("training.assistant_only_loss")),
        "max_length": config.get("training.max_length"),
    }
    return {"data": vars(data), "loss": loss, "tokenizer": tokenizer, "trains": config.command}


def _config(keys: Keys, dataset: str | None, tokenizer: str | None, files: list[Path] | None) -> "Config":
    from r1cli.checks.names import no_model_folder
    from r1cli.config.resolve import gather
    from r1cli.config.settings import FLAGS, Setting
    from r1cli.data.source import is_local_path
    from r1cli.files import existing_path

    named = [] if dataset is None else [Setting("dataset", dataset, "argument DATASET", FLAGS)]
    if tokenizer is not None:
        if existing_path(tokenizer) is None and is_local_path(tokenizer):
            raise no_model_folder(tokenizer, "flag --tokenizer")
        named.append(Setting("model", tokenizer, "flag --tokenizer", FLAGS))
    drafted = gather(_schemas()[0], options.request(keys, config=files, more=named))
    if drafted.errors:
        raise R1Error.together(drafted.errors, drafted.warnings)
    for warning in drafted.warnings:
        say(f"warning: {warning}")
    return drafted.config(None)


def _heading(row: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    tokens = row["tokens"] or {}
    counts = [f"{count} {'tokens' if kind == 'all' else kind}" for kind, count in tokens.items()]
    shown = counts if found["trained"] else counts[:1]
    return f"--- row {row['number']}" + (f", {', '.join(shown)}" if shown else "")


def _text(pieces: Sequence[tuple[str, str]], mask: bool, colours: bool) -> "Text":
    from rich.text import Text

    shown = Text()
    for text, kind in pieces:
        before, after = _MARKS if mask and not colours and kind == "trained" else ("", "")
        shown.append(f"{before}{visible(text)}{after}", style=_STYLES[kind] if mask else "")
    return shown


def _print_counts(heading: str, found: Mapping[str, Any]) -> None:
    emit("")
    rows = [(name, f"{count:,}") for name, count in found["values"].items()]
    if found.get("others"):
        rows.append((f"and {found['others']:,} more", ""))
    print_table((heading, "rows"), rows)


def _history(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each step, and one for each of its inputs and settings."""
    for number, step in enumerate(steps, 1):
        yield f"{number}. r1 {step.get('command')} made {step.get('rows')} rows, {step.get('time')}"
        for one in step.get("inputs", ()):
            yield f"   of {one.get('name')}: {one.get('rows')} rows, {one.get('hash')}"
        for name, value in step.get("settings", {}).items():
            yield f"   {name}: {_cut(_as_text(value))}"


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
