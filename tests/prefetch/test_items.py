"""What names mean: the models and datasets after presets, files and benchmarks."""

from pathlib import Path

import pytest

from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.prefetch.items import find_items


def titles(*names: str, request: Request | None = None) -> list[str]:
    return [item.title for item in find_items(names, request or Request())]


def test_everything_of_the_hub_is_found(tmp_path: Path) -> None:
    # As written for open-r1: no word of which command it is for.
    mixture = tmp_path / "mixture.yaml"
    mixture.write_text(
        "model_name_or_path: a/model\nmodel_revision: v1\nmax_length: 512\npacking: true\ndataset_mixture:\n"
        "  datasets: [{id: b/rows, config: c}, {id: 'reasoning_gym:chain_sum?size=5'}, {id: b/others}]\n"
    )
    assert titles(str(mixture)) == ["model:a/model@v1", "dataset:b/rows:c", "dataset:b/others"]
    assert titles("gsm8k", "tiny_sum", "dataset:b/rows:c", str(mixture))[:2] == [
        "dataset:openai/gsm8k:main", "dataset:b/rows:c"
    ]  # fmt: skip
    preset = ["model:Qwen/Qwen2.5-0.5B-Instruct", "dataset:b/mine"]
    mine = tmp_path / "mine.yaml"
    mine.write_text("dataset: b/mine\n")
    assert titles(request=Request("qwen0.5b-r1-zero", (mine,))) == preset
    assert titles("qwen0.5b-r1-zero")[0] == preset[0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("qwen1.5-math", "did you mean qwen1.5b-math"),
        ("gsm8", "did you mean gsm8k"),
        ("my/rows", "model:my/rows or dataset:my/rows"),
        ("dataset:", "write dataset:OWNER/NAME"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(name: str, words: str) -> None:
    with pytest.raises(R1Error) as raised:
        titles("gsm8k", name)
    assert words in str(raised.value)


def test_a_benchmark_may_need_files_and_the_tests_of_its_verifier() -> None:
    assert titles("ioi24") == ["dataset:open-r1/ioi", "dataset:open-r1/ioi-test-cases:2024"]
    (title,) = titles("lcb_v4")
    assert title == "dataset:livecodebench/code_generation_lite:test4.jsonl"
    assert titles("extended|lcb:codegeneration_v4|0|0") == titles(title) == [title]
    assert titles("dataset:a/b:x.jsonl,y.jsonl") == ["dataset:a/b:x.jsonl,y.jsonl"]
