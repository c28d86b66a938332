"""How results of evaluations are shown."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from r1cli.cli.output import emit, print_table, say
from r1cli.errors import R1Error
from r1cli.evaluate.result import Result
from r1cli.evaluate.results import RESULTS, read_results, read_scored
from r1cli.launch.run_dir import read_run

_HEADINGS = ("benchmark", "model", "score", "95 % interval", "problems", "samples", "truncated", "faults")


def find_evaluations(folders: Sequence[Path]) -> list[Path]:
    """The run directories among some folders, or right below them, that hold results.

    Raises:
        R1Error: there is none.
    """
    found = [
        place.parent
        for folder in folders
        for place in sorted({*folder.glob(RESULTS), *folder.glob(f"*/{RESULTS}")})
    ]
    if not found:
        raise R1Error(
            "no results of an evaluation are here",
            where=", ".join(map(str, folders)),
            mend="name the run directory of an evaluation, or the folder that holds several",
        )
    return found


def show_results(run_dirs: Sequence[Path], markdown: bool = False, as_json: bool = False) -> None:
    """Prints the results of some evaluations, a row for each benchmark."""
    pairs = [(run_dir, result) for run_dir in run_dirs for result in read_results(run_dir)]
    if as_json:
        trees = [
            {"run": str(run_dir), "model": _model(run_dir), **result.to_dict()} for run_dir, result in pairs
        ]
        emit(json.dumps(trees, indent=2))
        return
    rows = [_row(run_dir, result) for run_dir, result in pairs]
    if markdown:
        emit(f"| {' | '.join(_HEADINGS)} |\n|{'---|' * len(_HEADINGS)}")
        for row in rows:
            emit(f"| {' | '.join(row)} |")
    else:
        print_table(_HEADINGS, rows)
    for _, result in pairs:
        for sentence in result.deviations:
            say(f"{result.benchmark}: {sentence}")


def show_samples(run_dir: Path, failed: bool, limit: int) -> None:
    """Prints completions with their prompts, golds and scores."""
    shown = 0
    for result in read_results(run_dir):
        if ":" in result.benchmark:
            continue  # another reward on the same completions
        for line in read_scored(run_dir, result.benchmark):
            score = next(iter(line["scores"].values()))
            if (failed and score == 1.0) or shown >= limit:
                continue
            shown += 1
            emit(_sample(result.benchmark, line))
    if not shown:
        say("there is none" if not failed else "none has failed")


def _sample(benchmark: str, line: dict[str, Any]) -> str:
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
        f"--- {benchmark}, problem {line['problem']}, sample {line['sample']}: {scores}{fault}\n{asked}\n"
        f"gold: {line['columns'].get('solution')}\ncompletion{cut}:\n{line['completion']}\n"
    )


def _row(run_dir: Path, result: Result) -> tuple[str, ...]:
    low, high = result.interval
    return (
        result.benchmark,
        _model(run_dir),
        f"{result.mean:.1%}",
        f"{low:.1%} to {high:.1%}",
        str(result.problems),
        str(result.samples),
        f"{result.truncated:.1%}",
        str(sum(result.faults.values())),
    )


def _model(run_dir: Path) -> str:
    model = read_run(run_dir)["config"].get("model") or {}
    return str(model.get("model_name_or_path") or "")
