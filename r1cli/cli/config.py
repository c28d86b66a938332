"""``r1 config``."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_named_command, takes_keys
from r1cli.cli.output import emit, emit_json, print_table, say
from r1cli.commands import visible_commands

if TYPE_CHECKING:
    from r1cli.config.config import Config

app = typer.Typer(help="Show and check the config of a command.", no_args_is_help=True)

NAMES = ", ".join(row.name for row in visible_commands())
CommandName = Annotated[str, typer.Argument(metavar="COMMAND", help=f"{NAMES}.")]
# Everything that the command takes: nothing is run here anyway.
DryRun = Annotated[bool, typer.Option("--dry-run", hidden=True)]


@app.callback()
def config_commands() -> None:
    """Show and check the config of a command."""


@app.command("show")
@takes_keys(of_named_command)
def show(
    keys: Keys,
    command: CommandName,
    preset: options.Preset = None,
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    trained: options.Trained = None,
    set_key: options.SetKey = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show where each value comes from.")] = False,
    as_json: options.Json = False,
    dry_run: DryRun = False,
) -> None:
    """Print the resolved config, with the same options as the command: r1 config show grpo --preset NAME.

    Checks keys and values; `r1 config check` finds what is missing to run it.
    """
    from r1cli.cli.launch import show_warnings
    from r1cli.cli.trained_model import with_newest_run
    from r1cli.commands import find_command
    from r1cli.config.resolve import resolve
    from r1cli.config.schema import schema_of
    from r1cli.yaml12 import to_yaml

    row = find_command(command, "r1 config show")
    more = [*options.positional(command, keys.words), *options.model_of(trained, keys)]
    request = with_newest_run(row, options.request(keys, preset, profile, config, more))
    resolved = resolve(schema_of(row), request, row.default_preset)
    show_warnings(resolved.warnings)
    if as_json:
        emit(_as_json(resolved))
    elif explain:
        _explain(resolved)
    else:
        emit(to_yaml(resolved.nested()))


@app.command("check")
@takes_keys(of_named_command)
def check(
    keys: Keys,
    command: CommandName,
    preset: options.Preset = None,
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    trained: options.Trained = None,
    set_key: options.SetKey = None,
    dry_run: DryRun = False,
) -> None:
    """Find every mistake in a config, with the same options as the command: r1 config check grpo ...

    Nothing is loaded or started. This machine itself (GPUs, disk, packages) is checked at launch.
    """
    from r1cli.cli.launch import show_warnings
    from r1cli.cli.trained_model import with_newest_run
    from r1cli.commands import find_command
    from r1cli.prepare.request import prepare
    from r1cli.prepare.target import AS_PLANNED, THIS_MACHINE
    from r1cli.quickstart.start import with_start

    more = [*options.positional(command, keys.words), *options.model_of(trained, keys)]
    row = find_command(command, "r1 config check", hidden=True)
    request = with_newest_run(row, options.request(keys, preset, profile, config, more))
    start = with_start(row, request)
    prepared = prepare(command, start.request, AS_PLANNED if row.trains else THIS_MACHINE, start.promised)
    show_warnings(prepared.warnings)
    say(f"no mistakes found (preset: {prepared.config.preset or 'none'})")


@app.command("keys")
def keys_of(
    command: CommandName,
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD", help="Only keys that it is in: lr, length, checkpoint.", show_default=False
        ),
    ] = "",
    as_json: options.Json = False,
) -> None:
    """List the keys of a command with type, default and what each does: r1 config keys grpo length.

    A word that only one key has shows all about it. Presets set other values: `r1 config show`.
    """
    from r1cli.cli.config_keys import facts, show_keys
    from r1cli.commands import find_command
    from r1cli.config.key_search import find_keys
    from r1cli.config.schema import schema_of

    found = find_keys(schema_of(find_command(command, "r1 config keys")), word)
    if as_json:
        emit_json([facts(leaf) for leaf in found])
    else:
        show_keys(found)


@app.command("schema")
def schema(
    command: CommandName = "grpo",
) -> None:
    """Print the JSON Schema of a command's config files, for editors."""
    from r1cli.commands import find_command
    from r1cli.config.json_schema import json_schema
    from r1cli.config.schema import schema_of

    row = find_command(command, "r1 config schema")
    emit(json.dumps(json_schema(schema_of(row)), indent=2))


def _as_json(config: "Config") -> str:
    tree = {
        "command": config.command,
        "preset": config.preset,
        "profile": config.profile,
        "config": config.nested(),
        "origins": config.origins,
        "warnings": config.warnings,
    }
    return json.dumps(tree, indent=2, default=str)


def _explain(config: "Config") -> None:
    rows = [
        (path, json.dumps(config.values[path], default=str, ensure_ascii=False), config.origins[path])
        for path in config.ordered()
    ]
    print_table(("key", "value", "from"), rows)
