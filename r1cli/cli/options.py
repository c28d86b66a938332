"""The options that several commands share, and what they say together."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.config.settings import FLAGS, Setting, from_arguments, from_set

if TYPE_CHECKING:
    from r1cli.config.resolve import Request

# The commands that are configured by keys take those keys as options too: resolving checks them.
TAKES_KEYS = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "token_normalize_func": lambda token: token.replace("_", "-"),
}


def set_debug(wanted: bool) -> None:
    if wanted:
        os.environ["R1_DEBUG"] = "1"


Preset = Annotated[str | None, typer.Option(help="A named recipe.", show_default=False)]
Profile = Annotated[
    str | None,
    typer.Option(help="Named overrides: dev, prod, test, profile, or one of a file's _profiles."),
]
ConfigFile = Annotated[
    list[Path] | None, typer.Option("--config", help="A YAML file of keys; may be repeated, later ones win.")
]
Model = Annotated[str | None, typer.Option(help="A Hub id or a model folder.")]
Trained = Annotated[
    Path | None, typer.Option("--run", help="A run directory, whose model is measured.", show_default=False)
]
Dataset = Annotated[
    str | None,
    typer.Option(
        help="A Hub id, a file or folder (jsonl, json, csv, parquet), or reasoning_gym:TASK?size=1000."
    ),
]
Rewards = Annotated[str | None, typer.Option("--reward", help="Rewards and weights, as accuracy,format:0.5.")]
Gpus = Annotated[str | None, typer.Option(help="How many GPUs, or their ids as 0,3. Default: all visible.")]
OutputDir = Annotated[
    str | None, typer.Option(help="The run directory. Default: runs/<command>-<preset>-<time>.")
]
Offline = Annotated[
    bool | None,
    typer.Option("--offline", help="No network access; missing files are listed.", show_default=False),
]
SetKey = Annotated[list[str] | None, typer.Option("--set", help="key=value, for any key; may be repeated.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the config and the exact commands, run nothing.")
]
Debug = Annotated[
    bool, typer.Option("--debug", callback=set_debug, help="Show the traceback of every error.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsJson = Annotated[bool, typer.Option("--json", help="With --dry-run: print JSON.")]


def model_of(trained: Path | None, model: str | None) -> str | None:
    """The model that --run or --model names.

    Raises:
        R1Error: both do, or the run does not.
    """
    from r1cli.errors import R1Error
    from r1cli.runs.model import model_of_run

    if trained and model:
        what = "--run and --model both name what is measured"
        raise R1Error(what, where="flag --run", fix="leave one out")
    return str(model_of_run(trained)) if trained else model


def flags(context: typer.Context, set_key: list[str] | None, **declared: Any) -> tuple[Setting, ...]:
    """The settings of a command line: declared options that were given, then all others, then --set."""
    given = [
        Setting(key, value, f"flag --{key.replace('_', '-')}", FLAGS)
        for key, value in declared.items()
        if value is not None
    ]
    return (*given, *from_arguments(context.args), *from_set(set_key or []))


def request(
    context: typer.Context,
    preset: str | None,
    profile: str | None,
    config: list[Path] | None,
    set_key: list[str] | None,
    **declared: Any,
) -> "Request":
    """What the options of a command that is configured by keys ask for together."""
    from r1cli.config.resolve import Request

    given = flags(context, set_key, **declared)
    return Request(preset, tuple(config or ()), given, profile=profile)


def split_names(words: list[str]) -> tuple[list[str], list[str]]:
    """What stands before the first option, and what belongs to options that are only known as keys."""
    end = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:end], words[end:]
