"""The quickstart's result: what the three models score on the held-out problems."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.evaluate.result_files import DATASET, how_to_restore, read_results, read_scored
from r1cli.evaluate.statistics import Estimate, paired_difference, share
from r1cli.files import read_json_lines, write_text
from r1cli.quickstart.recipe import STAGES, measured


@dataclass(frozen=True)
class Report:
    """``scores`` by stage and reward, ``gains`` of GRPO over SFT, example completions, and GRPO's curve."""

    scores: dict[str, dict[str, Estimate]]
    gains: dict[str, Estimate]
    examples: list[dict[str, Any]]
    curve: list[tuple[int, float]]


def read_report(folder: Path) -> Report:
    """Reads the measurements of a finished quickstart, and writes them down as ``report.json``.

    Raises:
        R1Error: other rewards than the quickstart's have scored one since.
    """
    for run_dir in (measured(folder, stage) for stage in STAGES):
        if other := next((one.reward for one in read_results(run_dir) if one.reward), ""):
            what = f"the results with '{other}' have replaced those that the report compares"
            raise R1Error(what, where=str(run_dir), fix=f"restore them: {how_to_restore(run_dir)}")
    samples = {stage: read_scored(measured(folder, stage), DATASET) for stage in STAGES}
    rewards = list(samples["grpo"][0]["scores"])
    scores = {
        stage: {reward: _share(lines, reward) for reward in rewards} for stage, lines in samples.items()
    }
    gains = {
        reward: paired_difference(_successes(samples["sft"], reward), _successes(samples["grpo"], reward))
        for reward in rewards
    }
    curve = [
        (line["step"], line["reward"])
        for line in read_json_lines(folder / "grpo" / "metrics.jsonl")
        if "reward" in line
    ]
    report = Report(scores, gains, _examples(samples["grpo"]), curve)
    write_text(folder / "report.json", json.dumps(asdict(report), indent=2) + "\n")
    return report


def _share(lines: list[dict[str, Any]], reward: str) -> Estimate:
    successes = _successes(lines, reward)
    return share(sum(successes), len(successes))


def _successes(lines: list[dict[str, Any]], reward: str) -> list[bool]:
    """Where a reward has its full value: a part of the tests does not count."""
    return [line["scores"][reward] == 1.0 for line in lines]


def is_right(line: Mapping[str, Any]) -> bool:
    """Whether a completion has the full value of the first reward, which says what is right."""
    return bool(next(iter(line["scores"].values())) == 1.0)


def _examples(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A right and a wrong completion, or two of a kind when there is no other."""
    right = [line for line in lines if is_right(line)]
    wrong = [line for line in lines if not is_right(line)]
    chosen = [*right[:1], *wrong[:1]] if right and wrong else lines[:2]
    return [{key: line[key] for key in ("prompt", "completion", "scores")} for line in chosen]
