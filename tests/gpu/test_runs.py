"""Every command line of the GPU tests, resolved without a GPU: what is wrong in it is found here."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from r1cli.cli.app import main
from r1cli.quickstart.recipe import write_problems
from tests.gpu.conftest import HERE
from tests.gpu.runs import OPTIONAL, RUNS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))
    write_problems("tiny", 0, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [*RUNS, *OPTIONAL])
def test_it_is_planned_for_one_gpu_in_bf16(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.syspath_prepend(HERE / "plugin")
    run = {**RUNS, **OPTIONAL}[name]
    words = run.words(folder / "model", folder / f"{run.command}.jsonl", folder / "run", gpus=1)
    monkeypatch.setattr(sys, "argv", ["r1", *words, "--dry-run", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert not ended.value.code, output.err
    job = json.loads(output.out)["job"]
    (role,) = job["roles"]
    assert role["gpus"] == ["0"]
    launched = yaml.safe_load(job["files"].get("launch/accelerate.yaml", "{}"))
    assert "bf16" in (launched.get("mixed_precision"), role["env"].get("ACCELERATE_MIXED_PRECISION"))
    assert not launched.get("use_cpu")
    assert "ACCELERATE_USE_CPU" not in role["env"]
    if name in OPTIONAL:
        assert name in [*job["requires"], *job["needs"]["packages"]]
