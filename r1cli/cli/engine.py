"""``r1 engine``."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, print_table, say

app = typer.Typer(help="Engines that may need a separate environment: vLLM, lighteval.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="vllm or lighteval.", show_default=False)]


@app.command("list")
def list_engines(as_json: options.Json = False) -> None:
    """Show which interpreter runs each engine, why, and whether r1 supports its version."""
    from r1cli.engines.locate import ENGINES

    rows = [_about(name) for name in ENGINES]
    if as_json:
        emit(json.dumps(rows, indent=2))
        return
    headings = (
        "engine",
        "version",
        "supported",
        "interpreter",
        "why",
        "package set",
    )
    print_table(headings, [tuple(_cells(row)) for row in rows])


def _about(name: str) -> dict[str, Any]:
    """What there is of an engine; None for what is not there."""
    from r1cli.engines.install import installed_set
    from r1cli.engines.locate import ENGINES, engine_version, locate_engine
    from r1cli.errors import R1Error
    from r1cli.system import visible_gpus

    engine, packages, python, version = ENGINES[name], installed_set(name), None, None
    try:
        found = locate_engine(name, gpus=bool(visible_gpus()))
        python, why, version = found.python, found.why, engine_version(name, found.python) or None
    except R1Error as error:
        why = error.what
    return {
        "name": name,
        "version": version,
        "known": engine.knows(version) if version else None,
        "known_versions": engine.known,
        "python": python,
        "why": why,
        "package_set": packages.pins,
        "package_set_tried": packages.tried,
    }


def _cells(row: dict[str, Any]) -> Iterator[str]:
    yield row["name"]
    yield row["version"] or ("NOT THERE" if row["python"] else "none")
    yield row["known_versions"] if row["known"] is not False else f"NO, only {row['known_versions']}"
    yield row["python"] or "none"
    yield row["why"]
    yield row["package_set_tried"]


@app.command()
def install(
    name: Name,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="For GPUs that other machines have: on a login node.")
    ] = False,
) -> None:
    """Create an environment for an engine under R1_HOME, with packages that are tested together."""
    from r1cli.engines.install import install_engine, package_set
    from r1cli.engines.locate import engine_version, environment_of, locate_engine

    packages = package_set(name, gpu)
    say(f"{' and '.join(packages.packages)} with the versions of {packages.pins}: {packages.tried}")
    done = install_engine(name, packages)
    python = str(environment_of(name) / "bin" / "python")
    say(f"{name} {engine_version(name, python)} {'is installed' if done else 'was there already'}")
    used = locate_engine(name)
    if used.python != python:
        say(f"warning: it is not used: {used.why} ({used.python})")
    emit(python)


@app.command()
def path(name: Name) -> None:
    """Print the interpreter that runs an engine."""
    from r1cli.engines.install import package_set
    from r1cli.engines.locate import find_engine
    from r1cli.system import visible_gpus

    package_set(name)
    emit(find_engine(name, gpus=bool(visible_gpus())))
