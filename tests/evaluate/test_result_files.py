"""What an evaluation leaves behind can be read again, whatever a model has said."""

from datetime import datetime
from pathlib import Path

import pytest

from r1cli.config.groups.rewards import Rewards
from r1cli.errors import R1Error
from r1cli.evaluate.problem import problem_of
from r1cli.evaluate.result import Result
from r1cli.evaluate.result_files import read_scored, results_of, write_scored
from r1cli.evaluate.task import Task
from r1cli.evaluate.verdicts import Score
from r1cli.sampling.sampling_request import requests_for
from r1cli.sampling.settings import ENDPOINT, IN_PROCESS
from r1cli.sampling.share import FOLDER, Share
from r1cli.sampling.store import Completion, Sample, Store

ROWS = [{"prompt": "1+1", "solution": "2", "at": datetime(2026, 1, 1)}] * 2


def test_scores_are_read_with_the_completions_that_were_scored(tmp_path: Path) -> None:
    problems = [problem_of(number, row) for number, row in enumerate(ROWS)]
    task = Task("some", problems, Rewards(), samples=1)
    folder = tmp_path / FOLDER / "some"
    prompts = [(problem.id, problem.prompt) for problem in problems]
    requests = requests_for(prompts, 1, {"weights": "old"})
    store = Store(folder)
    for request in requests:
        store.add(request, Completion(f"of {request.problem}\u2028\x85", "stop", 3))
    samples = list(store.found(requests))
    scores = [Score(sample.problem, 0, {"accuracy": 1.0}, None) for sample in samples]
    write_scored(folder, task, samples, scores)
    # Newer ones that nobody has scored yet.
    Store(folder).add(requests_for(prompts, 1, {"weights": "new"})[0], Completion("newer", "stop", 3))
    lines = read_scored(tmp_path, "some")
    assert [line["completion"] for line in lines] == ["of 0\u2028\x85", "of 1\u2028\x85"]
    assert lines[0]["columns"] == {"solution": "2", "at": "2026-01-01 00:00:00"}


@pytest.mark.parametrize(
    ("engine", "temperature", "said"),
    [(ENDPOINT, 0.6, True), (ENDPOINT, 0.0, False), (IN_PROCESS, 0.6, False)],
)
def test_copies_of_a_server_are_said_once_and_narrow_no_noise(
    tmp_path: Path, engine: str, temperature: float, said: bool
) -> None:
    def results(samples: int) -> list[Result]:
        problems = [problem_of(number, ROWS[0]) for number in range(6)]
        task = Task("some", problems, Rewards(), samples=samples)
        task.settings.update(engine=engine, temperature=temperature)
        requests = requests_for([(one.id, one.prompt) for one in problems], samples, {})
        store = Store(tmp_path / str(samples))
        for request in requests:
            store.add(request, Completion(f"of {request.problem}", "stop", 3))
        found = list(store.found(requests))
        value = {one.problem: float(place % 2) for place, one in enumerate(found[::samples])}
        scores = [
            Score(one.problem, one.sample, {"a": value[one.problem], "b": value[one.problem]}, None)
            for one in found
        ]
        return results_of(task, found, scores, {})

    once, several = results(1), results(4)
    first, second = ([name for name in result.deviations if "are the same" in name] for result in several)
    assert (len(first), len(second)) == (int(said), 0)
    narrower = [many.noise != one.noise for one, many in zip(once, several, strict=True)]
    assert narrower == [engine == IN_PROCESS] * 2


def test_a_server_that_fails_each_request_is_to_be_checked() -> None:
    task = Task("some", [problem_of(0, ROWS[0])], Rewards(), samples=1)
    failed = Sample("00", "0", 0, failure="server error", message="answered 500", passing=True)
    with pytest.raises(R1Error, match="server error: answered 500") as caught:
        results_of(task, [failed], [Score("0", 0, {}, failed.failure)], {})
    assert "check the server, then resume the run" in caught.value.fix


def test_the_only_task_of_an_array_has_a_share(tmp_path: Path) -> None:
    alone = Share.mine(tmp_path / "shares" / "3", {"R1_SHARE": "0/1"})
    assert (alone.is_whole, alone.whole, alone.of([1, 2, 3])) == (False, tmp_path, [1, 2, 3])
    assert Share.mine(tmp_path, {}).is_whole
