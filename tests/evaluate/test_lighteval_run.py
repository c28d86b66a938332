"""`r1 evaluate aime24`, whole: dataset from a folder, completions from a server, lighteval's own verdicts."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.completion_service import Service
from tests.conftest import RunR1
from tests.evaluate.test_lighteval import home  # noqa: F401


@pytest.mark.slow
def test_aime24_is_judged_by_lighteval(
    lighteval_python: str,
    home: Path,  # noqa: F811
    tmp_path: Path,
    r1: RunR1,
) -> None:
    service, run = Service(), tmp_path / "run"
    attempts = itertools.count(1)

    def complete(body: dict[str, Any]) -> str:
        """The gold of the dataset's first problem, whatever was asked, in other words each time."""
        said = f"Attempt {next(attempts)}: so it is $\\boxed{{204}}$"
        return json.dumps({"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})

    service.completion = complete  # type: ignore[method-assign]
    environment = {**os.environ, "R1_LIGHTEVAL_PYTHON": lighteval_python}
    words = ("aime24", "--endpoint", service.url, "--evaluate.data_dir", home, "--output-dir", run)
    done = r1("evaluate", *words, env=environment)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads((run / "results.json").read_text())
    problems = [
        json.loads(line) for line in (run / "benchmarks/aime24/problems.jsonl").read_text().splitlines()
    ]
    golds = [problem["columns"]["solution"] for problem in problems]
    assert result["problems"] == len(golds) == len(service.bodies)
    right = sum("204" in str(gold) for gold in golds)
    assert 0 < right < len(golds)
    assert result["mean"] == pytest.approx(right / len(golds))
    assert result["unparsed"] == 0
    # A protocol's prompt, and lighteval's verdict all the same.
    asked = service.bodies[:]
    words = ("aime24", "--endpoint", service.url, "--evaluate.data_dir", home, "--protocol", "deepseek-r1")
    done = r1("evaluate", *words, "--compare", "--output-dir", tmp_path / "deepseek", env=environment)
    assert done.returncode == 0, done.stderr
    body = service.bodies[-1]
    said = body["messages"][0]["content"]
    assert said.endswith("Please reason step by step, and put your final answer within \\boxed{}.")
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.6, 0.95, 32768)
    assert len(service.bodies) - len(asked) == 64 * len(golds)
    (other,) = json.loads((tmp_path / "deepseek" / "results.json").read_text())
    assert (other["mean"], other["deviations"]) == (pytest.approx(result["mean"]), [])
    assert "DeepSeek-R1-Distill-Qwen-7B" in done.stdout and "too few problems" in done.stdout
