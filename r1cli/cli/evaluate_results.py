"""How results of evaluations are shown."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r1cli.cli.evaluate_figures import figure_tables
from r1cli.cli.output import emit, print_table, say, visible
from r1cli.data.lineage import public_name
from r1cli.errors import R1Error
from r1cli.evaluate import published
from r1cli.evaluate.published import Comparison
from r1cli.evaluate.result import Result
from r1cli.evaluate.result_files import (
    DATASET,
    RESULTS,
    how_to_restore,
    read_results,
    read_scored,
    require_evaluation,
)
from r1cli.report.run_summary import resume_command
from r1cli.runs.locate import RUNS, find_run, find_runs, folder_named, short_name
from r1cli.runs.run_dir import read_run
from r1cli.runs.state import look_or_recorded
from r1cli.sampling.share import FOLDER

_HEADINGS = (
    "benchmark", "model", "score", "95 % interval", "problems", "samples", "truncated", "unparsed", "faults"
)  # fmt: skip
_COMPARED = ("benchmark", "here", "published", "of", "the difference")


def find_evaluations(folders: Sequence[Path]) -> list[Path]:
    """The runs among some folders, or anywhere below them, that hold results; each once.

    Args:
        folders: paths, or names below ./runs.

    Raises:
        R1Error: there is none.
    """
    for folder in folders:
        if not folder_named(str(folder)).exists() and folder != RUNS:
            find_run(str(folder))  # says which there are
    found: dict[Path, Path] = {}
    for run_dir in (one for folder in folders for one in sorted(find_runs(folder_named(str(folder))))):
        if (run_dir / RESULTS).is_file():
            found.setdefault(run_dir.resolve(), run_dir)
    if not found:
        raise R1Error(
            "no results of an evaluation are here",
            where=", ".join(map(str, folders)),
            fix="name the run directory of an evaluation, or a folder that contains several",
        )
    return list(found.values())


def show_run(prepared: object, run_dir: Path) -> None:
    """Prints the results of the evaluation that has just finished."""
    show_results([run_dir])


def show_results(
    run_dirs: Sequence[Path], *, markdown: bool = False, as_json: bool = False, compare: bool = False
) -> None:
    """Prints the results of some evaluations, a row for each benchmark, and published numbers if wanted."""
    pairs = [(run_dir, result) for run_dir in run_dirs for result in read_results(run_dir)]
    _refuse_mixed_verdicts(pairs)
    _say_other_rewards(pairs)
    _say_unfinished(run_dirs)
    if as_json:
        emit(json.dumps([_as_tree(run_dir, result, compare) for run_dir, result in pairs], indent=2))
        return
    show = _markdown if markdown else print_table
    # Several runs may have measured the same model in the same way.
    named = {one: (short_name(one),) if len(run_dirs) > 1 else () for one in run_dirs}
    columns = [*_HEADINGS, *(["run"] if len(run_dirs) > 1 else [])]
    show(columns, [(*_row(run_dir, result), *named[run_dir]) for run_dir, result in pairs])
    for headings, rows in figure_tables([result for _, result in pairs]):
        emit("")
        show(headings, rows)
    if compare:
        rows = [row for run_dir, result in pairs for row in _compared(run_dir, result)]
        emit("")
        if rows:
            show(_COMPARED, rows)
        else:
            emit("r1 has no published numbers for these benchmarks")
    for _, result in pairs:
        for sentence in result.deviations:
            say(f"{result.benchmark}: {sentence}")


def _refuse_mixed_verdicts(pairs: Sequence[tuple[Path, Result]]) -> None:
    """Results are compared only if the same rules have judged them; lighteval's metrics are its own.

    Raises:
        R1Error: different versions of r1's verdicts have.
    """
    judged = {run_dir: one.verdicts for run_dir, one in pairs if one.verdicts}
    if len({*judged.values()}) > 1:
        newest = max(judged.values(), key=int)
        old = [run_dir for run_dir, version in judged.items() if version != newest]
        versions = " and ".join(sorted({*judged.values()}))
        raise R1Error(
            f"versions {versions} of r1's verdicts have judged these results, which cannot be compared",
            where=", ".join(map(str, old)),
            fix="re-score the older ones, which needs no model: "
            + "; ".join(f"r1 evaluate score {run_dir}" for run_dir in old),
        )


def _say_other_rewards(pairs: Sequence[tuple[Path, Result]]) -> None:
    for run_dir, reward in {run_dir: one.reward for run_dir, one in pairs if one.reward}.items():
        replaced = f"{run_dir}: the results with '{reward}' have replaced the run's own; to restore those: "
        say(replaced + how_to_restore(run_dir))


def _say_unfinished(run_dirs: Sequence[Path]) -> None:
    """Names the runs whose results may lack benchmarks or completions."""
    for run_dir in run_dirs:
        run = look_or_recorded(run_dir)
        state = run.state if run.confirmed else f"{run.state} (as recorded: Slurm does not confirm it)"
        if run.may_run:
            say(f"{run_dir} is {state}: this is what it has so far")
        elif run.state not in ("", "finished"):
            why = f" ({run.reason})" if run.reason else ""
            say(f"{run_dir} is {state}{why}: this is what it has; to resume it: {resume_command(run_dir)}")


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    emit(f"| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for row in rows:
        emit(f"| {' | '.join(map(_cell, row))} |")


def _cell(text: str) -> str:
    return visible(" ".join(text.split())).replace("|", "\\|")


def _as_tree(run_dir: Path, result: Result, compare: bool) -> dict[str, Any]:
    tree = {"run": str(run_dir), "model": _model(run_dir, result), **result.to_dict()}
    if compare:
        found = _comparisons(run_dir, result)
        tree["published"] = [{**asdict(one), "verdict": one.verdict} for one in found]
    return tree


def _comparisons(run_dir: Path, result: Result) -> list[Comparison]:
    """With what is published of the same model; with all that is published, where nothing is of that."""
    found = published.compare(result, _model(run_dir, result))
    same = [one for one in found if one.same_model]
    return same or found


def _compared(run_dir: Path, result: Result) -> Iterator[tuple[str, ...]]:
    for one in _comparisons(run_dir, result):
        other = one.published
        apart = ", ".join(sentence.partition(":")[0] for sentence in one.deviations)
        away = f"; measured otherwise: {apart}" if apart else ""
        yield (
            result.benchmark,
            one.shown(one.own),
            one.shown(other.value),
            f"{other.model} ({other.title})",
            one.meaning() + away,
        )


def show_samples(run_dir: Path, failed: bool, limit: int, as_json: bool) -> None:
    """Prints completions with their prompts, reference answers and scores.

    Raises:
        R1Error: the directory contains no evaluation.
    """
    require_evaluation(run_dir)
    results = read_results(run_dir)
    _say_other_rewards([(run_dir, result) for result in results])
    _say_unfinished([run_dir])
    lines = [
        {"benchmark": result.benchmark, **line}
        for result in results
        # Else it is another reward on the same completions.
        if (run_dir / FOLDER / result.benchmark).is_dir()
        for line in read_scored(run_dir, result.benchmark)
        if not failed or next(iter(line["scores"].values()), None) != 1.0
    ]
    if as_json:
        emit(json.dumps(lines[:limit], indent=2))
        return
    for line in lines[:limit]:
        emit(_sample(line))
    if not lines:
        say("no completion scored less than 1" if failed and results else "no completion has a score yet")
    elif len(lines) > limit:
        say(f"{limit} of {len(lines)}: --limit {len(lines)} shows all")


def _sample(line: dict[str, Any]) -> str:
    prompt = line["prompt"]
    asked = (
        prompt
        if isinstance(prompt, str)
        else "\n".join(f"{turn['role']}: {turn['content']}" for turn in prompt)
    )
    scores = ", ".join(f"{name} {value}" for name, value in line["scores"].items())
    fault = f"\nfault: {line['fault']}" if line["fault"] else ""
    cut = " (cut off at the length limit)" if line["finish_reason"] == "length" else ""
    return (
        f"--- {line['benchmark']}, problem {line['problem']}, sample {line['sample']}: {scores}{fault}\n"
        f"{asked}\n"
        f"gold: {line['columns'].get('solution')}\ncompletion{cut}:\n{line['completion']}\n"
    )


def _row(run_dir: Path, result: Result) -> tuple[str, ...]:
    low, high = result.interval
    return (
        _title(run_dir, result),
        _model(run_dir, result),
        f"{result.mean:.1%}",
        f"{low:.1%} to {high:.1%}",
        str(result.problems),
        str(result.samples),
        f"{result.truncated:.1%}",
        "" if result.unparsed is None else f"{result.unparsed:.1%}",
        str(sum(result.faults.values())),
    )


def _title(run_dir: Path, result: Result) -> str:
    """A benchmark's name; of the user's own dataset, what it is called."""
    task, colon, reward = result.title.partition(":")
    name = (read_run(run_dir)["config"].get("data") or {}).get("dataset_name")
    if task != DATASET or not name:
        return result.title
    # A function in a file is shown without the file's folder.
    return f"{public_name(name)}{colon}{public_name(reward) if '.py:' in reward else reward}"


def _model(run_dir: Path, result: Result) -> str:
    named = (read_run(run_dir)["config"].get("model") or {}).get("model_name_or_path")
    return str(named or result.settings.get("model") or "")
