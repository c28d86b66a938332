"""``r1 reward``."""

import json
from typing import TYPE_CHECKING, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import data_width, emit, print_table
from r1cli.cli.probe import probe
from r1cli.cli.reward_audit import audit_gold, disagree
from r1cli.cli.reward_explain import explain_score
from r1cli.cli.reward_flags import Name
from r1cli.cli.reward_score import score

if TYPE_CHECKING:
    from r1cli.plugins.types import Reward

app = typer.Typer(help="Inspect rewards, and try them on data.", no_args_is_help=True)


@app.callback()
def reward_commands() -> None:
    """Inspect rewards, and try them on data."""


@app.command("list")
def list_rewards(as_json: options.Json = False) -> None:
    """List every reward: what it is, the columns it needs, and the plugin that provides it."""
    from r1cli.plugins.kinds import REWARD
    from r1cli.plugins.registry import load_plugins

    found = [(plugin.title, reward) for plugin in load_plugins() for reward in plugin.of(REWARD)]
    if as_json:
        emit(json.dumps([_row(reward, plugin) for plugin, reward in found], indent=2))
        return
    rows = [(each.name, each.summary, ", ".join(each.columns), plugin) for plugin, each in found]
    print_table(("reward", "what it is", "columns", "from"), rows)


@app.command("show")
def show_reward(name: Name, as_json: options.Json = False) -> None:
    """Print what a reward computes, its parameters, the columns it needs, and its source."""
    import inspect

    from r1cli.cli.wrapping import hanging, wrap_docstring
    from r1cli.plugins.kinds import REWARD
    from r1cli.plugins.registry import find_reward, load_plugins, parameter_group

    reward = find_reward(name, "argument NAME")
    owner = next((plugin.title for plugin in load_plugins() if reward in plugin.of(REWARD)), "")
    function = reward.load()
    formula = inspect.getdoc(function) or ""
    what, source = reward.summary or formula.partition("\n")[0], reward.source or _place(function)
    parameters = reward.parameters()
    required = [key for key, value in parameters.items() if value is inspect.Parameter.empty]
    defaults = {key: value for key, value in parameters.items() if key not in required}
    if as_json:
        more = {"formula": formula, "parameters": defaults, "required": required, "source": source}
        emit(json.dumps({**_row(reward, owner), **more}, indent=2, default=str))
        return
    facts = {
        "what": what,
        "columns": ", ".join(reward.columns) or "none",
        "compares": "the completions of one prompt with each other" if reward.per_group else "",
        "source": source,
        "from": owner,
    }
    for key, value in facts.items():
        if value:
            emit("\n".join(hanging(f"{key + ':':<10} ", value, data_width())))
    if formula not in ("", what):
        emit(f"\n{wrap_docstring(formula, data_width())}")
    if parameters:
        emit("")
    for key in parameters:
        value = "VALUE   (has to be set)" if key in required else json.dumps(defaults[key], default=str)
        emit(f"--rewards.{parameter_group(name)}.{key} {value}")


def _place(function: object) -> str:
    """The file and line of a function; empty for what is not a Python function."""
    import inspect

    code = getattr(inspect.unwrap(function), "__code__", None)  # type: ignore[arg-type]
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""


def _row(reward: "Reward", plugin: str) -> dict[str, Any]:
    return {
        "name": reward.name,
        "summary": reward.summary,
        "columns": list(reward.columns),
        "per_group": reward.per_group,
        "plugin": plugin or None,
    }


app.command("score")(score)
app.command("explain")(explain_score)
app.command("audit-gold")(audit_gold)
app.command("disagree")(disagree)
app.command("probe")(probe)
