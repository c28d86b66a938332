"""``r1 plugins``."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from r1cli.cli.output import data_console, emit

if TYPE_CHECKING:
    from r1cli.plugins.registry import Plugin

app = typer.Typer(help="Show what plugins add to r1.", no_args_is_help=True)


@app.callback()
def plugins() -> None:
    """Show what plugins add to r1."""


@app.command("list")
def list_plugins(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List every plugin, where it comes from, and what it gives. Exits 1 when one could not be loaded."""
    from r1cli.plugins.registry import load_plugins

    found = load_plugins()
    if as_json:
        rows = [
            {
                "name": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "rewards": {reward.name: reward.summary for reward in plugin.rewards},
                "presets": {path.stem: str(path) for path in plugin.presets},
                "callbacks": {callback.name: callback.summary for callback in plugin.callbacks},
                "error": plugin.error or None,
                "disabled": plugin.disabled,
            }
            for plugin in found
        ]
        emit(json.dumps(rows, indent=2))
    else:
        _show(found)
    if any(plugin.error for plugin in found):
        raise typer.Exit(1)


def _show(found: "tuple[Plugin, ...]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("plugin", "from", "gives", "what it is", box=None, header_style="bold", pad_edge=False)
    for plugin in found:
        gives = [
            *((f"reward {reward.name}", reward.summary) for reward in plugin.rewards),
            *((f"preset {path.stem}", str(path)) for path in plugin.presets),
            *((f"callback {callback.name}", callback.summary) for callback in plugin.callbacks),
        ]
        if plugin.error:
            gives = [("broken", plugin.error)]
        elif plugin.disabled:
            gives = [("disabled", "named in R1_DISABLE_PLUGINS")]
        for what, summary in gives or [("nothing", "")]:
            words = (plugin.name, f"{plugin.distribution} {plugin.version}", what, summary)
            # A stranger's words are text, whatever brackets they hold.
            table.add_row(*map(Text, words))
    data_console().print(table)
