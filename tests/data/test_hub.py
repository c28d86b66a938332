"""Which files of a model are needed, and whether it is whole on this machine."""

import json
from pathlib import Path

import pytest

from r1cli.data.hub import HubItem, is_here, needed_files

PLAIN = ["config.json", "tokenizer.json", "model.safetensors.index.json", "model-1-of-2.safetensors"]


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        ([], []),
        (["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "model.gguf"], []),
        (["original/consolidated.00.pth", "consolidated.safetensors", "onnx/model.onnx"], []),
        (["modeling_own.py", "1_Pooling/config.json"], ["modeling_own.py", "1_Pooling/config.json"]),
    ],
)
def test_one_kind_of_weights_is_needed(more: list[str], needed: list[str]) -> None:
    assert needed_files([*PLAIN, *more]) == [*PLAIN, *needed]


def test_weights_of_an_older_kind_are_taken_when_there_are_no_others() -> None:
    files = ["config.json", "pytorch_model.bin", "flax_model.msgpack"]
    assert needed_files(files) == files[:2]
    assert needed_files(["consolidated.safetensors", "params.json"]) == [
        "consolidated.safetensors",
        "params.json",
    ]


def test_a_model_is_here_when_every_part_of_the_revision_is(tmp_path: Path) -> None:
    item, folder = HubItem("model", "a/b", revision="v1"), tmp_path / "hub" / "models--a--b"
    snapshot = folder / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (snapshot / "config.json").write_text("{}")
    parts = {"x": "model-1.safetensors", "y": "model-2.safetensors"}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    (snapshot / "model-1.safetensors").write_text("")
    (folder / "refs" / "v1").write_text("abc")
    assert not is_here(item, str(tmp_path))
    # The client's links are there before what they lead to is deleted: a dead one counts for nothing.
    (snapshot / "model-2.safetensors").symlink_to("gone")
    assert not is_here(item, str(tmp_path))
    (snapshot / "gone").write_text("")
    assert is_here(item, str(tmp_path))
    assert not is_here(HubItem("model", "a/b"), str(tmp_path))


def test_files_of_a_dataset_are_here_when_each_of_them_is(tmp_path: Path) -> None:
    item = HubItem("dataset", "a/b", files=("test.jsonl", "test2.jsonl"))
    snapshot = tmp_path / "hub" / "datasets--a--b" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    (snapshot / "test.jsonl").write_text("")
    assert not is_here(item, str(tmp_path))
    (snapshot / "test2.jsonl").write_text("")
    assert is_here(item, str(tmp_path))
