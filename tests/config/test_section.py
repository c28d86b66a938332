"""Sections: frozen values with their defaults, and the leaves that are derived from them."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from r1cli.config.bounds import ONE_OR_MORE
from r1cli.config.config import Config
from r1cli.config.leaf import Leaf
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key


class Pace(Section):
    """A group of one command."""

    group = "pace"

    steps: int | None = key("how many", default=None, range=ONE_OR_MORE)
    names: list[str] = key("of whom", default=[], text=True)
    kind: str | bool = key("how", default="slow", choices=("slow", True), written=True)


class QuickPace(Pace):
    """The same of another command, with another default and a key more."""

    kind: str | bool = key("how", default="quick")
    more: dict[str, Any] = key("what else", default={})


def test_leaves_have_the_types_of_the_annotations() -> None:
    assert Schema("walk", Pace).leaves == {
        "pace.steps": Leaf("pace.steps", ("integer", "null"), None, "how many", range=ONE_OR_MORE),
        "pace.names": Leaf("pace.names", ("array", "string"), [], "of whom", of_texts=True),
        "pace.kind": Leaf("pace.kind", ("string", "boolean"), "slow", "how", ("slow", True), written=True),
    }


def test_a_section_is_frozen_and_has_no_other_keys() -> None:
    pace = Pace(steps=3)
    assert pace == Pace(steps=3) != replace(pace, kind=True)
    assert repr(pace) == "Pace(steps=3, names=[], kind='slow')"
    with pytest.raises(FrozenInstanceError):
        pace.steps = 4  # type: ignore[misc]
    with pytest.raises(TypeError, match="Pace has no step"):
        Pace(step=3)  # type: ignore[call-arg]
    Pace().names.append("ann")
    assert Pace().names == []


def test_a_config_gives_the_section_of_its_command_or_none() -> None:
    run = Config("run", Schema("run", QuickPace), None, {"pace.steps": 2, "pace.more": {"a": {"b": 1}}}, {})
    assert run.section(Pace) == QuickPace(steps=2, kind="quick", more={"a": {"b": 1}})
    walk = Config("walk", Schema("walk", Pace), None, {}, {})
    assert walk.find(QuickPace) is None
    with pytest.raises(KeyError, match="walk has no section QuickPace"):
        walk.section(QuickPace)
