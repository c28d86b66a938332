"""``r1 reward``."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options, probe
from r1cli.cli.keys import Keys, of_schemas, takes_keys
from r1cli.cli.output import data_width, emit, print_table, say, visible
from r1cli.errors import R1Error, did_you_mean

if TYPE_CHECKING:
    from r1cli.config.config import Config
    from r1cli.config.schema import Schema
    from r1cli.config.settings import Setting
    from r1cli.plugins.types import Reward
    from r1cli.rewards.score_rows import Scored

app = typer.Typer(help="Inspect rewards, and try them on data.", no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(help="As --reward takes it; `r1 reward list` shows the names.", show_default=False),
]
#: The keys that name rewards.
_REWARD_KEYS = {"reward", "reward_funcs", "rewards", "rewards.reward_funcs"}
#: Characters of a gold or an answer that is shown.
_SHOWN = 100


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


def _choice_schema() -> "list[Schema]":
    from r1cli.rewards.choice import choice_schema

    return [choice_schema("reward")]


@app.command("score")
@takes_keys(of_schemas(_choice_schema, standalone=1), ("reward",))
def score(
    keys: Keys,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE | RUN",
            help="jsonl, json, csv or parquet: a completion in each row, text or chat. Or a run.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            help="Default: FILE.scores.jsonl, the next time FILE.scores-2.jsonl. Never overwritten.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Score the completions in a file or of a run, print the figures, and write the scores.

    A row has a completion, and what the rewards need: prompt, solution, ... --columns.solution answer renames
    one. Parameters are set as for `r1 grpo`: --rewards.cosine.max_len 1000. The completions of one prompt are
    scored together. Those of a run are scored with the run's own rewards unless --reward names others.
    Exits 1 when every row met a fault.
    """
    from r1cli.config.groups.code import Code
    from r1cli.config.groups.data import Columns
    from r1cli.config.groups.rewards import Rewards
    from r1cli.plugins.registry import find_reward
    from r1cli.rewards.choice import check_parameters_set, choose
    from r1cli.rewards.files import claim_next_output, claim_output, read_completions, write_scores
    from r1cli.rewards.score_rows import score_rows
    from r1cli.runs.locate import run_named
    from r1cli.scoring.call import is_not_judged

    given, run_dir = keys.settings, run_named(file)
    if run_dir and not any(setting.key in _REWARD_KEYS for setting in given):
        given = (*_flags_of(_recorded(run_dir)), *given)
    config = choose("reward score", given)
    rewards = config.section(Rewards)
    names = rewards.reward_funcs
    if not names:
        raise R1Error("no reward is named", where="r1 reward score", fix="add --reward accuracy,format:0.5")
    rows = read_completions(file, config.section(Columns).columns, [find_reward(name) for name in names])
    check_parameters_set(config, rows.columns)
    target = output or claim_next_output(file)
    if output:
        claim_output(output)
    try:
        scored = score_rows(rewards, rows, config.section(Code))
    except BaseException:
        target.unlink()
        raise
    write_scores(target, scored.scores, rows.places, scored.notes)
    _show_scores(scored, rewards.weighted)
    _say_what_has_no_score(scored, file)
    late = [fault for fault in scored.scores.faults if is_not_judged(fault)]
    faults = [fault for fault in scored.scores.faults if fault and not is_not_judged(fault)]
    if late:
        say(f"{len(late)} of {len(rows.completions)} rows were not judged, the first: {late[0]}")
    if faults:
        say(f"{len(faults)} of {len(rows.completions)} rows met a fault: see above")
    say(f"scores: {target}")
    if faults and len(faults) == len(rows.completions):
        raise typer.Exit(1)


@app.command("explain")
@takes_keys(of_schemas(_choice_schema, standalone=1))
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
    _refuse_keys(given, _REWARD_KEYS, "the argument names it")
    flags = (*_flags_of({"reward": name}), *given)
    if mode is not None:
        if not has_mode(reward):
            what = f"reward '{name}' does not read a gold of mathematics"
            raise R1Error(what, where="flag --mode", fix="leave it out")
        _refuse_keys(given, {key}, "--mode sets it")
        flags += _flags_of({key: mode})
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


@app.command("audit-gold")
def audit_gold(
    dataset: Annotated[
        str,
        typer.Argument(help="As --dataset takes it: a Hub id, a file or folder, ...", show_default=False),
    ],
    column: Annotated[
        str, typer.Option("--columns.solution", "--column", help="The column of reference answers.")
    ] = "solution",
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many rows are looked at; all by default.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show which of a dataset's reference answers cannot be read, and which deserve a look.

    Exits 1 when any cannot be read.
    """
    from r1cli.children import ask

    request = {"dataset": dataset, "column": column, "limit": limit}
    result = ask("r1cli.rewards.audit", request)
    if as_json:
        emit(json.dumps({**request, **result}, indent=2))
    else:
        _show_golds(("row", "id", "why", "gold"), result["unparsable"])
        _show_golds(("row", "id", "deserves a look", "gold", "read as"), result["look"])
    rows, found = result["rows"], len(result["unparsable"])
    say(f"{rows} reference answers: {found} cannot be read whole, {len(result['look'])} deserve a look")
    if result["text"]:
        say(f"{result['text']} of them are text, of which only the wording can be compared")
    if found:
        raise typer.Exit(1)


def _show_golds(headings: Sequence[str], found: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            str(row["row"]),
            "" if row["id"] is None else str(row["id"]),
            row["reason"],
            _cut(json.dumps(row["gold"], ensure_ascii=False)),
            *([_cut(row["read"])] if "read" in row else []),
        )
        for row in found
    ]
    if rows:
        print_table(headings, rows)


def _cut(text: str) -> str:
    """A text as a table has it: not too long, and with signs that nobody sees written out."""
    text = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


@app.command("disagree")
@takes_keys(of_schemas(_choice_schema, standalone=1))
def disagree(
    keys: Keys,
    file: Annotated[
        str,
        typer.Argument(
            help="jsonl, json, csv or parquet: a completion and a solution in each row.", show_default=False
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """List the rows on which r1's verdict, plain math-verify and lighteval's metric differ.

    --columns.solution answer renames a column. lighteval is asked if it is installed.
    """
    from dataclasses import asdict

    from r1cli.config.groups.data import Columns
    from r1cli.plugins.registry import find_reward
    from r1cli.rewards.choice import choose, verdict_parameters
    from r1cli.rewards.disagree import disagreements
    from r1cli.rewards.files import read_completions

    config = choose("reward disagree", (*_flags_of({"reward": "accuracy"}), *keys.settings))
    rows = read_completions(file, config.section(Columns).columns, [find_reward("accuracy")])
    found, silence = disagreements(rows, verdict_parameters("accuracy", config))
    if as_json:
        emit(json.dumps([asdict(one) for one in found], indent=2))
    elif found:
        names = list(found[0].verdicts)
        said = {True: "right", False: "wrong", None: "cannot say"}
        print_table(
            ("row", "gold", "answer", *names),
            [
                (
                    str(one.row),
                    _cut(one.gold),
                    _cut(one.answer),
                    *(said[one.verdicts[n]] for n in names),
                )
                for one in found
            ],
        )
    if silence:
        say(f"lighteval was not used: {silence}")
    say(f"the verifiers differ on {len(found)} of {len(rows.completions)} rows")


app.command("probe")(probe.probe)


def _recorded(run_dir: Path) -> dict[str, Any]:
    """The rewards of a run as options.

    Raises:
        R1Error: its record names none, as that of a benchmark.
    """
    from r1cli.rewards.run_completions import recorded_rewards

    rewards = recorded_rewards(run_dir)
    if not rewards.reward_funcs:
        fix = "add --reward accuracy,format:0.5; `r1 evaluate score RUN` scores benchmarks as they were"
        raise R1Error("the run's record names no reward", where=str(run_dir), fix=fix)
    named = ",".join(f"{name}:{weight}" for name, weight in rewards.weighted.items())
    parameters = {
        f"rewards.{group}.{key}": value
        for group, given in rewards.parameters.items()
        for key, value in given.items()
    }
    return {"reward": named, **parameters}


def _row(reward: "Reward", plugin: str) -> dict[str, Any]:
    return {
        "name": reward.name,
        "summary": reward.summary,
        "columns": list(reward.columns),
        "per_group": reward.per_group,
        "plugin": plugin or None,
    }


def _refuse_keys(given: "Sequence[Setting]", keys: set[str], why: str) -> None:
    """Refuses keys that would replace what was named otherwise.

    Raises:
        R1Error: one of them is given.
    """
    for setting in given:
        if setting.key.replace("-", "_") in keys:
            what = f"'{setting.key}' is given twice: {why}"
            raise R1Error(what, where=setting.origin, fix="leave one of them out")


def _flags_of(values: Mapping[str, Any]) -> "tuple[Setting, ...]":
    from r1cli.config.settings import FLAGS, Setting

    return tuple(Setting(key, value, f"flag --{key}", FLAGS) for key, value in values.items())


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


def _show_scores(scored: "Scored", weights: dict[str, float]) -> None:
    from r1cli.rewards.figures import figures
    from r1cli.scoring.statistics import totals

    columns = dict(scored.scores.values)
    if len(columns) > 1:
        columns["weighted sum"] = totals(scored.scores.masked(), weights)
    rows = []
    for name, values in columns.items():
        found, faults = figures(values), scored.faults.get(name, 0)
        numbers = (found.mean, found.std, found.low, found.high)
        shown = ("" if number is None else f"{number:.4g}" for number in numbers)
        weight = f"{weights[name]:g}" if name in weights else ""
        rows.append((name, weight, str(found.n), *shown, str(found.none - faults), str(faults)))
    print_table(("reward", "weight", "n", "mean", "std", "min", "max", "None", "faults"), rows)


def _say_what_has_no_score(scored: "Scored", file: str) -> None:
    """Names the rewards whose reference answers cannot be read, and the command that shows these."""
    from r1cli.plugins.registry import find_reward
    from r1cli.rewards.choice import has_mode

    for name, values in scored.scores.values.items():
        missing = values.count(None) - scored.faults.get(name, 0)
        if missing > 0 and has_mode(find_reward(name)):
            lacking = f"{missing} of {len(values)} rows, whose reference answers cannot be read"
            say(f"{name} has no score for {lacking}: `r1 reward audit-gold {file}` shows them")
