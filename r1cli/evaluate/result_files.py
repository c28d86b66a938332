"""The files of an evaluation: ``results.json``, and the scored completions of each benchmark."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.errors import R1Error
from r1cli.evaluate.result import Result, hash_prompts, summarise
from r1cli.files import read_json_lines, write_json_lines, write_text
from r1cli.runs.run_dir import read_run
from r1cli.sampling.copies import Copies
from r1cli.sampling.settings import ENDPOINT
from r1cli.sampling.share import FOLDER
from r1cli.sampling.store import Store
from r1cli.verdicts import VERSION

if TYPE_CHECKING:
    from r1cli.evaluate.task import Task
    from r1cli.evaluate.verdicts import Score
    from r1cli.sampling.store import Sample

#: The results of all benchmarks of a run.
RESULTS = "results.json"
#: The files of a benchmark in addition to its samples.
PROBLEMS, SCORES = "problems.jsonl", "scores.jsonl"
#: The name of a dataset that is not a benchmark.
DATASET = "dataset"


def how_to_restore(run_dir: Path) -> str:
    """The command after which an evaluation has its own results again, where others have replaced them."""
    return shlex.join(("r1", "evaluate", "score", str(run_dir)))


def require_evaluation(run_dir: Path) -> dict[str, Any]:
    """The record of an evaluation.

    Raises:
        R1Error: there is no run, or it is one of another command.
    """
    run = read_run(run_dir)
    if run["command"] != "evaluate":
        what = f"this is a run of `r1 {run['command']}`, and not an evaluation"
        fix = "name the run of an `r1 evaluate`: `r1 runs list` shows them"
        raise R1Error(what, where=str(run_dir), fix=fix)
    return run


def results_of(
    task: "Task",
    samples: Sequence["Sample"],
    scores: Sequence["Score"],
    versions: Mapping[str, str],
    protocol: str = "",
) -> list[Result]:
    """The results of a task: one for each of its rewards, the first under the task's own name.

    Raises:
        R1Error: no completion has a score.
    """
    groups: dict[str, list[Score]] = {}
    for score in scores:
        groups.setdefault(score.problem, []).append(score)
    copies = _copies(task, samples)
    known: dict[str, Any] = {
        "truncated": [sample.finish_reason == "length" for sample in samples],
        "faults": [one.fault for one in scores],
        "failed": [sample for sample in samples if sample.failure],
        "settings": task.settings,
        "versions": versions,
        "parsed": [score.parsed for score in scores],
        "prompt_hash": hash_prompts(problem.prompt for problem in task.problems),
        "protocol": protocol,
        "alike": copies.alone,
    }
    answers = [[one.answer for one in group] for group in groups.values()]
    # lighteval reports whether it found an answer, but not which one.
    has_answers = not task.lighteval and any(one.parsed is not None for one in scores)
    results = []
    # A sample that failed has no scores.
    names = next((list(one.scores) for one in scores if one.scores), [""])
    columns = {problem.id: problem.columns for problem in task.problems}
    rows = [columns[problem] for problem in groups]
    for place, name in enumerate(names):
        title = f"{task.name}:{name}" if place else task.name
        values = [[None if one.fault else one.scores[name] for one in group] for group in groups.values()]
        voted = answers if has_answers and not place and task.samples > 1 else None
        figures = "" if place else task.figures
        notes = [copies.warning] if copies.alone and not place else []
        result = summarise(title, values, answers=voted, figures=figures, rows=rows, notes=notes, **known)
        results.append(result)
    return results


def _copies(task: "Task", samples: Sequence["Sample"]) -> Copies:
    """The samples at a temperature of a server that is not r1's; its engines obey the temperature."""
    copies = Copies()
    if task.settings.get("engine") != ENDPOINT or not task.settings.get("temperature"):
        return copies
    for _, group in groupby(samples, key=lambda sample: sample.problem):
        copies.add(sample.completion for sample in group if not sample.failure)
    return copies


def write_scored(folder: Path, task: "Task", samples: Sequence["Sample"], scores: Sequence["Score"]) -> None:
    """Writes the problems of a task and its scores, each with the key of its sample and r1's verdicts."""
    keys = {(sample.problem, sample.sample): sample.key for sample in samples}
    scored = [
        {**asdict(score), "key": keys[score.problem, score.sample], "verdicts": VERSION} for score in scores
    ]
    for name, rows in ((PROBLEMS, [asdict(one) for one in task.problems]), (SCORES, scored)):
        write_json_lines(folder / name, rows)


def write_results(run_dir: Path, results: Sequence[Result]) -> None:
    """Writes the results of a run, and replaces earlier ones."""
    write_text(run_dir / RESULTS, json.dumps([result.to_dict() for result in results], indent=2) + "\n")


def read_results(run_dir: Path) -> list[Result]:
    """The results of a run; empty before its first benchmark has ended.

    Raises:
        R1Error: they were written by another version.
    """
    path = run_dir / RESULTS
    if not path.exists():
        return []
    return [Result.from_dict(tree, str(path)) for tree in json.loads(path.read_text(encoding="utf-8"))]


def scored_keys(folder: Path) -> set[bytes]:
    """The keys of the samples of a benchmark that were scored last; none before the first time."""
    path = folder / SCORES
    return {bytes.fromhex(line["key"]) for line in read_json_lines(path)} if path.exists() else set()


def read_scored(run_dir: Path, benchmark: str) -> list[dict[str, Any]]:
    """Each scored completion with its problem: prompt, columns, completion, finish_reason, scores, fault.

    Raises:
        R1Error: the directory has no finished evaluation of the benchmark.
    """
    folder = run_dir / FOLDER / benchmark
    try:
        problems = {line["id"]: line for line in read_json_lines(folder / PROBLEMS)}
        scores = list(read_json_lines(folder / SCORES))
    except FileNotFoundError as error:
        raise R1Error(
            f"this directory has no finished evaluation of '{benchmark}'",
            where=str(error.filename),
            fix="name the run directory of a finished evaluation",
        ) from None
    # A problem may also have completions with other settings or earlier weights.
    samples = Store(folder)
    return [
        {**problems[score["problem"]], **asdict(samples.read(bytes.fromhex(score["key"]))), **score}
        for score in scores
    ]
