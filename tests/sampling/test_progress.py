"""What a run that samples says while it runs."""

import json
import time
from pathlib import Path

import pytest

from r1cli.sampling import progress
from r1cli.sampling.progress import SamplingProgress, watch_run
from r1cli.sampling.settings import ENDPOINT, IN_PROCESS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("engine", "warnings"), [(ENDPOINT, 1), (IN_PROCESS, 0)])
def test_a_server_that_sends_nothing_is_named_once(
    engine: str, warnings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENCE", 0.1)
    run = SamplingProgress(tmp_path)
    run.begin("completions", 2, 0)
    watch_run(run, engine)
    time.sleep(2.5)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert sum("warning" in line for line in lines) == warnings
    run.advance(2)
