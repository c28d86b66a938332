"""``r1 evaluate score``: the results of other rewards are not taken for the run's own."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.groups.rewards import Rewards
from r1cli.evaluate.problem import Problem
from r1cli.evaluate.result_files import results_of, write_results, write_scored
from r1cli.evaluate.task import Task
from r1cli.evaluate.verdicts import Score
from r1cli.sampling.sampling_request import requests_for
from r1cli.sampling.share import FOLDER
from r1cli.sampling.store import Completion, Store
from tests.conftest import RunR1
from tests.run_folders import make_run

RIGHT, BARE = "<think>\n1\n</think>\n<answer>\n2\n</answer>", r"\boxed{2}"
OWN = {"reward_funcs": ["accuracy"], "reward_weights": [1.0]}


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    """One that `accuracy` has scored: two right answers, one of them in the format."""
    config = {"rewards": OWN, "data": {"dataset_name": "held_out.jsonl"}}
    run = make_run(tmp_path / "runs" / "mine", command="evaluate", config=config)
    problems = [Problem(str(number), "1+1", {"solution": "2"}) for number in range(2)]
    task = Task("dataset", problems, Rewards.read(OWN), samples=1)
    requests = requests_for([(one.id, one.prompt) for one in problems], 1, {})
    store = Store(run / FOLDER / "dataset")
    for request, text in zip(requests, (RIGHT, BARE), strict=True):
        store.add(request, Completion(text, "stop", 3))
    samples = list(store.found(requests))
    scores = [Score(one.problem, 0, {"accuracy": 1.0}, None) for one in samples]
    write_scored(store.folder, task, samples, scores)
    write_results(run, results_of(task, samples, scores, {"verdicts": "2"}))
    return run


def results(run: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run / "results.json").read_text())
    return found


def test_results_of_another_reward_have_its_name_until_the_own_are_restored(
    evaluation: Path, main: RunR1
) -> None:
    done = main("evaluate", "score", evaluation, "--reward", "format")
    assert done.returncode == 0, done.stderr
    restore = f"r1 evaluate score {evaluation}"
    said = f"the results with 'format' have replaced the run's own; to restore those: {restore}"
    (result,) = results(evaluation)
    assert (result["benchmark"], result["reward"], result["mean"]) == ("dataset", "format", 0.5)
    shown = main("evaluate", "table", evaluation), main("runs", "show", evaluation)
    for each in (done, *shown):
        assert "held_out.jsonl:format" in each.stdout
        assert each.stderr.count(said) == 1
    assert said in main("evaluate", "show", evaluation, "--failed").stderr
    assert json.loads(main("evaluate", "table", evaluation, "--json").stdout)[0]["reward"] == "format"
    again = shutil.copytree(evaluation, evaluation.with_name("again"))
    gathered = main("evaluate", "table", evaluation, again).stdout.splitlines()
    assert [line.split()[-1] for line in gathered] == ["run", str(evaluation), str(again)]
    restored = main("evaluate", "score", evaluation)
    assert restored.returncode == 0 and "replaced" not in restored.stderr
    assert "held_out.jsonl  " in restored.stdout
    assert (results(evaluation)[0]["reward"], results(evaluation)[0]["mean"]) == ("", 1.0)


def test_every_column_that_rewards_lack_is_named_before_anything_is_scored(
    evaluation: Path, main: RunR1
) -> None:
    before = (evaluation / "results.json").read_bytes()
    done = main("evaluate", "score", evaluation, "--reward", "code,format,lcb_code")
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "reward 'code' needs the column 'verification_info'" in said
    assert "reward 'lcb_code' needs the column 'private_test_cases'" in said
    assert "problems.jsonl: its columns are solution" in said
    assert f"r1 reward score {evaluation} --reward code --columns.verification_info COLUMN" in said
    assert "reward fault" not in said and "checkpoint" not in said
    assert (evaluation / "results.json").read_bytes() == before


def test_scoring_is_announced_once_nothing_speaks_against_it(evaluation: Path, main: RunR1) -> None:
    said = "scoring the stored completions"
    assert said in main("evaluate", "score", evaluation).stderr
    unknown = main("evaluate", "score", evaluation, "--reward", "nowhere")
    (evaluation / "results.json").unlink()
    unfinished = main("evaluate", "score", evaluation)
    assert "has no finished evaluation" in unfinished.stderr
    for done in (unknown, unfinished):
        assert done.returncode == 2 and said not in done.stderr


def test_a_reward_that_fails_replaces_nothing(evaluation: Path, main: RunR1, tmp_path: Path) -> None:
    # No completion has a score, which shows only when the results are made.
    (tmp_path / "mine.py").write_text(
        "def silent(completions, **kwargs):\n    return [None] * len(completions)\n"
    )
    kept = [evaluation / "results.json", evaluation / FOLDER / "dataset" / "scores.jsonl"]
    before = [path.read_bytes() for path in kept]
    done = main("evaluate", "score", evaluation, "--reward", f"{tmp_path / 'mine.py'}:silent")
    assert done.returncode == 1 and "no completion of 'dataset' has a score" in done.stderr
    assert [path.read_bytes() for path in kept] == before
