"""`r1 generate` as users run it: killed at any moment, and with its own model."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completion_service import Service
from tests.conftest import PATIENCE, R1, SEED, RunR1, drawn
from tests.e2e.test_evaluate import processes
from tests.generate.runs import figures_of, rows_of, write_rows

#: More than this number of requests cannot run at the same time, or be lost by a kill.
CONCURRENCY = 4
ROWS = 60


class Server:
    """The scripted service as a program that can be killed and started again at the same address."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.port = 0
        self.start()

    def start(self) -> None:
        words = (
            sys.executable,
            "-m",
            "tests.completion_service",
            "--port",
            str(self.port),
            "--log",
            self.log,
        )
        self.process = subprocess.Popen([*words, "--seconds", "0.2"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()
        self.port = int(self.url.rpartition(":")[2].removesuffix("/v1"))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def asked(self) -> Counter[str]:
        """How often each prompt was asked for."""
        return Counter(
            json.loads(line)["messages"][-1]["content"] for line in self.log.read_text().splitlines()
        )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "requests.jsonl")
    yield server
    server.kill()


def stored(run: Path) -> int:
    """The number of completions that a run has stored."""
    return sum(path.read_bytes().count(b"\n") for path in (run / "completions").glob("*.jsonl"))


def wait_for(run: Path, lines: int, process: "subprocess.Popen[str] | None" = None) -> None:
    """Waits until a run has stored this number of completions; a process of it that has ended is an error."""
    deadline = time.monotonic() + PATIENCE
    while stored(run) < lines:
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


# The kills of each case are drawn again.
@pytest.mark.parametrize("case", drawn([(number,) for number in range(10)]))
def test_killed_at_any_moment_every_row_is_there_once(
    case: int, server: Server, tmp_path: Path, r1: RunR1
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": f"row {number}"} for number in range(ROWS)])
    run = tmp_path / "run"
    words = ("generate", "--dataset", str(rows), "--endpoint", server.url, "--concurrency", str(CONCURRENCY))
    words = (*words, "--output-dir", str(run))
    # Half of the rows are left to the last kill, which may come late.
    moments = sorted(random.Random(f"{SEED} {case}").sample(range(3, ROWS // 2), 3))
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
            names = {"worker": ("r1cli.generate.worker", str(run)), "supervisor": ("r1cli.launch.node",)}
            (pid,) = processes(*names[victim], *([f"{run}/job.json"] if victim == "supervisor" else []))
            os.kill(pid, signal.SIGKILL)
        assert started.wait(timeout=PATIENCE) != 0
    done = r1(*words)
    assert done.returncode == 0, done.stderr
    assert sorted(row["prompt"][-1]["content"] for row in rows_of(run)) == sorted(
        f"row {number}" for number in range(ROWS)
    )
    asked = server.asked()
    assert len(asked) == ROWS
    # A request that one of the three kills or the interruption has cut off is repeated, and no other.
    assert asked.total() - ROWS <= 4 * CONCURRENCY, asked.most_common(20)


def test_a_model_of_ones_own_generates_what_sft_trains_on(r1: RunR1, tiny: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    data = ("--dataset", tiny / "data" / "held_out.jsonl", "--num-rows", "4", "--samples", "2")
    done = r1(
        "generate", "--model", tiny / "model", *data, "--max_new_tokens", "8", "--reward", "accuracy",
        "--output-dir", run,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "# train on it\nr1 sft --model MODEL --dataset" in done.stderr
    assert figures_of(run)["completions"] == 8 and figures_of(run)["completion_tokens"] <= 64
    assert rows_of(run)[0]["server"].startswith("in_process: ")
    check = r1("config", "check", "sft", "--model", tiny / "model", "--dataset", run, "--gpus", "0")
    assert check.returncode == 0, check.stderr


@pytest.mark.slow
def test_a_full_disk_is_named_and_nothing_finished_is_lost(tmp_path: Path, r1: RunR1) -> None:
    small, service = tmp_path / "small", Service(seconds=0)
    small.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", small)
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    rows = [{"prompt": f"{'word ' * 100}{number}"} for number in range(300)]
    data = write_rows(tmp_path / "rows.jsonl", rows)
    words = ("generate", "--dataset", data, "--endpoint", service.url, "--output-dir", small / "run")
    try:
        done = r1(*words)
        assert done.returncode == 1
        assert "the disk is full" in done.stderr and "free some space" in done.stderr
        asked = len(service.bodies)
        subprocess.run(("mount", "-o", "remount,size=20m", small), check=True)
        done = r1(*words)
        assert done.returncode == 0, done.stderr
        assert len(rows_of(small / "run")) == len(rows)
        assert len(service.bodies) - len(rows) <= 64 < asked
    finally:
        subprocess.run(("umount", small), check=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_vllm_on_a_cpu_samples_many_long_prompts(
    r1: RunR1, vllm_python: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together they are more tokens than it reads at once, and it cannot read one with a seed in pieces."""
    monkeypatch.setenv("R1_VLLM_PYTHON", str(vllm_python))
    rows = [{"prompt": f"1{number}+30 " * 60} for number in range(40)]
    run = tmp_path / "run"
    done = r1(
        "generate", "--model", tiny / "model", "--dataset", write_rows(tmp_path / "rows.jsonl", rows),
        "--max_new_tokens", "8", "--engine", "vllm", "--output-dir", run,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(rows_of(run)) == figures_of(run)["completions"] == len(rows)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_server_that_is_killed_is_started_again_and_every_row_is_there_once(
    r1: RunR1, vllm_python: Path, smollm2: Path, tmp_path: Path
) -> None:
    count = 24
    rows = [{"prompt": f"Count from {number}."} for number in range(count)]
    run = tmp_path / "run"
    words = (
        "generate", "--model", smollm2, "--dataset", write_rows(tmp_path / "rows.jsonl", rows),
        "--max_new_tokens", "32", "--concurrency", str(CONCURRENCY), "--engine", "vllm",
        "--max-model-len", "1024", "--output-dir", run,
    )  # fmt: skip
    started = subprocess.Popen(
        [R1, *map(str, words)], env={**os.environ, "R1_VLLM_PYTHON": str(vllm_python)},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(run, CONCURRENCY, started)
    (supervisor,) = processes("r1cli.launch.node", f"{run}/job.json")
    (worker,) = processes("r1cli.generate.worker", str(run))
    family = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    (server,) = {int(pid) for pid in family} - {worker}
    os.kill(server, signal.SIGKILL)
    _, messages = started.communicate(timeout=1500)
    assert started.returncode == 0, messages
    assert "is started again (1 of" in messages + "".join(
        log.read_text() for log in (run / "logs").rglob("*.log")
    )
    assert [row["prompt"][-1]["content"] for row in rows_of(run)] == [row["prompt"] for row in rows]
    lines = [
        json.loads(line)
        for file in (run / "completions").glob("*.jsonl")
        for line in file.read_text().splitlines()
    ]
    assert len({line["key"] for line in lines if not line.get("failure")}) == count == len(lines)
    assert figures_of(run)["completions"] == count
