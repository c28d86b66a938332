"""``r1 reward score``: rewards on completions that exist."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli.keys import Keys, of_schemas, takes_keys
from r1cli.cli.output import print_table, say
from r1cli.cli.reward_flags import REWARD_KEYS, choice_schemas, flags_of
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.rewards.score_rows import Scored

_EXAMPLE = "--reward accuracy,format:0.5"


@takes_keys(of_schemas(choice_schemas, standalone=1), ("reward",))
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
    from r1cli.scoring.call import is_not_judged

    given = keys.settings
    if not any(setting.key in REWARD_KEYS for setting in given):
        given = (*flags_of(_own_rewards(file)), *given)
    config = choose("reward score", given)
    rewards = config.section(Rewards)
    names = rewards.reward_funcs
    if not names:
        raise R1Error("no reward is named", where="r1 reward score", fix=f"add {_EXAMPLE}")
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


def _own_rewards(name: str) -> dict[str, Any]:
    """The rewards of a run as options; empty for a file.

    Raises:
        R1Error: the run has no completions, or its record names no rewards, as that of a benchmark; or the
            file is a part of a run, which has both.
    """
    from r1cli.evaluate.result_files import RESULTS
    from r1cli.rewards.run_completions import read_run_completions, recorded_rewards, run_around
    from r1cli.runs.locate import run_named, short_name

    named_run = run_named(name)
    run_dir = named_run or run_around(Path(name))
    if run_dir is None:
        return {}
    rewards, short = recorded_rewards(run_dir), shlex.quote(short_name(run_dir))
    if named_run is None:
        command = f"r1 reward score {short}" + ("" if rewards.reward_funcs else f" {_EXAMPLE}")
        fix = f"`{command}` scores all of the run"
        raise R1Error("this file is a part of a run, and names no rewards", where=name, fix=fix)
    if not rewards.reward_funcs:
        read_run_completions(run_dir)
        fix = f"add {_EXAMPLE}"
        if (run_dir / RESULTS).exists():
            fix += f"; `r1 evaluate score {short}` scores benchmarks as they were"
        raise R1Error("the run's record names no reward", where=str(run_dir), fix=fix)
    named = ",".join(f"{name}:{weight}" for name, weight in rewards.weighted.items())
    parameters = {
        f"rewards.{group}.{key}": value
        for group, given in rewards.parameters.items()
        for key, value in given.items()
    }
    return {"reward": named, **parameters}


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
        # What is smaller is left of rounding, and adding 0 takes the sign off.
        shown = ("" if number is None else f"{round(number, 12) + 0:.4g}" for number in numbers)
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
