"""What is shown of a log when a run has failed."""

from pathlib import Path

import pytest

from r1cli.commands import COMMANDS
from r1cli.errors import R1Error
from r1cli.runs.failure import failure

#: As vLLM logs it: each process puts something before its lines, and the server's own comes last.
ENGINE = """\
(Engine pid=7) ERROR 11-28 [core.py:9] Engine failed to start.
(Engine pid=7) ERROR 11-28 [core.py:9] Traceback (most recent call last):
(Engine pid=7) ERROR 11-28 [core.py:9]   File "core.py", line 1, in run
(Server pid=3) INFO it is written by two
(Engine pid=7) ERROR 11-28 [core.py:9]     return run()
(Engine pid=7) ERROR 11-28 [core.py:9] RuntimeError: the tensors do not match
(Engine pid=7) ERROR 11-28 [core.py:9]
"""
SERVER = """\
Traceback (most recent call last):
  File "server.py", line 1, in start
    wait()
ValueError: see the root cause above
"""
NOISE = "".join(f" - leaked function {number}\n" for number in range(20))
FULL = "the tensors do not match", "[Errno 28] No space left on device"
MEMORY = "the tensors do not match", "CUDA out of memory"


@pytest.fixture
def failed(tmp_path: Path) -> "Failed":
    return Failed(tmp_path)


class Failed:
    """What is said of a server with this log."""

    def __init__(self, run_dir: Path) -> None:
        self.log = run_dir / "logs" / "serve.log"
        self.log.parent.mkdir()
        (run_dir / "run.yaml").write_text("command: serve\n")

    def __call__(self, text: str) -> R1Error:
        self.log.write_text(text)
        return failure(self.log.parents[1], [self.log])


def test_the_reason_stands_before_the_end_that_refers_to_it(failed: Failed) -> None:
    title, reason, *end = failed(NOISE + ENGINE + NOISE + SERVER).what.splitlines()
    assert (title, reason) == ("the run failed", "RuntimeError: the tensors do not match")
    assert end == (NOISE + SERVER).splitlines()[-15:]


def test_what_follows_the_last_exception_does_not_hide_it(failed: Failed) -> None:
    _, first, second, *end = failed(ENGINE + SERVER + NOISE).what.splitlines()
    assert (first, second) == (
        "RuntimeError: the tensors do not match",
        "ValueError: see the root cause above",
    )
    assert end == NOISE.splitlines()[-15:]
    # The end itself has all of this one.
    assert failed(ENGINE).what == "the run failed\n" + ENGINE.rstrip("\n")
    assert failed(NOISE + "killed").what.splitlines()[-2:] == [" - leaked function 19", "killed"]


def test_an_exception_that_was_caught_long_before_is_not_the_reason(failed: Failed) -> None:
    """Unless the end says so."""
    own = SERVER.replace("see the root cause above", "bad reward")
    for caught, fix in ((FULL, "free some space"), (MEMORY, COMMANDS["serve"].out_of_memory)):
        earlier = ENGINE.replace(*caught)
        assert "ValueError: bad reward" in (error := failed(earlier + NOISE + own)).what
        assert fix not in error.fix
        assert fix in failed(earlier + NOISE + SERVER).fix
