"""A small teacher, as docs/data.md walks through it: data is cleaned, rated, generated, and taught."""

import json
from pathlib import Path

import pytest

from r1cli.evaluate.statistics import paired_difference
from tests.conftest import RunR1
from tests.e2e.conftest import Learned
from tests.generate.runs import rows_of

PROBLEMS, PLANTED = 400, 40


@pytest.mark.slow
def test_a_student_learns_what_its_teacher_generates(r1: RunR1, learned: Learned, tmp_path: Path) -> None:
    data, student, teacher = (learned.folder / name for name in ("data", "sft", "grpo"))
    held_out = data / "held_out.jsonl"
    rows = (data / "grpo.jsonl").read_text().splitlines()[:PROBLEMS]
    # Problems of the benchmark are among those to learn from.
    rows += held_out.read_text().splitlines()[:PLANTED]
    (tmp_path / "problems.jsonl").write_text("".join(f"{row}\n" for row in rows))
    short = ("--max_new_tokens", "64", "--reward", "accuracy", "--gpus", "0")

    def run(name: str, *words: str | Path) -> Path:
        done = r1(*words, "--output-dir", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return tmp_path / name

    against = ("--search-columns", "prompt", "--against", f"{held_out}:prompt")
    clean = run("clean", "decontaminate", "--dataset", "problems.jsonl", *against)
    assert len(rows_of(clean)) == PROBLEMS
    rated = ("--dataset", "clean", "--model", student, "--samples", "2", "--min", "-0.1", "--max", "0.9")
    hard = run("hard", "filter-pass-rate", *rated, *short)
    assert PLANTED < len(rows_of(hard)) < PROBLEMS
    taught = run(
        "taught", "generate", "--dataset", "hard", "--model", teacher, "--samples", "2", "--temperature", "1",
        "--keep", "best", *short,
    )  # fmt: skip
    lineage = json.loads((taught / "dataset" / "lineage.json").read_text())
    commands = [step["command"] for step in lineage["steps"]]
    assert (commands[0], commands[-1]) == ("decontaminate", "generate")
    assert "filter-pass-rate" in commands
    tuning = ("--preset", "tiny-sft", "--model", student, "--dataset", "taught", "--max_steps", "60")
    run("student", "sft", *tuning, "--learning_rate", "1e-3", "--gpus", "0")
    run("after", "evaluate", "--model", "student", "--dataset", held_out, *short)
    gain = paired_difference(successes(learned.folder / "measure-sft"), successes(tmp_path / "after"))
    assert gain.low > 0, gain


def successes(evaluation: Path) -> list[bool]:
    """Whether each problem was solved, in their order."""
    scores = (evaluation / "benchmarks" / "dataset" / "scores.jsonl").read_text().splitlines()
    return [json.loads(line)["scores"]["accuracy"] == 1 for line in scores]
