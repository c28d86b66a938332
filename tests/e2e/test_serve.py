"""`r1 serve` as a user meets it: it says when it can be asked, answers, and leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from r1cli.endpoint import Endpoint
from r1cli.sampling.server_info import is_transformers
from r1cli.services.reasoning import known_parsers
from tests.conftest import PATIENCE, R1, RunR1
from tests.slurm.conftest import Cluster, cluster  # noqa: F401


@pytest.fixture(scope="module")
def model(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a folder that no process of another test names."""
    return Path(shutil.copytree(tiny / "model", tmp_path_factory.mktemp("models") / "tiny"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def processes_of(word: str) -> list[str]:
    """The command lines, of processes that live, in which a word is."""
    ps = subprocess.run(("ps", "-ewwo", "stat=,args="), check=True, capture_output=True, text=True)
    return [line for line in ps.stdout.splitlines() if word in line and not line.startswith("Z")]


def serve_and_ask(r1: RunR1, model: Path, run: Path, *words: str) -> None:
    port = free_port()
    command = [R1, "serve", model, "--port", str(port), "--output-dir", run, "--dtype", "float32", *words]
    talk_file = run.with_suffix(".txt")
    with talk_file.open("w") as talk:
        server = subprocess.Popen([*map(str, command)], stderr=talk, cwd=run.parent)
    try:
        deadline = time.monotonic() + PATIENCE
        while not (shown := re.search(r"is serving; try it:\n(curl .*)", talk_file.read_text())):
            assert server.poll() is None and time.monotonic() < deadline, talk_file.read_text()
            time.sleep(0.2)
        answer = json.loads(subprocess.run(shown[1], shell=True, check=True, capture_output=True).stdout)
        (choice,) = answer["choices"]
        assert choice["finish_reason"] in ("stop", "length") and choice["message"]["role"] == "assistant"
        assert answer["usage"]["completion_tokens"] > 0
        if '-H "Authorization: ' in shown[1]:
            stranger = re.sub(r'-H "Authorization: [^"]*"', "-o /dev/null -w '%{http_code}'", shown[1])
            refused = subprocess.run(stranger, shell=True, check=True, capture_output=True, text=True)
            assert refused.stdout == "401"
        # Only transformers' server needs more than a temperature to sample.
        assert is_transformers(Endpoint(f"http://127.0.0.1:{port}/v1")) == ("transformers" in words)
        status = json.loads((run / "status.json").read_text())
        assert (status["state"], shown[1] in status["reason"]) == ("running", True)
        (listed,) = json.loads((run / "services.json").read_text())["serve"]
        assert (listed["ports"], listed["state"]) == ({"http": port}, "healthy")
        # A second one reports the port before anything is loaded.
        second = r1(
            "serve", model, "--port", str(port), "--output-dir", run.with_name("second"), timeout=PATIENCE
        )
        assert second.returncode == 2 and f"port {port} of " in second.stderr
        assert len(processes_of(f"{run}/job.json")) == 1 and processes_of(f"--port {port}")
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=PATIENCE) == 130
    finally:
        server.terminate()
        server.wait()
    assert "the server is stopped" in talk_file.read_text()
    assert json.loads((run / "status.json").read_text())["state"] == "interrupted"
    assert not processes_of(str(model))
    # Nobody listens there any more.
    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.slow
def test_transformers_serves(r1: RunR1, model: Path, tmp_path: Path) -> None:
    serve_and_ask(r1, model, tmp_path / "run", "--engine", "transformers")


@pytest.mark.slow
def test_vllm_serves(r1: RunR1, model: Path, vllm_python: Path, tmp_path: Path) -> None:
    """Other machines can reach it, so it asks for a key, which no other file has."""
    assert {"deepseek_r1", "qwen3"} <= {*known_parsers(str(vllm_python))}
    run = tmp_path / "run"
    serve_and_ask(r1, model, run, "--launch.vllm_python", str(vllm_python), "--host", "0.0.0.0")
    key = (run / "launch" / "key").read_text().strip()
    others = [file.read_text() for file in run.rglob("*") if file.is_file() and file.name != "key"]
    assert len(key) > 40 and key not in "".join(others)


@pytest.mark.slow
def test_a_cluster_serves_until_it_is_cancelled(
    r1: RunR1,
    model: Path,
    cluster: Cluster,  # noqa: F811
    tmp_path: Path,
) -> None:
    run, env = tmp_path / "run", {**os.environ, **cluster.environment}
    words = ("--model", model, "--engine", "transformers", "--gpus", "0")
    submitted = r1("slurm", "submit", "serve", *words, "--output-dir", run, cwd=tmp_path, env=env)
    assert submitted.returncode == 0, submitted.stderr
    job = submitted.stdout.strip()
    try:
        deadline = time.monotonic() + PATIENCE
        while not (shown := re.search(r"try it:\s+(curl .*)", r1("slurm", "status", run, env=env).stdout)):
            assert time.monotonic() < deadline
            time.sleep(1)
        assert "$" not in shown[1]
        answer = json.loads(subprocess.run(shown[1], shell=True, check=True, capture_output=True).stdout)
        assert answer["usage"]["completion_tokens"] > 0
    finally:
        cancelled = r1("slurm", "cancel", job, env=env)
    assert cancelled.returncode == 0, cancelled.stderr
    assert not processes_of(str(model))
