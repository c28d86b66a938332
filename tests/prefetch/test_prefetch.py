"""Models and datasets downloaded from a Hub, which is a local server that speaks its protocol."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, R1, RunR1
from tests.hub_service import Hub, serving

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("torch")]

ROWS = [{"prompt": f"{number}+1=", "completion": str(number + 1)} for number in range(30)]
#: A table of two configs, of which none is the default.
CARD = b"""---
configs:
- {config_name: easy, data_files: easy.jsonl}
- {config_name: hard, data_files: hard.jsonl}
---
"""


def lines(rows: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture(scope="module")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A causal model of one layer, and beside it what nobody here loads."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from r1cli.quickstart.base_model import character_tokenizer

    folder, tokenizer = tmp_path_factory.mktemp("model"), character_tokenizer()
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    return {**files, "pytorch_model.bin": bytes(1000), "onnx/model.onnx": bytes(1000)}


@pytest.fixture
def hub(model_files: dict[str, bytes]) -> Iterator[Hub]:
    with serving() as hub:
        hub.add("model", "tiny/model", model_files)
        hub.add("dataset", "tiny/MySums", {"README.md": b"sums", "data/train.jsonl": lines(ROWS)})
        yield hub


def online(hub: Hub, home: Path) -> dict[str, str]:
    """An environment whose Hub is the server, and whose cache is its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return {**environment, "HF_ENDPOINT": hub.url, "HF_HOME": str(home)}


def offline(home: Path) -> dict[str, str]:
    # Nothing listens there: whoever calls out all the same fails.
    closed = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    return {**os.environ, **closed, "HF_HOME": str(home)}


@pytest.mark.slow
def test_what_is_downloaded_loads_without_internet(hub: Hub, r1: RunR1, tmp_path: Path) -> None:
    names = ("model:tiny/model", "dataset:tiny/MySums")
    listed = r1(
        "prefetch", *names, "--to", tmp_path / "first", "--dry-run", "--json", env=online(hub, tmp_path)
    )
    assert [row["here"] for row in json.loads(listed.stdout)] == [False, False], listed.stderr
    assert not (tmp_path / "first" / "r1-manifest.json").exists()
    assert not [asked for asked in hub.asked if asked.startswith("GET ") and "README" not in asked]

    done = r1("prefetch", *names, "--to", tmp_path / "first", env=online(hub, tmp_path))
    assert done.returncode == 0, done.stderr
    assert not {"GET pytorch_model.bin", "GET onnx/model.onnx"} & set(hub.asked)
    # As on a machine elsewhere, where the folder lies at another place.
    (tmp_path / "first").rename(tmp_path / "second")
    home = tmp_path / "second"
    manifest = {item["what"]: item for item in json.loads((home / "r1-manifest.json").read_text())["items"]}
    repository = hub.repositories["models", "tiny/model"]
    weights = [name for name in repository.files if not name.endswith((".bin", ".onnx"))]
    known = manifest["model:tiny/model"]
    assert (known["commit"], known["files"]) == (repository.commit, len(weights))
    assert known["bytes"] == sum(len(repository.files[name]) for name in weights)
    assert manifest["dataset:tiny/MySums"]["bytes"] == len(lines(ROWS))
    hub.asked.clear()
    again = r1("prefetch", *names, "--to", home, env=online(hub, tmp_path))
    assert again.returncode == 0, again.stderr
    assert not [asked for asked in hub.asked if asked.startswith("GET")]

    train = ("sft", "--model", "tiny/model", "--dataset", "tiny/MySums", "--offline", "--gpus", "0")
    small = ("--max_steps", "1", "--bf16", "false", "--output-dir", tmp_path / "run")
    hub.asked.clear()
    # The Hub is there, and no variable forbids it: not to call it is what --offline does.
    trained = r1(*train, *small, env=online(hub, home), cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()
    assert not hub.asked

    lacking = r1(*train, env=offline(tmp_path), cwd=tmp_path)
    assert lacking.returncode == 2
    for name in names:
        assert f"r1 prefetch {name}" in lacking.stderr


@pytest.mark.slow
def test_an_interruption_keeps_what_is_whole_and_nothing_else(hub: Hub, r1: RunR1, tmp_path: Path) -> None:
    hub.add("model", "big/model", {"config.json": b"{}", "model.safetensors": bytes(40 << 20)})
    hub.pause = 0.05
    words = ("prefetch", "dataset:tiny/MySums", "model:big/model")
    process = subprocess.Popen(
        [R1, *words], env=online(hub, tmp_path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE
    cache = tmp_path / "hub" / "models--big--model"
    while not (list(cache.rglob("config.json")) and list(cache.rglob("*.incomplete"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, talk
    assert "interrupted; complete items are kept" in talk
    assert not list(tmp_path.rglob("*.incomplete"))
    manifest = json.loads((tmp_path / "r1-manifest.json").read_text())
    assert [item["what"] for item in manifest["items"]] == ["dataset:tiny/MySums"]

    hub.pause = 0.0
    hub.asked.clear()
    done = r1(*words, env=online(hub, tmp_path))
    assert done.returncode == 0, done.stderr
    assert [asked for asked in hub.asked if asked.startswith("GET")] == ["GET model.safetensors"]
    manifest = json.loads((tmp_path / "r1-manifest.json").read_text())
    assert {item["what"] for item in manifest["items"]} == set(words[1:])


def test_one_failure_leaves_the_others_alone(hub: Hub, r1: RunR1, tmp_path: Path) -> None:
    hub.add("model", "gated/model", {"config.json": b"{}", "model.safetensors": b"1"}, gated=True)
    hub.add("dataset", "gated/rows", {"README.md": b"", "rows.jsonl": lines(ROWS)}, gated=True)
    two = {"README.md": CARD, "easy.jsonl": lines(ROWS[:10]), "hard.jsonl": lines(ROWS)}
    hub.add("dataset", "tiny/two", two)
    done = r1(
        "prefetch", "model:gated/model", "dataset:gated/rows", "model:no/model", "model:tiny/model@v2",
        "dataset:tiny/two", "dataset:tiny/two:hard", env=online(hub, tmp_path),
    )  # fmt: skip
    talk = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 1
    for words in (
        "the model 'gated/model' is gated, and you have no access",
        f"accept its terms at {hub.url}/gated/model",
        "the dataset 'gated/rows' is gated, and you have no access",
        f"accept its terms at {hub.url}/datasets/gated/rows",
        "the Hub has no model 'no/model' that you can access",
        "the model 'tiny/model' has no revision 'v2'",
        "available configs: ['easy', 'hard']",
        "write dataset:tiny/two:CONFIG",
    ):
        assert words in talk
    manifest = json.loads((tmp_path / "r1-manifest.json").read_text())
    assert [(item["what"], item["bytes"]) for item in manifest["items"]] == [
        ("dataset:tiny/two:hard", len(lines(ROWS)))
    ]


@pytest.mark.parametrize(
    ("forbids", "words"),
    [
        ({}, "the Hub cannot be reached"),
        ({"HF_HUB_OFFLINE": "1"}, "calling the Hub is forbidden: HF_HUB_OFFLINE is set"),
    ],
)
def test_without_the_hub_one_panel_says_what_is_missing(
    forbids: dict[str, str], words: str, hub: Hub, r1: RunR1, tmp_path: Path
) -> None:
    nowhere = {**online(hub, tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9", **forbids}
    done = r1("prefetch", "aime24", "model:tiny/model", env=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "missing here: dataset:HuggingFaceH4/aime_2024, model:tiny/model" in done.stderr


READ_FILES = """
from r1cli import Benchmark
from r1cli.evaluate.load_problems import input_of_benchmark, load_problems

mine = Benchmark("mine", summary="", dataset="tiny/script", files=("test.jsonl", "test2.jsonl"),
                 prompt="{prompt}", solution="completion")
print(len(load_problems(mine)), input_of_benchmark(mine, None, 59).hash)
"""


@pytest.mark.slow
def test_files_of_a_dataset_with_a_script_are_downloaded_and_read(r1: RunR1, tmp_path: Path) -> None:
    with serving() as hub:
        # Each differs: of equal files only one is downloaded.
        files = {f"test{name}.jsonl": lines(ROWS[start:]) for start, name in enumerate(("", "2", "3"))}
        files["script.py"] = b"raise SystemExit(3)"
        repository = hub.add("dataset", "tiny/script", files)
        name = "dataset:tiny/script:test.jsonl,test2.jsonl"
        done = r1("prefetch", name, "--to", tmp_path, env=online(hub, tmp_path))
        assert done.returncode == 0, done.stderr
        assert "GET test2.jsonl" in hub.asked
        assert not {"GET script.py", "GET test3.jsonl"} & set(hub.asked)
    read = subprocess.run(
        [sys.executable, "-c", READ_FILES], env=offline(tmp_path), capture_output=True, text=True, check=True
    )
    assert read.stdout.split() == ["59", f"commit:{repository.commit}"]
