"""What a worker says while it loads: bars of libraries in words, for whoever watches the run."""

from pathlib import Path
from typing import Any

import pytest

from r1cli.launch import announce
from r1cli.runs.activity import forget_activity, read_activity


@pytest.mark.parametrize(
    ("bar", "words"),
    [
        (
            {"prefix": "Tokenizing train dataset", "n": 300, "total": 1200, "unit": " examples"},
            "tokenizing 300 of 1,200 rows: train dataset",
        ),
        (
            {"prefix": "model.safetensors: ", "n": 1.2e9, "total": 3.4e9, "unit": "B"},
            "downloading 1.2 GB of 3.4 GB: model.safetensors",
        ),
        ({"prefix": "Loading weights", "n": 12, "total": 338, "unit": "it"}, "loading 12 of 338: weights"),
        ({"prefix": "Generating train split: ", "n": 5000, "total": None, "unit": " examples"},
         "generating 5,000 rows: train split"),
        ({}, "0"),
    ],
)  # fmt: skip
def test_bars_in_words(bar: dict[str, Any], words: str) -> None:
    assert announce.bar_words(bar) == words


def test_what_is_loaded_stands_in_the_run_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from huggingface_hub.utils import tqdm as hub_bar
    from tqdm import std

    assert read_activity(tmp_path) == {}
    announce.say_loading("nobody watches")
    monkeypatch.setattr(announce._Watched, "run_dir", None)
    monkeypatch.setattr(std.tqdm, "display", std.tqdm.display)
    monkeypatch.setattr(std.tqdm, "__init__", std.tqdm.__init__)
    monkeypatch.setattr(announce, "_PAUSE", 0.0)
    announce.follow_loading(tmp_path)
    assert read_activity(tmp_path) == {"doing": "libraries"}
    with std.tqdm(total=4, desc="Loading weights", mininterval=0) as bar:
        bar.update(3)
        assert read_activity(tmp_path) == {"doing": "loading 3 of 4: weights"}
    # As the Hub's downloads are: shown on a terminal alone.
    with hub_bar(total=2_000_000, unit="B", desc="model.safetensors", disable=None, mininterval=0) as bar:
        bar.update(1_000_000)
        assert read_activity(tmp_path) == {"doing": "downloading 1.0 MB of 2.0 MB: model.safetensors"}
    assert "model.safetensors" not in capsys.readouterr().err
    forget_activity(tmp_path)
    assert read_activity(tmp_path) == {}
