"""What the router and its clients send each other comes out as it went in, and nothing else goes in."""

import json
from contextlib import suppress
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.errors import R1Error
from r1cli.execution import wire
from r1cli.execution.executor import Result, Work
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
)

# Half a surrogate pair too: models write it.
TEXTS = st.text(st.characters(), max_size=20) | st.just("\ud800\x00\u2028\n")
NAMES = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?", fullmatch=True)
AMOUNTS = st.floats(0.01, 1e6)
LIMITS = st.builds(
    ProgramLimits, AMOUNTS, st.none() | AMOUNTS, st.integers(1, 9999), st.integers(1, 9999),
    st.integers(1, 99),
)  # fmt: skip
PROGRAMS = st.builds(
    Program, TEXTS, TEXTS, TEXTS, st.dictionaries(NAMES, TEXTS, max_size=2),
    st.lists(TEXTS, max_size=2).map(tuple), LIMITS, NAMES, NAMES | st.just(""),
)  # fmt: skip
INTERACTIONS = st.builds(
    Interaction, PROGRAMS, st.lists(PROGRAMS, max_size=2).map(tuple), st.sampled_from(["fifo_io", "std_io"])
)
RESULTS = st.builds(
    ProgramResult, st.sampled_from(ProgramVerdict), TEXTS, TEXTS, st.none() | st.integers(-64, 255), AMOUNTS,
    AMOUNTS, st.none() | AMOUNTS,
)  # fmt: skip
INTERACTION_RESULTS = st.builds(InteractionResult, RESULTS, st.lists(RESULTS, max_size=2).map(tuple))


@given(PROGRAMS | INTERACTIONS)
def test_work_comes_out_as_it_went_in(work: Work) -> None:
    assert wire.work_of(json.loads(json.dumps(wire.tree_of(work)))) == work


@given(st.integers(0, 999), RESULTS | INTERACTION_RESULTS)
def test_results_come_out_as_they_went_in(number: int, result: Result) -> None:
    line = json.dumps(wire.line_of(number, result))
    assert line.isascii() and "\n" not in line
    assert wire.result_of(json.loads(line)) == (number, result)


def test_faults_and_errors_come_out_as_they_went_in() -> None:
    number, fault = wire.result_of(wire.line_of(3, ExecutionFault("no disk")))
    assert number == 3 and isinstance(fault, ExecutionFault) and str(fault) == "no disk"
    with pytest.raises(R1Error, match="unknown language") as raised:
        wire.result_of(wire.line_of(3, R1Error("unknown language", fix="known are a, b")))
    assert raised.value.fix == "known are a, b"


def test_every_field_is_read() -> None:
    """A field that is added to a program must not be lost on the way: its verdict would be another."""
    kinds = {ProgramLimits: wire._LIMITS, Program: wire._PROGRAM, ProgramResult: wire._RESULT}
    assert {kind: {one.name for one in fields(kind)} for kind in kinds} == {
        kind: set(readers) for kind, readers in kinds.items()
    }
    assert [one.name for one in fields(Interaction)] == ["manager", "players", "channel"]


PROGRAM = {"source": "", "language": "python"}


@pytest.mark.parametrize(
    ("tree", "what"),
    [
        (None, "expected an object"),
        ([], "expected an object"),
        ({"source": "x"}, "not given: language"),
        ({**PROGRAM, "sudo": True}, "no field 'sudo'"),
        ({**PROGRAM, "source": 3}, "source: expected a text"),
        ({**PROGRAM, "argv": "ab"}, "argv: expected a list"),
        ({**PROGRAM, "argv": [1]}, "argv: expected a text"),
        ({**PROGRAM, "files": {"../up": "x"}}, "'../up' has"),
        ({**PROGRAM, "files": ["x"]}, "files: expected an object"),
        ({**PROGRAM, "name": "/etc/passwd"}, "is not relative"),
        ({**PROGRAM, "output_file": "a\x00b"}, "control characters"),
        ({**PROGRAM, "limits": {"cpu_s": True}}, "limits: cpu_s: expected a number"),
        ({**PROGRAM, "limits": {"cpu_s": float("nan")}}, "must be above 0"),
        ({**PROGRAM, "limits": {"wall_s": float("inf")}}, "must be above 0"),
        ({**PROGRAM, "limits": {"memory_mb": 1.5}}, "memory_mb: expected a whole number"),
        ({**PROGRAM, "limits": {"memory_mb": -1}}, "must be above 0"),
        ({"manager": PROGRAM, "players": {}}, "players: expected a list"),
        ({"manager": PROGRAM, "players": [], "channel": "shell"}, "channel: expected fifo_io or std_io"),
    ],
)
def test_what_is_refused(tree: object, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        wire.work_of(tree)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | (
    st.dictionaries(st.sampled_from(["number", "result", "verdict", "manager", "players", "fault"]), inner)
)))  # fmt: skip
def test_rubbish_is_refused_and_nothing_else_happens(tree: object) -> None:
    for read in (wire.work_of, wire.result_of):
        with suppress(ValueError):
            read(tree)
