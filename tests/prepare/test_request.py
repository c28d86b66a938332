"""How every command starts: one way, for every run directory that r1 writes, and with inputs to come."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from r1cli.checks.subject import Promised
from r1cli.commands import COMMANDS
from r1cli.config.resolve import Request
from r1cli.config.settings import Setting
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from r1cli.pass_rate.measurement import INFO, Info
from r1cli.prepare.request import Prepared, prepare, repeat_run
from r1cli.prepare.target import SLURM, THIS_MACHINE, Target, exactly
from r1cli.runs.run_dir import inspect, write_job, write_status

CPU = Place(cores=2)
NOWHERE = Target(SLURM.find_place, finish=SLURM.finish)


def settings(**values: object) -> tuple[Setting, ...]:
    return tuple(Setting(key, str(value), f"flag --{key}", "flags") for key, value in values.items())


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, object]:
    """A model and a dataset, as flags."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "rows.jsonl").write_text(json.dumps({"prompt": "1+1", "solution": "2", "text": "x"}) + "\n")
    return {"model": tmp_path / "model", "dataset": tmp_path / "rows.jsonl"}


def measured(folder: Path) -> Path:
    """What a selection by pass rates reads before it starts."""
    info = Info(
        model="m", model_revision=None, identity="", server="", temperature=1.0, top_p=1.0, max_new_tokens=8,
        stop=None, seed=0, system_prompt=None, chats=True, rewards=["accuracy"], parameters={}, verdicts="2",
        samples=4,
    )  # fmt: skip
    folder.mkdir()
    (folder / INFO).write_text(info.to_json())
    return folder


def started(command: str, run_dir: Path, target: Target, **values: object) -> Prepared:
    """A run that was launched: its directory is written."""
    prepared = prepare(command, Request(flags=settings(output_dir=run_dir, **values)), target)
    write_job(prepared.job)
    write_status(run_dir, "interrupted", "SIGINT")
    return prepared


@pytest.mark.parametrize("command", COMMANDS)
def test_every_run_directory_is_resumed_and_repeated(
    command: str, tmp_path: Path, inputs: dict[str, object]
) -> None:
    values: dict[str, dict[str, object]] = {
        "sft": inputs,
        "grpo": {**inputs, "reward": "accuracy"},
        "evaluate": {**inputs, "reward": "accuracy"},
        "generate": inputs,
        "decontaminate": {"dataset": inputs["dataset"], "against": "tiny_sum"},
        "filter-pass-rate": {**inputs, "reward": "accuracy"},
        "filter-pass-rate measure": {**inputs, "reward": "accuracy"},
        "filter-pass-rate select": {"pass_rate.measurements": measured(tmp_path / "measured")},
        "serve": {"model": inputs["model"]},
        "probe": {**inputs, "reward": "accuracy"},
        "base": {"base.path": tmp_path / "elsewhere", "base.data": tmp_path / "elsewhere", "seed": 3},
        "check": {"nodes": 2},
    }
    target = NOWHERE if command == "check" else exactly(CPU)
    run_dir = tmp_path / "run"
    if command == "probe":
        # Beside the run that it looks ahead to, unless the directory is a probe's.
        first = started(command, run_dir, target, **values[command])
        run_dir = Path(first.job.run_dir)
        assert run_dir.name.startswith("run-probe-")
    before = started(command, run_dir, target, **values[command])
    again = prepare(command, Request(flags=settings(output_dir=run_dir, **values[command])), target)
    assert again.job.run_dir == str(run_dir)
    assert inspect(again.job) == "resumed"

    # Also by its directory alone.
    resumed = repeat_run(run_dir, Request(flags=settings(output_dir=run_dir)))
    assert inspect(prepare(command, resumed.request, target).job) == "resumed"

    repeat = repeat_run(run_dir)
    assert (repeat.command, repeat.on_slurm) == (command, command == "check")
    copy = prepare(command, repeat.request, target)
    assert Path(copy.job.run_dir).parent.name == "runs"
    outputs = {"training.output_dir", *COMMANDS[command].outputs}
    old, new = (
        {key: value for key, value in one.config.values.items() if key not in outputs}
        for one in (before, copy)
    )
    assert old == new
    assert "elsewhere" not in str(copy.job.record)


def test_a_probe_is_configured_by_a_grpo_file(tmp_path: Path, inputs: dict[str, object]) -> None:
    file = tmp_path / "grpo.yaml"
    file.write_text("command: grpo\nreward: accuracy\nnum_generations: 4\n")
    prepared = prepare("probe", Request(files=(file,), flags=settings(**inputs)), exactly(CPU))
    record = prepared.job.record
    assert record["command"] == "probe"
    assert record["probe"]["num_generations"] == 4
    assert {"versions", "git_commit", "command_line"} <= set(record)
    with pytest.raises(R1Error, match="is for `r1 grpo`, not for `r1 sft`"):
        prepare("sft", Request(files=(file,), flags=settings(**inputs)), exactly(CPU))


def test_what_an_earlier_stage_makes_need_not_be_there(tmp_path: Path) -> None:
    model, rows = str(tmp_path / "run" / "model"), str(tmp_path / "run" / "rows.jsonl")
    request = Request(flags=settings(model=model, dataset=rows, reward="accuracy"))
    with pytest.raises(R1Error) as caught:
        prepare("grpo", request, exactly(CPU))
    assert [error.what for error in caught.value.all()] == [
        f"there is no model folder '{model}'",
        f"there is no dataset file '{rows}'",
    ]
    promised = Promised(frozenset({model}), {rows: ("prompt", "solution")})
    assert prepare("grpo", request, exactly(CPU), promised).config.get("data.dataset_name") == rows
    # What is promised is checked as what is there.
    lacking = Promised(frozenset({model}), {rows: ("prompt",)})
    with pytest.raises(R1Error, match="reward 'accuracy' needs the column 'solution'"):
        prepare("grpo", request, exactly(CPU), lacking)


def test_only_a_job_for_slurm_asks_for_something_of_slurm(inputs: dict[str, object]) -> None:
    request = Request(flags=settings(**inputs, array="0-3%1", partition="gpu"))
    slurm = prepare("sft", request, NOWHERE).job.slurm
    assert slurm is not None
    assert (slurm.partition, slurm.shared) == ("gpu", False)
    assert prepare("sft", request, exactly(CPU)).job.slurm is None
    shared = Request(flags=settings(**inputs, reward="accuracy", array="0-3"))
    evaluation = prepare("evaluate", shared, NOWHERE).job.slurm
    assert evaluation is not None and evaluation.shared


def test_packages_that_the_nodes_lack_are_named_where_they_run_this_interpreter(
    monkeypatch: pytest.MonkeyPatch, inputs: dict[str, object]
) -> None:
    monkeypatch.setattr("r1cli.launch.machine._provided", lambda name: name != "deepspeed")
    asked = {"launch.accelerate": "zero2", "slurm.gpus_per_node": 2, **inputs}

    def lacking(**values: object) -> list[str]:
        prepared = prepare("sft", Request(flags=settings(**asked, **values)), SLURM)
        return [warning for warning in prepared.warnings if "has no" in warning]

    (warning,) = lacking()
    assert warning.startswith(f"the nodes will run {sys.executable}, which has no deepspeed: install")
    assert lacking(**{"slurm.environment": "/shared/r1"}) == []


def test_every_mistake_of_every_kind_is_reported_at_once(tmp_path: Path) -> None:
    flags = settings(model=tmp_path / "none", dataset="none.jsonl", learning_rat=1, gpus="x,x")
    with pytest.raises(R1Error) as caught:
        prepare("sft", Request(flags=flags), THIS_MACHINE)
    found = " ".join(error.what for error in caught.value.all())
    for part in ("unknown key 'learning_rat'", "no model folder", "no dataset file", "GPUs"):
        assert part in found


def test_what_a_run_recorded_wins_over_the_site(tmp_path: Path, inputs: dict[str, object]) -> None:
    site = tmp_path / "slurm.yaml"
    site.write_text("slurm: {partition: of-the-site, account: of-the-site}\n")
    target = replace(NOWHERE, site_files=lambda: (site,))
    started("sft", tmp_path / "run", target, **inputs, partition="of-the-run")
    repeat = repeat_run(tmp_path / "run")
    assert repeat.on_slurm
    slurm = prepare("sft", repeat.request, target).job.slurm
    assert slurm is not None
    assert (slurm.partition, slurm.account) == ("of-the-run", "of-the-site")


def test_steps_are_not_rewarded_by_two_versions_of_verdicts(
    tmp_path: Path, inputs: dict[str, object]
) -> None:
    run_dir = tmp_path / "run"
    prepared = started("grpo", run_dir, exactly(CPU), **inputs, reward="accuracy")
    record = yaml.safe_load((run_dir / "run.yaml").read_text())
    record["versions"]["verdicts"] = "1"
    (run_dir / "run.yaml").write_text(yaml.safe_dump(record))
    assert inspect(prepared.job) == "resumed", "no step was rewarded yet"
    (run_dir / "metrics.jsonl").write_text('{"step": 1, "reward": 0.5}\n')
    with pytest.raises(R1Error, match="rewarded by verdicts 1, and this r1 has verdicts 2") as refused:
        inspect(prepared.job)
    assert "--output-dir" in refused.value.fix
