"""When a server that does not answer is given up, and what it has computed."""

import os
import time

import pytest

from r1cli.launch.health import PATIENCE, _Silence
from r1cli.launch.sessions import computing_time, processes_of


@pytest.mark.parametrize(
    ("step", "computes", "given_up"),
    [
        (30.0, 0.0, 60.0),  # it accepts connections
        (10.0, 0.0, 60.0),  # it refuses them
        (30.0, 0.1, PATIENCE),  # it loads a model from a slow disk
        (30.0, None, PATIENCE),  # the system does not say
        (3600.0, 0.0, 7200.0),  # and the whole job is suspended between two probes
    ],
)
def test_a_silent_server_is_given_up_later_if_it_computes(
    step: float, computes: float | None, given_up: float
) -> None:
    now, computed = 0.0, computes
    silence = _Silence(now, computed)
    while not silence.is_final:
        now += step
        computed = None if computes is None or computed is None else computed + computes
        silence.extend(now, computed)
    assert now == given_up


def test_the_time_is_counted_from_when_it_last_computed() -> None:
    silence = _Silence(0.0, 0.0)
    for now, computed in ((30.0, 0.0), (60.0, 1.0), (90.0, 1.0)):
        silence.extend(now, computed)
        assert not silence.is_final
    silence.extend(120.0, 1.0)
    assert silence.is_final


def test_the_time_that_a_session_has_computed() -> None:
    session = os.getsid(0)
    assert f"/proc/{os.getpid()}" in map(str, processes_of(session))
    before, end = computing_time(session), time.process_time() + 0.05
    while time.process_time() < end:
        pass
    after = computing_time(session)
    assert before is not None and after is not None and after > before
    assert computing_time(2**30) is None
