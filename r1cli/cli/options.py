"""The options that several commands share, and what they say together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from r1cli.cli.keys import Keys
    from r1cli.config.resolve import Request
    from r1cli.config.settings import Setting

Preset = Annotated[str | None, typer.Option(help="A named recipe.", show_default=False)]
Profile = Annotated[
    str | None,
    typer.Option(help="Named overrides: dev, prod, test, profile, or one of a file's _profiles."),
]
ConfigFile = Annotated[
    list[Path] | None, typer.Option("--config", help="A YAML file of keys; may be repeated, later ones win.")
]
Trained = Annotated[
    Path | None,
    typer.Option(
        "--run",
        help="A run, by its directory or its name below ./runs, or a folder: its model is used.",
        show_default=False,
    ),
]
SetKey = Annotated[list[str] | None, typer.Option("--set", help="key=value, for any key; may be repeated.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the config and the exact commands, run nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Start without asking.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the first row, as the model sees it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Every = Annotated[
    bool, typer.Option("--all", help="With --dry-run: print every value, defaults too.", show_default=False)
]
WriteTo = Annotated[
    Path | None,
    typer.Option(
        "--write", help="With --dry-run: a folder for the files that the command needs.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="With --dry-run: print JSON.")]


#: How ``--model`` may be spelt.
_MODEL = ("model", "model_name", "model_name_or_path", "model.name", "model.model_name_or_path")


def request(
    keys: "Keys",
    preset: str | None = None,
    profile: str | None = None,
    config: list[Path] | None = None,
    more: "Sequence[Setting]" = (),
) -> "Request":
    """What the options of a command that takes keys ask for together.

    Args:
        keys: of the command line.
        preset: ``--preset``.
        profile: ``--profile``.
        config: ``--config``, each.
        more: what the command's words and own options stand for.
    """
    from r1cli.config.resolve import Request

    flags = (*more, *keys.settings)
    return Request(preset, tuple(config or ()), flags, profile=profile)


def positional(command: str, words: Sequence[str]) -> "list[Setting]":
    """The key that a command's words without dashes stand for.

    Raises:
        R1Error: the command takes no such words, or only one.
    """
    from r1cli.commands import find_command, load
    from r1cli.config.settings import FLAGS, Setting
    from r1cli.errors import R1Error

    row = find_command(command, hidden=True).positional
    if not words:
        return []
    if row is None or (len(words) > 1 and not row.many):
        extra = words[0] if row is None else words[1]
        fix = "options are written --key value or --key=value"
        raise R1Error(f"unexpected argument '{extra}'", where=f"r1 {command}", fix=fix)
    value = load(row.read)(words[0]) if row.read else ",".join(words)
    return [Setting(row.key, value, f"argument {row.metavar}", FLAGS)]


def model_of(trained: Path | None, keys: "Keys", words: "Sequence[str] | None" = None) -> "list[Setting]":
    """The model that ``--run`` names.

    Args:
        trained: the run directory, or its name below ./runs; a folder with a model will do.
        keys: of the command line.
        words: those that name a model too.

    Raises:
        R1Error: ``--model`` names one as well, or the run has no model.
    """
    from r1cli.config.settings import FLAGS, Setting
    from r1cli.errors import R1Error
    from r1cli.runs.locate import find_run, run_named
    from r1cli.runs.model import model_folder, model_of_run

    if trained is None:
        return []
    if words or any(setting.key.replace("-", "_") in _MODEL for setting in keys.settings):
        raise R1Error("--run and --model both name a model", where="flag --run", fix="leave one out")
    folder = None if run_named(str(trained)) else model_folder(str(trained))
    model = folder or model_of_run(find_run(str(trained)))
    return [Setting("model", str(model), "flag --run", FLAGS)]
