"""What a run that samples says while it runs."""

import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from r1cli.config.groups.model import Model
from r1cli.endpoint import Endpoint
from r1cli.errors import R1Error
from r1cli.runs.metrics import summary
from r1cli.sampling import progress
from r1cli.sampling.backend import Engine, InProcess, Server
from r1cli.sampling.client import sample_all
from r1cli.sampling.progress import SamplingProgress, watch_run
from r1cli.sampling.sampling_request import requests_for

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("engine", "warnings"), [(Server([], "m", 1), 1), (InProcess(Model(), 1), 0)])
def test_a_server_that_sends_nothing_is_named_once(
    engine: Engine, warnings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENCE", 0.1)
    run = SamplingProgress(tmp_path)
    run.begin("completions", 2, 0)
    watch_run(run, engine)
    time.sleep(2.5)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert sum("warning" in line for line in lines) == warnings
    run.advance(2)


def test_a_lost_server_is_named_at_once(tmp_path: Path) -> None:
    run, server = SamplingProgress(tmp_path), Server([Endpoint("http://127.0.0.1:9/v1")], "m", 1)
    watch_run(run, server)
    with pytest.raises(R1Error, match="in one try"):
        client = server.client()
        client.tries, client.first_wait = 1, 0.01
        sample_all(client, requests_for([("0", "hi")], 1, {}), {}, lambda request, outcome: None)
    (line,) = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert "no answer from the server at http://127.0.0.1:9/v1" in line["warning"]


def test_the_tokens_of_a_batch_are_shown_and_then_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(
        progress, "time", SimpleNamespace(monotonic=lambda: now, time=time.time, sleep=time.sleep)
    )
    run = SamplingProgress(tmp_path)
    run.begin("completions", 128, 0)
    now = 2.0
    run.token(17, 512)
    run.token(18, 512)  # within the same second
    now = 4.0
    for _ in range(64):
        run.one_more()
    run.catch_up()
    now = 6.0
    run.catch_up()
    run.catch_up()  # nothing more has come
    run.one_more(failed=3)
    now = 8.0
    run.token(1, 512)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 0, 1, 64, 65]
    assert [summary(line) for line in lines] == ["", "token 17 of 512", "", "", "failed 3  token 1 of 512"]
