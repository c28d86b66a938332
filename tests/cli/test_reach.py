"""A Hub that does not answer is named before anything starts."""

import time
from pathlib import Path

import pytest

from tests.conftest import RunR1

WORDS = (
    "sft", "--preset", "tiny-sft", "--model", "owner/model", "--dataset", "owner/rows", "--output-dir", "run",
)  # fmt: skip


def test_what_would_come_from_a_hub_that_is_silent_is_named(
    main: RunR1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    refused = main(*WORDS, cwd=tmp_path)
    assert refused.returncode != 0
    assert time.monotonic() - began < 30
    said = " ".join(refused.stderr.replace("│", " ").split())
    for kind, name in (("model", "owner/model"), ("dataset", "owner/rows")):
        assert f"the {kind} '{name}' is not on this machine, and the Hub (http://127.0.0.1:9) cannot" in said
        assert f"r1 prefetch {kind}:{name} --to FOLDER" in said
    assert not (tmp_path / "run").exists()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE forbids asking it" in " ".join(
        main(*WORDS, cwd=tmp_path).stderr.replace("│", " ").split()
    )


def test_rows_of_a_file_are_shown_without_the_hub(
    main: RunR1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model of a recipe is not loaded for that."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "rows.jsonl").write_text('{"prompt": "1+1?", "completion": "2"}\n')
    (tmp_path / "recipe.yaml").write_text("model: owner/model\ndataset: rows.jsonl\n")
    shown = main("data", "show", "--config", "recipe.yaml", cwd=tmp_path)
    assert shown.returncode == 0 and "1+1?" in shown.stdout, shown.stderr
    refused = main("data", "stats", "owner/rows", cwd=tmp_path)
    assert "the dataset 'owner/rows' is not on this machine" in " ".join(refused.stderr.split())
    refused = main("data", "show", "rows.jsonl", "--tokenizer", "owner/model", cwd=tmp_path)
    assert "the model 'owner/model' is not on this machine" in " ".join(refused.stderr.split())
