"""The store of completions, killed at any byte."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.sampling.store import SamplingRequest, Store, gather, read_samples

SETTINGS = {"model": "m", "temperature": 0.6}
REQUESTS = [
    SamplingRequest(f"p{number // 2}", number % 2, [{"role": "user", "content": f"{number // 2}+1 = ä"}])
    for number in range(6)
]


def filled(path: Path, requests: list[SamplingRequest]) -> Store:
    store = Store(path, SETTINGS)
    for request in requests:
        store.add(request, f"of {request.problem}\n{request.sample}", "stop", 3)
    return store


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    filled(path, REQUESTS[:4])
    again = Store(path, SETTINGS)
    assert again.missing(REQUESTS) == REQUESTS[4:]
    assert [sample.completion for sample in again.found(REQUESTS[:2])] == ["of p0\n0", "of p0\n1"]


def test_another_setting_or_prompt_is_another_completion(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    filled(path, REQUESTS)
    assert Store(path, {**SETTINGS, "temperature": 0.7}).missing(REQUESTS) == REQUESTS
    # Two rows of a dataset may request the same.
    twin = SamplingRequest("p9", 0, REQUESTS[0].prompt)
    assert Store(path, SETTINGS).missing([twin]) == [twin]
    other = SamplingRequest("p0", 0, [{"role": "user", "content": "0+1 ="}])
    assert Store(path, SETTINGS).missing([other]) == [other]


def test_what_others_stored_is_gathered_once_behind_what_a_kill_left(tmp_path: Path) -> None:
    own, other = tmp_path / "own.jsonl", tmp_path / "other.jsonl"
    filled(own, REQUESTS[:2])
    own.write_bytes(own.read_bytes() + b'{"key": "cut o')
    samples = filled(other, REQUESTS[1:4]).found(REQUESTS[1:4])
    for _ in range(2):
        gather(own, samples)
    assert [sample.key for sample in read_samples(own)] == [request.key(SETTINGS) for request in REQUESTS[:4]]


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(min_value=0, max_value=2000))
def test_a_kill_at_any_byte_costs_one_completion(cut: int, tmp_path_factory: object) -> None:
    path = tmp_path_factory.mktemp("store") / "samples.jsonl"  # type: ignore[attr-defined]
    filled(path, REQUESTS)
    text = path.read_bytes()
    path.write_bytes(text[:cut])
    store = Store(path, SETTINGS)
    missing = store.missing(REQUESTS)
    whole = text[:cut].count(b"\n")
    assert missing == REQUESTS[whole:]
    for request in missing:
        store.add(request, "again", "stop", 1)
    assert Store(path, SETTINGS).missing(REQUESTS) == []
