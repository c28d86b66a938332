"""Presets of the quickstart by themselves: their start model and their rows."""

import json
from pathlib import Path

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.resolve import Request
from r1cli.config.settings import FLAGS, Setting
from r1cli.errors import R1Error
from r1cli.quickstart.start import Start, with_start
from tests.conftest import RunR1
from tests.run_folders import make_run

PRESETS = ("tiny-sft", "tiny-code-sft", "smollm2-sft")


def start_of(command: str, preset: str, **flags: str) -> Start:
    settings = tuple(Setting(key, value, f"flag --{key}", FLAGS) for key, value in flags.items())
    return with_start(COMMANDS[command], Request(preset, flags=settings))


def given(start: Start) -> dict[str, str]:
    return {setting.key: str(setting.value) for setting in start.request.flags}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_for_a_laptop_is_planned_alone(main: RunR1, preset: str, tmp_path: Path) -> None:
    plan = json.loads(main("sft", "--preset", preset, "--dry-run", "--json").stdout)
    assert plan["first"]["command"] == "base"
    assert plan["config"]["data"]["dataset_name"].endswith("/data/sft.jsonl")
    assert plan["refused"] == []
    assert main("config", "check", "sft", "--preset", preset).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_named_is_not_made(tmp_path: Path) -> None:
    start = start_of("sft", "tiny-sft", model="some/model")
    assert "model.model_name_or_path" not in given(start)
    assert given(start)["data.dataset_name"] == str(tmp_path / "runs/start-tiny/data/sft.jsonl")
    start = start_of("sft", "tiny-sft", dataset="rows.jsonl")
    assert given(start)["model.model_name_or_path"] == str(tmp_path / "runs/start-tiny/model")
    start = start_of("sft", "tiny-sft", model="some/model", dataset="rows.jsonl")
    assert start.job is None
    assert set(given(start)) == {"model", "dataset"}
    assert start_of("sft", "openr1-distill-7b").job is None


def test_what_is_made_already_is_not_made_again(tmp_path: Path) -> None:
    assert start_of("sft", "tiny-sft").job is not None
    made = make_run(tmp_path / "runs" / "start-tiny", command="base")
    (made / "model").mkdir()
    with pytest.raises(R1Error, match="was removed") as caught:
        start_of("sft", "tiny-sft")
    assert "r1 runs rm start-tiny" in caught.value.fix
    (made / "data").mkdir()
    (made / "data" / "sft.jsonl").touch()
    assert start_of("sft", "tiny-sft").job is None


def test_reinforcement_begins_with_the_newest_run_of_the_preset_before(tmp_path: Path) -> None:
    with pytest.raises(R1Error, match="finished run of preset tiny-sft") as caught:
        start_of("grpo", "tiny-grpo")
    assert "`r1 sft --preset tiny-sft`" in caught.value.fix
    for name, preset, age in (("old", "tiny-sft", 9), ("new", "tiny-sft", 5), ("other", "tiny-code-sft", 0)):
        rows = tmp_path / name / "sft.jsonl"
        config = {"data": {"dataset_name": str(rows)}}
        run_dir = make_run(tmp_path / "runs" / name, config=config, age=1e6 + age)
        record = run_dir / "run.yaml"
        record.write_text(record.read_text().replace("preset: null", f"preset: {preset}"))
        (run_dir / "config.json").write_text("{}")
    start = start_of("grpo", "tiny-grpo")
    assert given(start)["model.model_name_or_path"] == str(tmp_path / "runs/new")
    assert given(start)["data.dataset_name"] == str(tmp_path / "runs/start-tiny/data/grpo.jsonl")
    assert "new, the newest finished run of tiny-sft" in start.note
    # Rows beside those that it was trained on were drawn with the same seed.
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "grpo.jsonl").touch()
    start = start_of("grpo", "tiny-grpo")
    assert given(start)["data.dataset_name"] == str(tmp_path / "new/grpo.jsonl")
    assert start.job is None
