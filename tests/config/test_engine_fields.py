"""The table of TRL's fields that counts, by what is installed."""

import sys

import pytest

from r1cli.checks import find_mistakes
from r1cli.checks.subject import Subject
from r1cli.config import engine_fields
from r1cli.config.engine_fields import engine_classes, engine_note, unsupported_trl
from r1cli.config.resolve import Request, resolve
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.place import Place
from r1cli.train.schema import sft_schema


def having(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    monkeypatch.setattr(engine_fields, "_installed", lambda: versions)


@pytest.mark.parametrize("trl", ["1.16.0", "1.16.3", "1.16.0.dev0"])
def test_a_supported_version_needs_no_word(monkeypatch: pytest.MonkeyPatch, trl: str) -> None:
    having(monkeypatch, trl=trl, transformers="5.24.1")
    assert engine_note() == ""
    assert unsupported_trl() is None
    assert engine_classes()["GRPOConfig"]["num_generations"]["default"] == 8


@pytest.mark.parametrize("trl", ["1.17.0", "1.1.6", "0.20.0"])
def test_another_version_is_refused_with_the_command_that_installs_the_right_one(
    monkeypatch: pytest.MonkeyPatch, trl: str
) -> None:
    having(monkeypatch, trl=trl, transformers="5.23.0")
    (refused,) = [error for error in _mistakes() if "TRL" in error.what]
    assert refused.what == f"TRL {trl} is installed, and this r1 supports TRL 1.16"
    assert refused.fix == "pip install 'trl>=1.16,<1.17'"
    assert "learning_rate" in engine_classes()["SFTConfig"]


def _mistakes(python: str = sys.executable) -> list[engine_fields.R1Error]:
    return find_mistakes(Subject(resolve(sft_schema(), Request("tiny-sft")), Place(2, python=python)))


def test_what_does_not_train_here_needs_no_certain_trl(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch, trl="1.17.0", transformers="5.23.0")
    evaluation = resolve(evaluate_schema(), Request())
    errors = find_mistakes(Subject(evaluation, Place(2))) + _mistakes("/cluster/bin/python")
    assert [error for error in errors if "TRL" in error.what] == []


def test_what_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch, trl="1.16.0", transformers="6.0.1")
    assert engine_note() == (
        "r1 does not know transformers 6.0.1, so options are checked against transformers 5.24."
    )
    having(monkeypatch, trl="1.16.0")
    assert engine_note().startswith("transformers is not installed, so options are checked against TRL 1.16")
    having(monkeypatch)
    assert engine_note() == "TRL is not installed, so options are checked against TRL 1.16, which r1 knows."
    assert unsupported_trl() is None
