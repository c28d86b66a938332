"""The worker processes that verify."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from r1cli.errors import R1Error
from r1cli.scoring.pool import Batch, Pool, pool_size
from r1cli.verdicts.terms import Rules, VerifierLost
from tests.conftest import PATIENCE

# They start, kill and wait for real processes.
pytestmark = pytest.mark.e2e

# What math-verify's parser reads: nothing else gets as far as the limits.
HANGS = "\\sum_{k=1}^{10^{12}} \\frac{1}{k^k}"
GROWS = "\\sum_{k=1}^{1} 2^{10^{10}}"
FINE = "57"

MakePool = Callable[..., Pool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    pools: list[Pool] = []

    def make(**settings: object) -> Pool:
        pools.append(Pool(1, **settings))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def workers_of(pid: int) -> list[int]:
    """Ids of the verification workers that a process has."""
    command = ["pgrep", "-P", str(pid), "-f", "verify_worker"]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def reasons(pool: Pool, *batches: Batch) -> list[str]:
    pool.submit(batches)
    return [future.result().reason for batch in batches for future in batch.futures]


def test_a_limit_costs_the_answer_that_runs_into_it_and_no_other(make_pool: MakePool) -> None:
    batch = Batch("57", "auto", Rules(), [FINE, HANGS, "58", HANGS, FINE])
    expected = ["equal", "answer too costly", "different", "answer too costly", "equal"]
    assert reasons(make_pool(cpu_seconds=0.5), batch) == expected


def test_memory_has_a_limit_of_its_own(make_pool: MakePool) -> None:
    batch = Batch("57", "auto", Rules(), [FINE, GROWS, FINE])
    pool = make_pool(cpu_seconds=600.0, memory=32 * 2**20)
    before, hostile, after = reasons(pool, batch)
    # Where a library swallows the MemoryError before half of the limit is used, the answer is just wrong.
    assert hostile in ("answer too costly", "different")
    assert (before, after) == ("equal", "equal")


def test_what_was_verified_before_counts_for_nothing(make_pool: MakePool) -> None:
    # Each leaves megabytes behind, and two in one process come near the limit.
    powers = [f"2^{{{30_000_000 + n}}}" for n in range(3)]
    answers = [f"\\sum_{{k=1}}^{{1}} ({power} - {power} + 58)" for power in powers]
    pool = make_pool(cpu_seconds=600.0, memory=64 * 2**20)
    others = workers_of(os.getpid())
    assert reasons(pool, Batch("57", "auto", Rules(), [FINE])) == ["equal"]
    fresh = set(workers_of(os.getpid())) - set(others)
    assert set(reasons(pool, Batch("57", "auto", Rules(), answers))) == {"different"}
    assert fresh
    assert fresh.isdisjoint(workers_of(os.getpid())), "what has grown has gone"


def test_what_the_parent_holds_counts_for_nothing() -> None:
    ballast = b"1" * 2**28  # a process begins with what its parent ever held as the most it ever held
    found = subprocess.run(
        [sys.executable, "-c", "from r1cli.scoring import verify_worker; print(verify_worker._peak())"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(found.stdout) < len(ballast) / 2


def test_a_gold_at_a_limit_settles_its_whole_batch(make_pool: MakePool) -> None:
    batches = [Batch(HANGS, "auto", Rules(), [FINE, HANGS]), Batch("57", "auto", Rules(), [FINE])]
    assert reasons(make_pool(cpu_seconds=0.5), *batches) == ["gold too costly"] * 2 + ["equal"]


def kill_worker(others: list[int]) -> None:
    """Kills the one worker that is not among the others, and waits until it is gone."""

    def found() -> list[int]:
        return [worker for worker in workers_of(os.getpid()) if worker not in others]

    until(found)
    (worker,) = found()
    os.kill(worker, signal.SIGKILL)
    until(lambda: worker not in found())


def test_work_of_a_worker_killed_from_outside_is_done_by_the_next(make_pool: MakePool) -> None:
    others = workers_of(os.getpid())
    batch = Batch("57", "auto", Rules(), [FINE, HANGS, FINE])
    make_pool(cpu_seconds=1.5).submit([batch])
    assert batch.futures[0].result().reason == "equal"
    kill_worker(others)
    assert [future.result().reason for future in batch.futures] == ["equal", "answer too costly", "equal"]


def test_work_that_loses_two_workers_says_so_and_the_pool_goes_on(make_pool: MakePool) -> None:
    others = workers_of(os.getpid())
    pool = make_pool(cpu_seconds=600.0)
    batch = Batch("57", "auto", Rules(), [HANGS])
    pool.submit([batch])
    kill_worker(others)
    kill_worker(others)
    with pytest.raises(VerifierLost, match="-9"):
        batch.futures[0].result(timeout=PATIENCE)
    assert reasons(pool, Batch("57", "auto", Rules(), [FINE])) == ["equal"]


def test_an_answer_that_loses_its_workers_costs_no_other_its_verdict(make_pool: MakePool) -> None:
    others = workers_of(os.getpid())
    batch = Batch("57", "auto", Rules(), [FINE, HANGS, FINE])
    make_pool(cpu_seconds=600.0).submit([batch])
    assert batch.futures[0].result().reason == "equal"
    kill_worker(others)
    kill_worker(others)
    assert isinstance(batch.futures[1].exception(timeout=PATIENCE), VerifierLost)
    assert batch.futures[2].result(timeout=PATIENCE).reason == "equal"


@pytest.mark.parametrize("end", ["pass", "raise SystemExit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_no_worker_outlives_its_parent(end: str) -> None:
    program = f"""
import os, signal, threading, time
from r1cli import verify
threading.Thread(target=verify, args=(["9"], [r"<answer>{HANGS}</answer>"]), daemon=True).start()
assert verify([r"\\sqrt{{2}}"], [r"<answer>\\sqrt{{3}}</answer>"]) == [False]
print(flush=True)
input()
{end}
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    workers = workers_of(process.pid)
    assert workers
    process.communicate(b"\n")
    until(lambda: not any(_alive(worker) for worker in workers))


def _alive(pid: int) -> bool:
    """Whether a process runs: what has ended, and waits for someone to take note of it, does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return state.stdout.strip()[:1] not in ("", "Z")


def test_the_variable_sets_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= pool_size() <= 8
    monkeypatch.setenv("R1_VERIFY_WORKERS", "3")
    assert pool_size() == 3
    monkeypatch.setenv("R1_VERIFY_WORKERS", "many")
    with pytest.raises(R1Error, match="many"):
        pool_size()
