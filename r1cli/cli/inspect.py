"""``r1 inspect``: the completions of a run, one after the other."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, emit_json, say, visible
from r1cli.errors import R1Error, did_you_mean

if TYPE_CHECKING:
    from r1cli.rewards.run_completions import RunCompletion

# Characters of a text that are shown: its first and its last.
_FIRST, _LAST = 1_500, 1_000
# Completions that are printed unless the user says otherwise.
_LIMIT = 20
# The ways to sort, and whether the largest comes first.
_ORDERS = {"reward": False, "-reward": True}


def inspect(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run of grpo, evaluate, generate, reward probe or filter-pass-rate: its directory, or its "
            "name below ./runs. "
            "Default: the newest run that has completions.",
            show_default=False,
        ),
    ] = None,
    step: Annotated[
        int | None, typer.Option(help="Only this step of a training.", show_default=False)
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(help="reward: the lowest first; -reward: the highest first.", show_default=False),
    ] = None,
    reward: Annotated[
        str | None,
        typer.Option(help="The reward that --sort and --failed mean, and that is shown.", show_default=False),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what scored less than 1, or has no score.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"Maximum number to show. Default: {_LIMIT}, with --json all.", show_default=False
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Look at the completions of a run: prompt, reference answer, the answer that was read, each reward.

    --failed looks at the first reward, or at --reward NAME. Text of models is shown with its control
    characters written out, and long ones are cut; --json has all of it.
    """
    from r1cli.rewards.run_completions import has_completions, read_run_completions
    from r1cli.runs.locate import RUNS, find_run, find_runs, short_name

    if sort is not None and sort not in _ORDERS:
        fix = did_you_mean(sort, _ORDERS, "use reward or -reward")
        raise R1Error(f"cannot sort by '{sort}'", where="flag --sort", fix=fix)
    newest = next(filter(has_completions, find_runs(RUNS)), None) if run is None else None
    run_dir = newest or find_run(run)
    if newest:
        say(f"run: {short_name(newest)}, the newest with completions")
    found = read_run_completions(run_dir, step)
    if reward is not None:
        _require_reward(reward, found)
    none = "no completion scored less than 1" if failed and found else "there are no completions"
    if failed:
        found = [one for one in found if _has_failed(one, reward)]
    if sort is not None:
        found = _sorted(found, reward, _ORDERS[sort])
    shown = found[: limit or (len(found) if as_json else _LIMIT)]
    if as_json:
        emit_json([_tree(one, reward) for one in shown])
        return
    for one in shown:
        # Not `emit`: what a model wrote does nothing in the terminal that shows a file later either.
        emit(visible("\n".join(_lines(one, reward)) + "\n"))
    if not found:
        say(none)
    elif len(shown) < len(found):
        say(f"{len(shown)} of {len(found)}: --limit {len(found)} shows all")


def _require_reward(name: str, completions: "list[RunCompletion]") -> None:
    known = list(dict.fromkeys(each for one in completions for each in one.scores))
    if name not in known:
        fix = did_you_mean(name, known, f"its rewards are {', '.join(known)}" if known else "leave it out")
        raise R1Error(f"the run has no reward '{name}'", where="flag --reward", fix=fix)


def _score(one: "RunCompletion", reward: str | None) -> float | None:
    return one.scores.get(reward) if reward else next(iter(one.scores.values()), None)


def _has_failed(one: "RunCompletion", reward: str | None) -> bool:
    score = _score(one, reward)
    return bool(one.fault) or score is None or score < 1


def _sorted(completions: "list[RunCompletion]", reward: str | None, highest: bool) -> "list[RunCompletion]":
    """By a reward, or by the sum of all; completions without a score come last."""

    def place(one: "RunCompletion") -> tuple[bool, float]:
        value = one.scores.get(reward) if reward else one.reward
        return value is None, 0.0 if value is None else -value if highest else value

    return sorted(completions, key=place)


def _scores(one: "RunCompletion", reward: str | None) -> dict[str, float | None]:
    return {reward: one.scores.get(reward)} if reward else dict(one.scores)


def _tree(one: "RunCompletion", reward: str | None) -> dict[str, Any]:
    return {
        **one.place,
        "prompt": one.prompt,
        "reference": one.reference,
        "completion": one.completion,
        "answer": one.answer,
        "reward": one.reward,
        "rewards": _scores(one, reward),
        "fault": one.fault or None,
        "notes": dict(one.notes),
    }


def _lines(one: "RunCompletion", reward: str | None) -> Iterator[str]:
    place = ", ".join(f"{name} {value}" for name, value in one.place.items() if value is not None)
    scores = _scores(one, reward)
    if len(scores) > 1 and one.reward is not None:
        scores["weighted sum"] = one.reward
    shown = ", ".join(f"{name} {_number(value)}" for name, value in scores.items())
    yield f"--- {place}: {shown}" if shown else f"--- {place}"
    yield from _block("prompt", _text(one.prompt))
    if one.reference is not None:
        yield from _block("reference", _text(one.reference))
    cut = " (cut off at the length limit)" if one.notes.get("finish_reason") == "length" else ""
    yield from _block(f"completion{cut}", _text(one.completion))
    if one.answer is not None:
        yield from _block("answer", one.answer)
    elif one.reference is not None and one.reads_answers:
        yield "answer: none was read"
    for name, value in one.notes.items():
        if value not in (None, "", []) and name != "finish_reason":
            yield from _block(name, _number(value) if isinstance(value, float) else _text(value))
    if one.fault:
        yield from _block("fault", one.fault)


def _block(name: str, text: str) -> Iterator[str]:
    """A text below its name and indented, so that nothing in it looks like a line of r1's own."""
    lines = _cut(text).split("\n")
    if len(lines) == 1:
        yield f"{name}: {lines[0]}"
        return
    yield f"{name}:"
    yield from (f"  {line}" for line in lines)


def _cut(text: str) -> str:
    left_out = len(text) - _FIRST - _LAST
    if left_out <= 0:
        return text
    note = f"[{left_out:,} of {len(text):,} characters are left out here: --json has all]"
    return f"{text[:_FIRST]}\n{note}\n{text[-_LAST:]}"


def _text(value: Any) -> str:
    """Text, a chat with who says what, or JSON."""
    if isinstance(value, str):
        return value
    if (
        isinstance(value, list)
        and value
        and all(isinstance(turn, Mapping) and "role" in turn for turn in value)
    ):
        if len(value) == 1:
            return _said(value[0])
        return "\n".join(f"{turn['role']}: {_said(turn)}" for turn in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _said(turn: Mapping[str, Any]) -> str:
    content = turn.get("content") or ""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
    calls = turn.get("tool_calls")
    return f"{text}\n{json.dumps(calls, ensure_ascii=False, default=str)}" if calls else text


def _number(value: float | None) -> str:
    return "None" if value is None else f"{value:.4g}"
