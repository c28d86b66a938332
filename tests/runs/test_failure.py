"""What is shown of a log when a run has failed."""

from r1cli.runs.failure import end_of

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


def test_the_reason_stands_before_the_end_that_refers_to_it() -> None:
    first, *end = end_of(NOISE + ENGINE + NOISE + SERVER).splitlines()
    assert first == "RuntimeError: the tensors do not match"
    assert len(end) == 15 and end[-1] == "ValueError: see the root cause above"


def test_what_follows_the_last_exception_does_not_hide_it() -> None:
    first, second, *end = end_of(ENGINE + SERVER + NOISE).splitlines()
    assert (first, second) == (
        "RuntimeError: the tensors do not match",
        "ValueError: see the root cause above",
    )
    assert end == NOISE.splitlines()[-15:]


def test_a_log_without_exceptions_is_shown_from_its_end() -> None:
    assert end_of(NOISE + "killed").splitlines()[-2:] == [" - leaked function 19", "killed"]
    # The end itself has all of it.
    assert end_of(ENGINE) == ENGINE.rstrip("\n")
