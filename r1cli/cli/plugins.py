"""``r1 plugins``."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, print_table, say

if TYPE_CHECKING:
    from r1cli.plugins.registry import Plugin
    from r1cli.plugins.types import Benchmark, CodeProvider, Reward

app = typer.Typer(help="List plugins, and write and check one.", no_args_is_help=True)


@app.callback()
def plugins() -> None:
    """List plugins, and write and check one."""


@app.command("list")
def list_plugins(as_json: options.Json = False) -> None:
    """List every plugin, where it comes from, and what it adds. Exits 1 if one cannot be loaded."""
    from r1cli.plugins.registry import load_plugins

    found = load_plugins()
    if as_json:
        rows = [
            {
                "name": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                **_offers(plugin),
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


@app.command("new")
def new_plugin(
    name: Annotated[
        str, typer.Argument(help="Name of the package and of its plugin, as my-reward.", show_default=False)
    ],
    kind: Annotated[str, typer.Option(help="What it provides: reward, or code-provider.")] = "reward",
    directory: Annotated[Path, typer.Option(help="The folder that its folder is created in.")] = Path(),
) -> None:
    """Write a project with a reward or a code provider, tests and a README, ready for `pip install -e`."""
    from r1cli.plugins.project import new_project

    for file in new_project(name, directory, kind):
        emit(str(file))
    say(f"next: pip install -e {directory / name}, then `r1 plugins check {name}`")


@app.command("check")
def check_plugin(
    name: Annotated[str, typer.Argument(help="A plugin, or the package that it came with.")],
) -> None:
    """Check the rewards, benchmarks and code providers of an installed plugin.

    Exits 1 if one breaks the contract.
    """
    from r1cli.plugins.kinds import BENCHMARK, CODE_PROVIDER, REWARD, Kind
    from r1cli.raised import said

    checks: list[tuple[Kind[Any], Callable[[Any], bool]]] = [
        (REWARD, _check),
        (BENCHMARK, _check_benchmark),
        (CODE_PROVIDER, _check_provider),
    ]
    broken = False
    for plugin in _find(name):
        found = [(kind, check, offer) for kind, check in checks for offer in plugin.of(kind)]
        for kind, check, offer in found:
            try:
                broken |= check(offer)
            except Exception as error:  # whatever third-party code raises is a violation
                emit(f"{kind.name_of(offer)}: BROKEN: it raised {said(error)}")
                broken = True
        if not found:
            say(f"{plugin.title} has no reward, benchmark or code provider to check")
    if broken:
        raise typer.Exit(1)


def _offers(plugin: "Plugin") -> dict[str, dict[str, str]]:
    """What a plugin offers: for each kind, name and summary."""
    from r1cli.plugins.kinds import KINDS

    return {
        f"{kind.name}s": {kind.name_of(offer): kind.summary_of(offer) for offer in plugin.of(kind)}
        for kind in KINDS
    }


def _show(found: "tuple[Plugin, ...]") -> None:
    from r1cli.plugins.kinds import KINDS

    rows = []
    for plugin in found:
        gives = [
            (f"{kind.name} {kind.name_of(offer)}", kind.summary_of(offer))
            for kind in KINDS
            for offer in plugin.of(kind)
        ]
        if plugin.error:
            gives = [("broken", plugin.error)]
        elif plugin.disabled:
            gives = [("disabled", "named in R1_DISABLE_PLUGINS")]
        origin = f"{plugin.distribution} {plugin.version}"
        rows += [(plugin.name, origin, what, summary) for what, summary in gives or [("nothing", "")]]
    print_table(("plugin", "from", "gives", "what it is"), rows)


def _find(name: str) -> "list[Plugin]":
    """The plugins of that name, or of that package.

    Raises:
        R1Error: there is none, or it could not be loaded.
    """
    from r1cli.errors import R1Error, did_you_mean
    from r1cli.plugins.registry import load_plugins, plain_name

    found = [plugin for plugin in load_plugins() if plain_name(name) in plugin.names]
    if not found:
        known = [word for plugin in load_plugins() for word in (plugin.name, plugin.distribution)]
        # A project that `r1 plugins new` has made here.
        is_here = Path(name, "pyproject.toml").is_file()
        how = "the package that provides it: pip install PACKAGE"
        if is_here:
            how = f"it: pip install -e {shlex.quote(f'./{name}')}"
        install = f"install {how}; `r1 plugins list` shows all"
        # Only a slip of the hand is another one's name: "my-reward" does not mean "rewards".
        fix = install if is_here else did_you_mean(name, known, install, cutoff=0.8)
        raise R1Error(f"the plugin '{name}' is not installed", where="argument NAME", fix=fix)
    for plugin in found:
        if plugin.error or plugin.disabled:
            reason = plugin.error or "R1_DISABLE_PLUGINS names it"
            raise R1Error(
                f"{plugin.title} is not loaded: {reason}",
                where="argument NAME",
                fix="fix the plugin" if plugin.error else "remove its name from R1_DISABLE_PLUGINS",
                exit_code=1,
            )
    return found


def _check(reward: "Reward") -> bool:
    """Prints a line about one reward, and says whether it breaks the contract."""
    from r1cli.errors import R1Error
    from r1cli.testing import check_reward, what_is_missing

    try:
        reward.load()
    except R1Error as error:
        emit(f"{reward.name}: BROKEN: {error}")
        return True
    missing = what_is_missing(reward)
    if missing:
        emit(f"{reward.name}: not checked: it needs {', '.join(missing)}; its own tests can give them")
        return False
    try:
        seconds = check_reward(reward)
    except R1Error as error:
        emit(f"{reward.name}: not checked: {error.what}; its own tests can give it")
        return False
    except AssertionError as error:
        emit(f"{reward.name}: BROKEN: {error}")
        return True
    emit(f"{reward.name}: ok ({seconds:.3f} s for 64 completions)")
    return False


def _check_benchmark(benchmark: "Benchmark") -> bool:
    """Prints a line about one benchmark, and says whether it could not be run."""
    from r1cli.errors import R1Error
    from r1cli.evaluate.benchmarks import check_benchmark

    try:
        check_benchmark(benchmark)
    except R1Error as error:
        emit(f"{benchmark.name}: BROKEN: {error}")
        return True
    emit(f"{benchmark.name}: ok")
    return False


def _check_provider(provider: "CodeProvider") -> bool:
    """Prints a line about one code provider, which runs programs, and says whether it breaks the contract."""
    from r1cli.errors import R1Error
    from r1cli.testing import check_code_provider

    try:
        provider.load()
    except R1Error as error:
        emit(f"{provider.name}: BROKEN: {error}")
        return True
    try:
        check_code_provider(provider)
    except R1Error as error:
        emit(f"{provider.name}: not checked: {error.what}")
        return False
    except AssertionError as error:
        emit(f"{provider.name}: BROKEN: {error}")
        return True
    emit(f"{provider.name}: ok")
    return False
