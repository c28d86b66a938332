"""`r1 evaluate`: benchmarks and datasets, in this process and from a server, killed and started again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.load_problems import load_problems
from tests.completion_service import FILTERED, RUBBISH, TOO_LONG, Answer, Service, error
from tests.conftest import PATIENCE, R1, RunR1
from tests.e2e.conftest import Quickstart

LIMITS = ("--num-problems", "8", "--max_new_tokens", "16")


def results(run: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run / "results.json").read_text())
    return found


def test_benchmarks_are_measured_shown_and_gathered(r1: RunR1, tiny: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ("evaluate", "tiny_sum", "tiny_equation", "--model", tiny / "model", *LIMITS)
    done = r1(*command, "--output-dir", run)
    assert done.returncode == 0, done.stderr
    assert "tiny_equation" in done.stdout
    assert [result["benchmark"] for result in results(run)] == ["tiny_sum", "tiny_equation"]
    assert [result["problems"] for result in results(run)] == [8, 8]
    shown = r1("evaluate", "show", run, "--failed", "--limit", "2").stdout
    assert shown.count("gold: ") == 2
    table = r1("evaluate", "table", tmp_path, "--markdown").stdout
    assert table.startswith("| benchmark | model | score")
    assert table.count("| tiny_") == 2
    again = r1(*command, "--output-dir", run)
    assert "finished already" in again.stderr
    assert "tiny_sum" in again.stdout


def test_a_runs_model_is_measured_and_scored_anew_without_it(
    r1: RunR1, quickstart: Quickstart, tmp_path: Path
) -> None:
    run, trained = tmp_path / "run", tmp_path / "trained"
    shutil.copytree(quickstart.folder / "sft", trained)
    done = r1("evaluate", "tiny_sum", "--run", trained, *LIMITS, "--samples", "2", "--output-dir", run)
    assert done.returncode == 0, done.stderr
    (before,) = results(run)
    assert before["settings"]["model"] == str(trained)
    assert before["settings"]["engine"] == "in_process"
    assert before["consensus"] is not None
    shutil.rmtree(trained)
    stored = (run / "benchmarks" / "tiny_sum" / "samples.jsonl").read_bytes()
    assert r1("evaluate", "score", run).returncode == 0
    assert results(run) == [before]
    rescored = r1("evaluate", "score", run, "--reward", "format,accuracy", "--rewards.accuracy.mode", "latex")
    assert rescored.returncode == 0, rescored.stderr
    assert [result["benchmark"] for result in results(run)] == ["tiny_sum", "tiny_sum:accuracy"]
    assert (run / "benchmarks" / "tiny_sum" / "samples.jsonl").read_bytes() == stored


@pytest.mark.slow
def test_a_dataset_that_cannot_be_had_is_named_before_anything_is_sampled(
    r1: RunR1, tiny: Path, tmp_path: Path
) -> None:
    # The good one is not sampled first.
    words = ("tiny_sum", "aime24", "--model", tiny / "model", *LIMITS, "--output-dir", tmp_path / "run")
    lighteval = {"R1_LIGHTEVAL_PYTHON": sys.executable}  # it is not asked
    done = r1("evaluate", *words, env={**os.environ, **lighteval, "HF_HOME": str(tmp_path / "hub")})
    assert done.returncode == 2
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "r1 prefetch dataset:HuggingFaceH4/aime_2024" in said
    assert not (tmp_path / "run" / "benchmarks").exists()


@pytest.mark.unit
def test_a_misspelt_directory_is_said(main: RunR1, tmp_path: Path) -> None:
    for command in ("show", "score", "table"):
        done = main("evaluate", command, tmp_path / "nowhere")
        assert done.returncode == 2, command
        assert "nowhere" in done.stderr


def test_a_dataset_with_rewards_of_ones_own(r1: RunR1, tiny: Path, tmp_path: Path) -> None:
    rows = ("--dataset", tiny / "data" / "held_out.jsonl", "--reward", "accuracy,format")
    server = ("--endpoint", Service().url)
    done = r1("evaluate", *server, *rows, *LIMITS, "--output-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert [result["benchmark"] for result in results(tmp_path / "run")] == ["dataset", "dataset:format"]


@pytest.mark.slow
def test_killed_and_started_again_it_asks_for_nothing_twice(tmp_path: Path, r1: RunR1) -> None:
    service = Service(seconds=0.3)
    run = tmp_path / "run"
    words = ("evaluate", "tiny_sum", "--endpoint", service.url, "--concurrency", "2", "--num-problems", "30")
    command = [str(R1), *words, "--output-dir", str(run)]
    store = run / "benchmarks" / "tiny_sum" / "samples.jsonl"
    first = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while not (store.exists() and store.read_bytes().count(b"\n") >= 6):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (worker,) = workers(run)
    os.kill(worker, signal.SIGKILL)
    first.wait(timeout=PATIENCE)
    stored = {json.loads(line)["problem"] for line in store.read_text().splitlines()}
    asked = len(service.bodies)
    done = r1(*words, "--output-dir", run)
    assert done.returncode == 0, done.stderr
    # What was in flight at the kill is asked for again, and nothing that was stored.
    assert len(service.bodies) - asked == 30 - len(stored)
    assert results(run)[0]["problems"] == 30


@pytest.mark.slow
def test_warned_of_its_time_limit_it_stops_and_goes_on_at_another_address(tmp_path: Path, r1: RunR1) -> None:
    """As under Slurm, whose signal reaches the supervisor."""
    service, other = Service(seconds=0.3), Service()
    run = tmp_path / "run"
    words = ("evaluate", "tiny_sum", "--concurrency", "2", "--num-problems", "30", "--output-dir", str(run))
    store = run / "benchmarks" / "tiny_sum" / "samples.jsonl"
    first = subprocess.Popen([R1, *words, "--endpoint", service.url], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while not (store.exists() and store.read_bytes().count(b"\n") >= 4):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (supervisor,) = processes("r1cli.launch.node", f"{run}/job.json")
    os.kill(supervisor, signal.SIGUSR1)
    first.wait(timeout=PATIENCE)
    status = json.loads((run / "status.json").read_text())
    assert status["state"] == "interrupted"
    assert "stopped before the time limit, with" in status["reason"]
    stored = store.read_bytes().count(b"\n")
    assert stored < 30
    # The server is somewhere else by now.
    done = r1(*words, "--endpoint", other.url)
    assert done.returncode == 0, done.stderr
    assert len(other.bodies) == 30 - stored
    assert results(run)[0]["problems"] == 30


def workers(run: Path) -> list[int]:
    return processes("r1cli.evaluate.worker", str(run))


def processes(*words: str) -> list[int]:
    """Those whose command lines have all of the words."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if set(words) <= set(line):
            found.append(int(entry.name))
    return found


@pytest.mark.unit
@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("tiny_summ",), "did you mean tiny_sum"),
        (("tiny_sum",), "needs a --model"),
        (("tiny_sum", "--run", "nowhere"), "there is no run 'nowhere'"),
        (("tiny_sum", "--model", "m", "--engine", "vllm"), "vllm is not installed"),
        (("tiny_sum", "--model", "m", "--tensor-parallel", "2"), "works with vLLM only"),
        (("tiny_sum", "--model", "m", "--protocol", "deepseek"), "there is no protocol 'deepseek'"),
        (("tiny_sum", "--model", "m", "--temperature", "-1"), "sampling.temperature"),
    ],
)
def test_mistakes_are_found_at_once(words: tuple[str, ...], what: str, main: RunR1) -> None:
    done = main("evaluate", *words)
    assert done.returncode == 2
    assert what in done.stderr


def test_nothing_resumes_a_run_whose_model_the_server_does_not_have(
    r1: RunR1, tiny: Path, tmp_path: Path
) -> None:
    service = Service()
    service.fail = lambda number: Answer(404, error("The model `wrong` does not exist."))
    rows = ("--dataset", tiny / "data" / "held_out.jsonl", "--reward", "accuracy")
    words = ("evaluate", "--endpoint", service.url, "--model", "wrong", *rows, *LIMITS)
    done = r1(*words, "--output-dir", tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("fix: start a new run with a --model that it has: the-model")


@pytest.mark.unit
def test_what_vllm_would_do_is_planned_without_it(main: RunR1) -> None:
    for words in (("evaluate", "tiny_sum", "--model", "m/x"), ("serve", "m/x")):
        done = main(*words, "--engine", "vllm", "--dry-run")
        assert (done.returncode, "-m vllm.entrypoints" in done.stdout) == (0, True), done.stderr
        assert "this machine would refuse to run this:\n- vllm is not installed" in done.stderr


@pytest.mark.slow
def test_a_sample_that_fails_is_a_fault_and_is_tried_again_if_it_may_pass(tmp_path: Path, r1: RunR1) -> None:
    service, run = Service(), tmp_path / "run"
    words = ("evaluate", "tiny_sum", "--endpoint", service.url, "--num-problems", "12", "--output-dir", run)
    bad = json.dumps(load_problems(*find_benchmarks(["tiny_sum"]), 12)[5].prompt)
    service.fail = lambda number: (
        {2: TOO_LONG, 4: FILTERED}.get(number)
        or (RUBBISH if json.dumps(service.bodies[number - 1]["messages"]) == bad else None)
    )
    done = r1(*words, "--concurrency", "1")
    assert done.returncode == 1
    error = json.loads((run / "launch" / "error.json").read_text())
    assert "1 samples failed and may succeed on another try: unusable answer (1)" in error["what"]
    (result,) = results(run)
    assert result["faults"] == {"too long for the context": 1, "filtered": 1, "unusable answer": 1}
    assert result["scored"] == 9
    asked = len(service.bodies)
    service.fail = lambda number: None
    done = r1(*words, "--concurrency", "1")
    assert done.returncode == 0, done.stderr
    assert len(service.bodies) == asked + 1
    assert results(run)[0]["scored"] == 10
    assert "too long for the context" in r1("evaluate", "show", run).stdout
