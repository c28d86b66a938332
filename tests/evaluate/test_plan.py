"""The plan of an evaluation: what is missing is known before a run directory exists."""

from pathlib import Path

import pytest

from r1cli.config.resolve import Request, resolve
from r1cli.evaluate.plan import plan_evaluation
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.place import Place
from tests.command_line import flags_of
from tests.conftest import RunR1

WORDS = ("evaluate", "tiny_sum", "aime24", "math_500", "--model", "m", "--endpoint", "http://127.0.0.1:9/v1")
MISSING = "lighteval is not installed, and it judges aime24, math_500: run `r1 engine install lighteval`"


@pytest.fixture(autouse=True)
def _no_lighteval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))


def test_without_lighteval_its_benchmarks_are_refused_before_anything_is_written(
    main: RunR1, tmp_path: Path
) -> None:
    planned = main(*WORDS, "--dry-run")
    assert planned.returncode == 0
    assert f"this machine would refuse to run this:\n- {MISSING}" in planned.stderr
    done = main(*WORDS, "--output-dir", tmp_path / "run")
    assert done.returncode == 2
    assert f"error: {MISSING}" in done.stderr and "this machine" in done.stderr
    assert not (tmp_path / "run").exists()


def test_what_judges_is_not_looked_for_where_it_is_not_needed() -> None:
    def missing(benchmark: str, **place: bool) -> tuple[str, ...]:
        flags = flags_of(benchmark, *WORDS[4:], command="evaluate")
        config = resolve(evaluate_schema(), Request(flags=flags))
        return plan_evaluation(config, Place(cores=1, **place)).needs.missing

    assert len(missing("--benchmarks=aime24")) == 1
    # The nodes of a cluster may have what its login node has not.
    assert missing("--benchmarks=aime24", on_cluster=True) == missing("--benchmarks=tiny_sum") == ()
