"""What run directories are called that users have not named."""

import re
from pathlib import Path

import pytest

from r1cli.config.config import OUTPUT_DIR
from r1cli.config.resolve import Request, resolve
from r1cli.config.run_name import fresh_run_dir
from r1cli.decontaminate.schema import decontaminate_schema
from r1cli.train.schema import grpo_schema, sft_schema
from tests.command_line import flags_of

_STAMP = r"-\d{8}-\d{6}-[0-9a-f]{4}"


def named(*words: str, preset: str | None = None) -> str:
    path: str = resolve(grpo_schema(), Request(flags=flags_of(*words), preset=preset)).get(OUTPUT_DIR)
    return path


@pytest.mark.parametrize(
    ("words", "preset", "name"),
    [
        ((), "qwen1.5b-math", "grpo-qwen1.5b-math"),
        (("--model", "Qwen/Qwen2.5-7B"), "qwen1.5b-math", "grpo-Qwen2.5-7B"),
        (("--model", "Qwen/Qwen2.5-7B"), None, "grpo-Qwen2.5-7B"),
        (("--model", "a/it's a $model;"), None, "grpo-it-s-a-model"),
    ],
)
def test_the_name_says_model_or_preset(words: tuple[str, ...], preset: str | None, name: str) -> None:
    assert re.fullmatch(f"runs/{re.escape(name)}{_STAMP}", named(*words, preset=preset))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("runs/quickstart-tiny-seed0/sft", "grpo-quickstart-tiny-seed0-sft"),
        ("runs/sft-tiny-20250102-030405", "grpo-sft-tiny"),
        ("runs/sft-tiny-20250102-030405-0a1b", "grpo-sft-tiny"),
        ("models/Qwen2.5-1.5B", "grpo-Qwen2.5-1.5B"),
        ("mine/checkpoint-20", "grpo-mine-checkpoint-20"),
    ],
)
def test_a_model_of_this_machine_is_named_as_its_run_or_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(model).mkdir(parents=True)
    assert re.fullmatch(f"runs/{re.escape(name)}{_STAMP}", named("--model", model))


def test_a_command_without_a_model_is_named_by_its_dataset(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}\n")
    for dataset, name in (
        (str(tmp_path / "rows.jsonl"), "rows"),
        ("reasoning_gym:chain_sum?size=9", "chain_sum"),
    ):
        config = resolve(decontaminate_schema(), Request(flags=flags_of("--dataset", dataset)))
        assert re.fullmatch(f"runs/decontaminate-{name}{_STAMP}", config.get(OUTPUT_DIR))
    assert re.fullmatch(
        f"runs/filter-pass-rate-select{_STAMP}", fresh_run_dir("filter-pass-rate select", None, {}, {})
    )


def test_runs_that_start_in_the_same_second_have_their_own_directories() -> None:
    flags = flags_of("--model", "a/b")
    assert len({resolve(sft_schema(), Request(flags=flags)).get(OUTPUT_DIR) for _ in range(4)}) == 4
