"""``r1 presets``."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, print_table, say
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.config.presets import Preset

app = typer.Typer(help="Show the recipes of r1 and its plugins, and copy one.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(help="A preset's name; `r1 presets list` shows them.", show_default=False)
]


@app.callback()
def presets() -> None:
    """Show the recipes of r1 and its plugins, and copy one."""


@app.command("list")
def list_presets(as_json: options.Json = False) -> None:
    """List every preset: what it trains, and the hardware that it requires."""
    from r1cli.config.presets import all_presets

    found = all_presets()
    if as_json:
        emit(json.dumps([_row(preset) for preset in found], indent=2, default=str))
    else:
        _show(found)


@app.command("show")
def show_preset(name: Name, as_json: options.Json = False) -> None:
    """Print what a preset trains, its source and its hardware, and then the preset itself."""
    from r1cli.config.presets import read_preset

    preset = read_preset(name, "argument NAME")
    if as_json:
        emit(json.dumps({**_row(preset), "yaml": preset.text}, indent=2, default=str))
        return
    facts = {
        "what": preset.about.get("summary"),
        "source": preset.about.get("source"),
        "hardware": _hardware(preset),
        "from": preset.plugin,
        "use": _use(preset, f"--preset {preset.name}", preset.name),
    }
    # As comments, so that all of it is still the YAML of the preset.
    emit("".join(f"# {key + ':':<9} {value}\n" for key, value in facts.items() if value))
    emit(f"\n{preset.text}")


@app.command("copy")
def copy_preset(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
) -> None:
    """Copy a preset to your own file, to change it."""
    from r1cli.config.presets import read_preset

    preset = read_preset(name, "argument NAME")
    try:
        with file.open("x", encoding="utf-8") as copy:
            copy.write(preset.text)
    except FileExistsError:
        fix = "give another file, or remove this one first"
        raise R1Error(f"'{file}' exists already", where="argument FILE", fix=fix) from None
    except OSError as error:
        raise R1Error(f"cannot write '{file}': {error.strerror}", where="argument FILE") from None
    name_of_copy = shlex.quote(str(file))
    say(f"copied {preset.name}: `{_use(preset, f'--config {name_of_copy}', name_of_copy)}` takes it")


def _row(preset: "Preset") -> dict[str, Any]:
    return {
        "name": preset.name,
        "kind": preset.kind,
        "plugin": preset.plugin or None,
        "path": str(preset.path),
        "about": preset.about,
    }


def _use(preset: "Preset", flags: str, file: str) -> str:
    """The command line that uses it."""
    if preset.kind == "accelerate":
        return f"r1 sft ... --launch.accelerate {file}"
    return f"r1 {preset.kind or 'COMMAND'} {flags}"


def _hardware(preset: "Preset") -> str:
    """``{gpus: 8, memory_gb: 80, nodes: 16}`` in words. A third-party preset may say anything, or nothing."""
    hardware = preset.about.get("hardware")
    if not isinstance(hardware, dict) or "gpus" not in hardware:
        return ""
    gpus, nodes = hardware["gpus"], hardware.get("nodes", 1)
    if gpus == 0:
        return "CPU"
    words = f"{gpus} GPU{'' if gpus == 1 else 's'}"
    if "memory_gb" in hardware:
        words += f" of {hardware['memory_gb']} GB"
    return words if nodes == 1 else f"{nodes} nodes of {words}"


def _show(found: "list[Preset]") -> None:
    rows = []
    for preset in found:
        # The name of the source; `r1 presets show` has the place in it.
        source = preset.plugin or str(preset.about.get("source", "r1")).partition(",")[0]
        summary = str(preset.about.get("summary", ""))
        rows.append((preset.name, preset.kind, _hardware(preset), source, summary))
    print_table(("preset", "for", "hardware", "from", "what it is"), rows)
