"""``r1 reward explain``: what a reward gives for one completion, and why."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import probe
from r1cli.cli.keys import Keys, of_schemas, takes_keys
from r1cli.cli.output import emit, visible
from r1cli.cli.reward_flags import REWARD_KEYS, Name, choice_schemas, flags_of
from r1cli.errors import R1Error, did_you_mean

if TYPE_CHECKING:
    from r1cli.config.config import Config
    from r1cli.config.settings import Setting


@takes_keys(of_schemas(choice_schemas, standalone=1))
def explain_score(
    keys: Keys,
    name: Name,
    completion: Annotated[str, typer.Option(help="The completion, or @FILE.", show_default=False)],
    gold: Annotated[str | None, typer.Option(help="The reference answer: column solution.")] = None,
    prompt: Annotated[str | None, typer.Option(help="The question, for rewards that look at it.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, another column of the row, as nums=[1,2]; repeatable."),
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="How the gold is read: auto, latex, number, boxed, text, solution.")
    ] = None,
) -> None:
    """Print what a reward gives for one completion, and why: what it notes; in mathematics, what was read.

    Parameters are set as for `r1 grpo`: --rewards.cosine.max_len 1000.
    """
    from r1cli.plugins.registry import find_reward, parameter_group
    from r1cli.rewards.choice import (
        check_parameters_set,
        choose,
        has_mode,
        needed_columns,
        verdict_parameters,
    )

    text = _text(completion)
    reward = find_reward(name, "argument NAME")
    given, key = keys.settings, f"rewards.{parameter_group(name)}.mode"
    _refuse_keys(given, REWARD_KEYS, "the argument names it")
    flags = (*flags_of({"reward": name}), *given)
    if mode is not None:
        if not has_mode(reward):
            what = f"reward '{name}' does not read a gold of mathematics"
            raise R1Error(what, where="flag --mode", fix="leave it out")
        _refuse_keys(given, {key}, "--mode sets it")
        flags += flags_of({key: mode})
    config = choose("reward explain", flags)
    parameters = verdict_parameters(name, config)
    if has_mode(reward):
        _mode(str(parameters.get("mode", "auto")))
    row = _row_of(prompt, gold, column or [])
    lacking = [each for each in needed_columns(reward) if each not in row]
    if lacking and not (lacking == ["prompts"] and reward.per_group):
        flag = {"solution": "--gold TEXT", "prompts": "--prompt TEXT"}
        fix = " ".join(flag.get(each, f"--column {each}=VALUE") for each in lacking)
        what = f"reward '{name}' needs {' and '.join(lacking)} beside a completion"
        raise R1Error(what, where="argument NAME", fix=f"give {fix}")
    check_parameters_set(config, row)
    value, fault, notes = _score_one(config, text, row)
    emit(f"{name}: {'fault: ' + fault if fault else probe.shown(value)}")
    explained = "solution" in row and has_mode(reward)
    for noted, note in notes.items():
        # The verdict shows the answer with all that was made of it.
        if note not in (None, "") and not (explained and noted == "answer"):
            emit(f"{noted}: {note}")
    if explained:
        emit(_verdict(row["solution"], text, parameters))
    if fault:
        raise typer.Exit(1)


def _refuse_keys(given: "Sequence[Setting]", keys: set[str], why: str) -> None:
    """Refuses keys that would replace what was named otherwise.

    Raises:
        R1Error: one of them is given.
    """
    for setting in given:
        if setting.key.replace("-", "_") in keys:
            what = f"'{setting.key}' is given twice: {why}"
            raise R1Error(what, where=setting.origin, fix="leave one of them out")


def _text(argument: str) -> str:
    """The completion itself, or what the file after an @ holds, without the last line break of editors."""
    if not argument.startswith("@"):
        return argument
    try:
        return Path(argument[1:]).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        from r1cli.data.source import neighbours

        reason = getattr(error, "strerror", None) or str(error)
        fix = did_you_mean(
            argument[1:],
            neighbours(argument[1:]),
            "name a text file after the @, or write the completion itself",
        )
        raise R1Error(f"cannot read '{argument[1:]}': {reason}", where="flag --completion", fix=fix) from None


def _row_of(prompt: str | None, gold: str | None, columns: Sequence[str]) -> dict[str, Any]:
    """The row that a completion is of; a column's value is JSON where it can be read as such."""
    from r1cli.scoring.call import ON_REQUEST

    row: dict[str, Any] = {"prompts": prompt, "solution": gold}
    for said in columns:
        name, equals, value = said.partition("=")
        if not (name and equals) or name in ("completions", *ON_REQUEST):
            raise R1Error(f"'{said}' is not a column", where="flag --column", fix="as nums=[1,2]")
        try:
            row[name] = json.loads(value)
        except ValueError:
            row[name] = value
    return {name: value for name, value in row.items() if value is not None}


def _score_one(
    config: "Config", text: str, row: Mapping[str, Any]
) -> tuple[float | None, str | None, dict[str, Any]]:
    """A completion's score, its fault, and what the reward adds to the table of completions, by column."""
    from contextlib import closing

    from r1cli.config.groups.code import Code
    from r1cli.config.groups.rewards import Rewards
    from r1cli.rewards.score_rows import with_any_faults
    from r1cli.scoring.choose import make_scorer

    columns = {name: [value] for name, value in {"prompts": "", **row}.items()}
    added: dict[str, list[Any]] = {}
    with closing(make_scorer(with_any_faults(config.section(Rewards)), config.section(Code))) as scorer:
        (outcome,) = scorer.score([text], log_extra=added.__setitem__, **columns).outcomes.values()
    return outcome.values[0], outcome.faults[0], {column: values[0] for column, values in added.items()}


def _mode(name: str) -> str:
    """A way to read reference answers.

    Raises:
        R1Error: there is none of that name.
    """
    from r1cli.verdicts.terms import MODES

    if name not in MODES:
        fix = did_you_mean(name, MODES, f"the modes are {', '.join(MODES)}")
        raise R1Error(f"unknown mode '{name}'", where="flag --mode", fix=fix)
    return name


def _verdict(gold: object, text: str, parameters: Mapping[str, Any]) -> str:
    """What mathematics makes of the two: what was found and read, and what decided."""
    from r1cli.scoring.math import explain

    verdict = explain(gold, text, **parameters)
    found = verdict.found
    place = f" ({found.rule}, characters {found.start} to {found.end})" if found else ""
    facts = {
        "gold": ", ".join(verdict.gold) or "not read",
        "found": f"{visible(found.text)}{place}".replace("\n", "\\n")
        if found
        else f"nothing: {verdict.nothing}",
        "answer": ", ".join(verdict.answer) or "not read",
        "decided": verdict.reason,
    }
    return "\n".join(f"{name + ':':<8} {fact}" for name, fact in facts.items())
