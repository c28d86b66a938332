"""What a model is: its contents, wherever they lie."""

import json
import shutil
from pathlib import Path

import pytest

from r1cli import digests
from r1cli.data.hub import MODEL, hub_commit
from r1cli.digests import digest
from r1cli.sampling import identity
from r1cli.sampling.identity import model_identity, with_commit


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(2 << 20))
    return folder


def test_a_copy_is_the_same_model_and_what_was_trained_on_is_not(folder: Path) -> None:
    before = model_identity({"model_name_or_path": str(folder), "dtype": "auto"})
    copied = shutil.copytree(folder, folder.with_name("copy"))
    # What a run directory has beside its model.
    (copied / "status.json").write_text("{}")
    assert model_identity({"model_name_or_path": str(copied), "dtype": "auto"}) == before
    assert model_identity({"model_name_or_path": str(copied), "dtype": "float32"}) != before
    weights = folder / "model.safetensors"
    weights.write_bytes(b"1" + weights.read_bytes()[1:])
    assert model_identity({"model_name_or_path": str(folder), "dtype": "auto"}) != before


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_another_config_or_tokenizer_is_another_model(folder: Path, name: str) -> None:
    before = model_identity({"model_name_or_path": str(folder)})
    (folder / name).write_text('{"changed": true}')
    assert model_identity({"model_name_or_path": str(folder)}) != before


def test_large_files_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = digest(folder / "model.safetensors")
    monkeypatch.setattr(digests.hashlib, "file_digest", None)
    assert digest(folder / "model.safetensors") == first


def test_a_commit_is_asked_for_once_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = iter(["c1", "c2"])
    monkeypatch.setattr(identity, "hub_commit", lambda kind, model, revision: next(commits))
    record = tmp_path / "launch" / "model.json"
    model = {"model_name_or_path": "some/model", "model_revision": "main"}
    assert with_commit(model, record)["model_revision"] == "c1"
    assert with_commit(model, record)["model_revision"] == "c1"
    assert json.loads(record.read_text()) == {"some/model@main": "c1"}
    assert with_commit({**model, "model_revision": "v2"}, record)["model_revision"] == "c2"


def test_without_the_hub_the_cache_says_which_commit_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = tmp_path / "models--some--model" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (tmp_path / "models--some--model" / "refs").mkdir()
    (tmp_path / "models--some--model" / "refs" / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert hub_commit(MODEL, "some/model") == "abc"
    assert hub_commit(MODEL, "other/model") == ""
