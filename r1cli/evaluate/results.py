"""What an evaluation leaves behind: ``results.json``, and the scored completions of each benchmark."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.errors import R1Error
from r1cli.evaluate.result import Result, hash_prompts, summarise
from r1cli.launch.run_dir import write_text

if TYPE_CHECKING:
    from r1cli.evaluate.scores import Score
    from r1cli.evaluate.store import Sample
    from r1cli.evaluate.tasks import Task

#: Where the benchmarks of a run are, each in a folder of its name; and the results of them all.
FOLDER, RESULTS = "benchmarks", "results.json"
#: How a dataset that is no benchmark is called.
DATASET = "dataset"


def write_results(
    run_dir: Path,
    run: Mapping[str, Any],
    task: "Task",
    samples: Sequence["Sample"],
    scores: Sequence["Score"],
) -> None:
    """Adds what a benchmark came to, a result for each of its rewards, to the results of the run."""
    groups: dict[str, list[Score]] = {}
    for score in scores:
        groups.setdefault(score.problem, []).append(score)
    config = run["config"]
    known = {
        "truncated": [sample.finish_reason == "length" for sample in samples],
        "settings": {
            **{name: task.sampling[name] for name in ("temperature", "top_p", "seed")},
            "max_new_tokens": task.sampling["max_tokens"],
            "samples": task.samples,
            "num_problems": config["evaluate"].get("num_problems"),
            "system_prompt": config.get("data", {}).get("system_prompt"),
            "prompt": task.prompt,
        },
        "versions": run["versions"],
        "parsed": [score.parsed for score in scores],
        "prompt_hash": hash_prompts(problem.prompt for problem in task.problems),
        "protocol": config["evaluate"].get("protocol") or "",
    }
    results = [result.to_dict() for result in read_results(run_dir)]
    for place, name in enumerate(scores[0].scores):
        title = f"{task.name}:{name}" if place else task.name
        values = [[None if one.fault else one.scores[name] for one in group] for group in groups.values()]
        found = summarise(title, values, faults=[one.fault for one in scores], **known)
        results.append(found.to_dict())
    write_text(run_dir / RESULTS, json.dumps(results, indent=2) + "\n")


def read_results(run_dir: Path) -> list[Result]:
    """The results of a run; none before its first benchmark has ended.

    Raises:
        R1Error: they were written by another version.
    """
    path = run_dir / RESULTS
    if not path.exists():
        return []
    return [Result.from_dict(tree, str(path)) for tree in json.loads(path.read_text(encoding="utf-8"))]


def read_scored(run_dir: Path, benchmark: str) -> list[dict[str, Any]]:
    """Each scored completion with its problem: prompt, columns, completion, finish_reason, scores, fault.

    Raises:
        R1Error: the directory holds no finished evaluation of the benchmark.
    """
    folder = run_dir / FOLDER / benchmark
    try:
        problems = {line["id"]: line for line in _lines(folder / "problems.jsonl")}
        samples = {(line["problem"], line["sample"]): line for line in _lines(folder / "samples.jsonl")}
        scores = _lines(folder / "scores.jsonl")
    except FileNotFoundError as error:
        raise R1Error(
            f"no finished evaluation of '{benchmark}' is here",
            where=str(error.filename),
            mend="name the run directory of an evaluation that has ended",
        ) from None
    return [
        {**problems[score["problem"]], **samples[score["problem"], score["sample"]], **score}
        for score in scores
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
