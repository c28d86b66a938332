"""Pipelines of `r1 generate` as users run them: killed, and with vLLM."""

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, R1, SEED, RunR1
from tests.e2e.test_evaluate import processes
from tests.e2e.test_generate import CONCURRENCY, Server, server, wait_for
from tests.generate.runs import figures_of, rows_of, write_rows

__all__ = ["server"]  # a fixture

ROWS = 40


@pytest.mark.slow
def test_a_killed_pipeline_resumes_and_repeats_only_the_requests_in_flight(
    server: Server, tmp_path: Path, r1: RunR1
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": f"row {number}"} for number in range(ROWS)])
    run = tmp_path / "run"
    words = ("generate", "--dataset", str(rows), "--endpoint", server.url, "--concurrency", str(CONCURRENCY))
    words = (*words, "--recipe", "teacher", "--output-dir", str(run))
    started = subprocess.Popen([R1, *words], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for(run, random.Random(SEED).randrange(3, ROWS // 2))
    (pid,) = processes("r1cli.generate.worker", str(run))
    os.kill(pid, signal.SIGKILL)
    assert started.wait(timeout=PATIENCE) != 0
    # distilabel's processes end with it.
    assert list(processes("r1cli.generate.pipeline_host")) == []
    done = r1(*words)
    assert done.returncode == 0, done.stderr
    assert sorted(row["prompt"][-1]["content"] for row in rows_of(run)) == sorted(
        f"row {number}" for number in range(ROWS)
    )
    asked = server.asked()
    assert len(asked) == ROWS and asked.total() - ROWS <= CONCURRENCY, asked.most_common(9)


FILE = """
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import TextGeneration

def build(llm):
    with Pipeline("theirs") as pipeline:
        first = TextGeneration(name="first", llm=llm, output_mappings={"generation": "draft"})
        shorter = TextGeneration(name="shorter", llm=llm.with_settings(temperature=0.0),
                                 template="Say it shorter: {{ draft }}", columns=["draft"])
        first >> shorter
    return pipeline
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_somebodys_pipeline_runs_with_vllm(
    r1: RunR1, vllm_python: Path, smollm2: Path, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(FILE)
    questions = ("What is 2 + 3?", "Name a colour.", "What is the capital of France?")
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": one} for one in questions])
    run = tmp_path / "run"
    done = r1(
        "generate", "--model", smollm2, "--dataset", rows, "--pipeline", f"{file}:build", "--samples", "2",
        "--max_new_tokens", "24", "--engine", "vllm", "--max-model-len", "1024", "--output-dir", run,
        env={**os.environ, "R1_VLLM_PYTHON": str(vllm_python)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = rows_of(run)
    assert len(found) == 6 and all(row["completion"] and row["draft"] for row in found)
    assert found[0]["draft"] != found[1]["draft"]
    assert all(0 < row["completion_tokens"] <= 24 for row in found)
    assert found[0]["server"].startswith("vllm: vllm 0.")
    assert figures_of(run)["written"] == 6
