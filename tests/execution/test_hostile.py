"""The hostile suite, run for real: in a second sandbox with hard limits."""

import os

import pytest

from r1cli.errors import R1Error
from r1cli.execution import containment
from r1cli.execution.cgroups import find_place
from r1cli.execution.hostile import Suite, run_suite
from r1cli.execution.hostile_programs import attacks
from tests.conftest import drawn, require
from tests.execution.sandboxes import need_bubblewrap

#: Attacks that are over in moments.
_CHEAP = (
    "reading the machine", "the network", "links and dots", "an output that is a link", "system calls",
    "inherited descriptors", "overwriting checkers and tests", "leaving something for the next",
)  # fmt: skip
_NAMES = [(attack.name,) for attack in attacks()]


def _check(suite: Suite) -> None:
    assert suite.held(), (
        [one for one in suite.tried if not one.held], suite.left, suite.least_free
    )  # fmt: skip


@pytest.mark.e2e
def test_the_cheap_attacks_stay_inside() -> None:
    need_bubblewrap()
    suite = run_suite(names=_CHEAP, languages=["python"])
    _check(suite)
    names = {one.name for one in suite.tried}
    assert {*_CHEAP, "probe: files", "probe: processes", "probe: memory"} == names


@pytest.mark.slow
@pytest.mark.parametrize("groups", [True, False], ids=["with groups", "without groups"])
def test_bombs_stay_inside(groups: bool) -> None:
    need_bubblewrap()
    require("cgroup", not groups or find_place() is not None, "no control group can be made")
    bombs = ["fork bomb", "memory bomb", "memory bombs, 16 at once", "endless output", "daemons"]
    _check(run_suite(groups=groups, names=bombs, languages=["python", "c"]))


@pytest.mark.parametrize("name", drawn(_NAMES))
def test_each_attack_in_every_language(name: str) -> None:
    need_bubblewrap()
    _check(run_suite(names=[name]))


@pytest.mark.soak
def test_every_attack_without_groups() -> None:
    need_bubblewrap()
    _check(run_suite(groups=False))


def test_where_nothing_can_limit_root_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containment, "find_place", lambda: None)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    with pytest.raises(R1Error, match="cannot be contained"):
        run_suite()
