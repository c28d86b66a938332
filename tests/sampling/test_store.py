"""The store of samples: many writers, any number of readers, kills at any byte."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1cli.sampling.sampling_request import SamplingRequest, requests_for
from r1cli.sampling.store import Completion, Failure, Store

pytestmark = pytest.mark.e2e

SOURCE = {"model": "m", "temperature": 0.6}
PROMPTS = [(f"p{number}", [{"role": "user", "content": f"{number}+1 = ä"}]) for number in range(3)]
REQUESTS = requests_for(PROMPTS, 2, SOURCE)


def filled(folder: Path, requests: list[SamplingRequest], text: str = "of") -> Store:
    store = Store(folder)
    for request in requests:
        store.add(request, Completion(f"{text} {request.problem}\n{request.sample}\u2028", "stop", 3))
    return store


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    filled(tmp_path, REQUESTS[:4])
    again = Store(tmp_path)
    assert again.missing(REQUESTS) == REQUESTS[4:]
    assert [one.completion for one in again.found(REQUESTS[:2])] == ["of p0\n0\u2028", "of p0\n1\u2028"]
    assert [one.key for one in again.found(REQUESTS[1:3])] == [one.key.hex() for one in REQUESTS[1:3]]


def test_another_setting_or_prompt_or_number_is_another_sample(tmp_path: Path) -> None:
    store = filled(tmp_path, REQUESTS)
    for others in (
        requests_for(PROMPTS, 2, {**SOURCE, "temperature": 0.7}),
        requests_for([("p0", [{"role": "user", "content": "0+1 ="}])], 2, SOURCE),
        requests_for(PROMPTS, 3, SOURCE)[2::3],
    ):
        assert store.missing(others) == others


def test_rows_may_be_reordered_and_added(tmp_path: Path) -> None:
    store = filled(tmp_path, REQUESTS)
    rows = [
        ("new", "a text"),
        *((f"moved-{number}", prompt) for number, (_, prompt) in enumerate(PROMPTS[::-1])),
    ]
    requests = requests_for(rows, 2, SOURCE)
    assert [one.problem for one in store.missing(requests)] == ["new", "new"]
    # Each is shown under the number that its row has now.
    assert [(one.problem, one.completion[:5]) for one in store.found(requests[2:4])] == [
        ("moved-0", "of p2"), ("moved-0", "of p2"),
    ]  # fmt: skip


def test_equal_rows_have_samples_of_their_own() -> None:
    twins = requests_for([("a", "1+1"), ("b", "1+1"), ("c", "2+2")], 2, SOURCE)
    assert len({one.key for one in twins}) == 6
    alone = requests_for([("b", "1+1")], 4, SOURCE)
    assert [one.key for one in alone] == [one.key for one in twins[:4]]


def test_a_failure_that_may_pass_is_tried_again_and_another_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add(REQUESTS[0], Failure("timed out", "after 3 s", passing=True))
    store.add(REQUESTS[1], Failure("too long for the context", "4097 > 4096"))
    for found in (store, Store(tmp_path)):
        assert found.missing(REQUESTS[:2]) == REQUESTS[:1]
        first, second = found.found(REQUESTS[:2])
        assert (first.failure, first.message, first.passing) == ("timed out", "after 3 s", True)
        assert (second.failure, second.completion) == ("too long for the context", "")
    store.add(REQUESTS[0], Completion("2", "stop", 1))
    assert Store(tmp_path).missing(REQUESTS[:2]) == []
    assert next(store.found(REQUESTS)).completion == next(Store(tmp_path).found(REQUESTS)).completion == "2"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 2000), index_cut=st.integers(0, 200))
def test_a_kill_at_any_byte_costs_one_sample(cut: int, index_cut: int, tmp_path_factory: object) -> None:
    folder = tmp_path_factory.mktemp("store")  # type: ignore[attr-defined]
    filled(folder, REQUESTS)
    lines, index = folder / "samples.jsonl", folder / "samples.index"
    text = lines.read_bytes()
    lines.write_bytes(text[:cut])
    index.write_bytes(index.read_bytes()[:index_cut])
    store = Store(folder)
    missing = store.missing(REQUESTS)
    assert missing == REQUESTS[text[:cut].count(b"\n") :]
    for request in missing:
        store.add(request, Completion("again", "stop", 1))
    assert Store(folder).missing(REQUESTS) == []
    assert {one.completion for one in Store(folder).found(missing)} <= {"again"}


def test_lines_may_be_changed_by_hand(tmp_path: Path) -> None:
    filled(tmp_path, REQUESTS)
    path = tmp_path / "samples.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:1], "not a sample\n", *lines[3:]]))
    store = Store(tmp_path)
    assert store.missing(REQUESTS) == REQUESTS[1:3]
    assert next(store.found(REQUESTS[3:4])).completion == json.loads(lines[3])["completion"]


def test_what_others_store_is_seen(tmp_path: Path) -> None:
    reader, writers = Store(tmp_path), [Store(tmp_path), Store(tmp_path)]
    for number, request in enumerate(REQUESTS):
        writers[number % 2].add(request, Completion(str(number), "stop", 1))
        reader.refresh()
        assert reader.missing(REQUESTS) == REQUESTS[number + 1 :]
    assert [one.completion for one in reader.found(REQUESTS)] == list("012345")
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["samples-2.jsonl", "samples.jsonl"]


def _write_until_killed(folder: Path, requests: list[SamplingRequest]) -> None:
    store = Store(folder)
    for request in store.missing(requests):
        store.add(request, Completion("x" * 5000, "stop", 1))
        time.sleep(0.001)


def test_four_writers_that_are_killed_lose_and_double_nothing(tmp_path: Path) -> None:
    requests = requests_for([(str(number), str(number)) for number in range(400)], 1, SOURCE)
    fork = multiprocessing.get_context("fork")
    for round in range(20):
        writers = [
            fork.Process(target=_write_until_killed, args=(tmp_path, requests[share::4]))
            for share in range(4)
        ]
        for writer in writers:
            writer.start()
        time.sleep(0.02 * (round + 1))
        for writer in writers:
            if writer.pid and writer.is_alive():
                os.kill(writer.pid, signal.SIGKILL)
            writer.join()
        if not Store(tmp_path).missing(requests):
            break
    store = Store(tmp_path)
    assert store.missing(requests) == []
    assert all(one.completion == "x" * 5000 for one in store.found(requests))
    whole = [
        json.loads(line)["key"]
        for path in tmp_path.glob("*.jsonl")
        for line in path.read_bytes().split(b"\n")[:-1]
    ]
    assert sorted(whole) == sorted(one.key.hex() for one in requests)
