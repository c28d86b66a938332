"""`r1 filter-pass-rate` as users run it: killed at any moment, and with its own model."""

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, R1, SEED, RunR1, drawn
from tests.e2e.test_evaluate import processes
from tests.e2e.test_generate import CONCURRENCY, Server, stored, wait_for
from tests.generate.runs import write_rows
from tests.pass_rate.runs import figures_of, rows_of

ROWS, SAMPLES = 15, 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "requests.jsonl")
    yield server
    server.kill()


# The kills of each case are drawn again.
@pytest.mark.parametrize("case", drawn([(number,) for number in range(10)]))
def test_killed_at_any_moment_every_sample_is_there_once(
    case: int, server: Server, tmp_path: Path, r1: RunR1
) -> None:
    problems = [{"prompt": f"row {number}", "solution": str(number)} for number in range(ROWS)]
    run = tmp_path / "run"
    words = [
        "filter-pass-rate", "--dataset", str(write_rows(tmp_path / "rows.jsonl", problems)),
        "--endpoint", server.url, "--concurrency", str(CONCURRENCY), "--reward", "accuracy",
        "--samples", str(SAMPLES), "--adaptive", "--first-samples", "2", "--output-dir", str(run),
    ]  # fmt: skip
    # Half of the samples are left to the last kill, which may come late.
    moments = sorted(random.Random(f"{SEED} {case}").sample(range(3, ROWS * SAMPLES // 2), 3))
    for moment, victim in zip(moments, ("worker", "server", "supervisor"), strict=True):
        # Something new, or the attempt may not have begun.
        due = max(moment, stored(run) + 1)
        started = subprocess.Popen([R1, *words], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for(run, due)
        if victim == "server":
            server.kill()
            server.start()
            wait_for(run, due + 1)
            started.send_signal(signal.SIGINT)
        else:
            worker = ("r1cli.pass_rate.worker", str(run))
            (pid,) = processes(*(worker if victim == "worker" else ("r1cli.launch.node", f"{run}/job.json")))
            os.kill(pid, signal.SIGKILL)
        assert started.wait(timeout=PATIENCE) != 0
    done = r1(*words)
    assert done.returncode == 0, done.stderr
    measured = rows_of(run / "measurement")
    assert [row["prompt"] for row in measured] == [problem["prompt"] for problem in problems]
    # Each answer is right or each is wrong, so no number of samples decides.
    assert {len(row["pass_rate_samples"]) for row in measured} == {SAMPLES}
    asked = Counter(
        (body["messages"][-1]["content"], body["seed"])
        for body in map(json.loads, server.log.read_text().splitlines())
    )
    assert len(asked) == ROWS * SAMPLES
    # A request that one of the three kills or the interruption has cut off is repeated, and no other.
    assert asked.total() - len(asked) <= 4 * CONCURRENCY


@pytest.mark.slow
def test_a_model_of_ones_own_is_measured_and_its_rows_selected(r1: RunR1, tiny: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = r1(
        "filter-pass-rate", "measure", "--model", tiny / "model", "--dataset",
        tiny / "data" / "held_out.jsonl", "--end-index", "4", "--samples", "2", "--max_new_tokens", "8",
        "--reward", "accuracy,format", "--output-dir", run,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "mean pass rate" in done.stdout and "filter-pass-rate select" in done.stderr
    assert figures_of(run)["measurement"]["completions"] == 8
    chosen = tmp_path / "chosen"
    done = r1("filter-pass-rate", "select", run, "--min", "-1", "--max", "1.1", "--output-dir", chosen)
    assert done.returncode == 0, done.stderr
    assert figures_of(chosen)["selection"]["selected"] == 4
    check = r1(
        "config", "check", "grpo", "--model", tiny / "model", "--dataset", chosen, "--reward", "accuracy",
        "--gpus", "0", "--num_generations", "2", "--per_device_train_batch_size", "2",
    )  # fmt: skip
    assert check.returncode == 0, check.stderr
