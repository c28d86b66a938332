"""Wrong configs, each with the exact errors that it gets: what is wrong, where, and how to fix it.

A file of ``wrong_configs/`` opens with the command that reads it; beside it are the errors. When a
message is changed on purpose, change that text by hand.
"""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import RunR1

CONFIGS = Path(__file__).with_name("wrong_configs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the configs are tried: with a dataset and a model beside them."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "rows.jsonl").write_text(json.dumps({"question": "1+1", "answer": "2"}) + "\n")
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text(json.dumps({"max_position_embeddings": 2048}))
    return folder


def errors_in(text: str, folder: Path) -> list[str]:
    """The words of each error, without the folder's path and what marks them."""
    blocks = text[text.index("error: ") :].split("\nerror: ")
    marked = (re.sub(r"^  (where|fix):", r"\1", block, flags=re.MULTILINE) for block in blocks)
    return [" ".join(block.split()).removeprefix("error: ").replace(f"{folder}/", "") for block in marked]


@pytest.mark.unit
def test_there_are_more_than_twenty() -> None:
    assert len(list(CONFIGS.glob("*.yaml"))) >= 20


@pytest.mark.unit
@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_exact_message(main: RunR1, folder: Path, config: Path) -> None:
    text = config.read_text()
    (folder / config.name).write_text(text)
    command = text.splitlines()[0].removeprefix("# r1 ")
    expected = config.with_suffix(".txt").read_text().split("\n\n")
    for call in ((command,), ("config", "check", command)):
        result = main(*call, "--config", config.name, cwd=folder)
        assert result.returncode == 2
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert errors_in(result.stderr, folder) == [" ".join(block.split()) for block in expected]
    assert not (folder / "runs").exists()
