"""Collecting the wheels, and starting where something is missing: all that needs no index and no GPU."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.gpu import collect_wheels, start


def test_what_a_package_needs_is_collected_and_what_the_machine_has_is_not() -> None:
    found = collect_wheels.closure([Requirement("math-verify[antlr4_13_2]"), Requirement("peft")])
    # latex2sympy2 needs antlr through the extra alone.
    assert {"math-verify", "latex2sympy2-extended", "antlr4-python3-runtime", "peft", "safetensors"} <= found
    assert not found & {*collect_wheels.ON_THE_MACHINE, "mpmath"}


def test_a_package_that_only_has_to_be_there_brings_nothing() -> None:
    assert collect_wheels.closure([Requirement("reasoning-gym")]) == {"reasoning-gym"}


def test_more_than_can_be_carried_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one-1.0-py3-none-any.whl").write_bytes(b"12345")
    assert collect_wheels.report(tmp_path) == 0
    monkeypatch.setattr(collect_wheels, "LIMIT", 5)
    assert collect_wheels.report(tmp_path) == 1
    assert "name fewer versions of Python" in capsys.readouterr().err


def test_without_wheels_it_says_how_to_collect_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "WHEELS", tmp_path)
    assert start.main() == 2
    assert "make gpu-wheels" in capsys.readouterr().err


def test_all_that_the_machine_lacks_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pip-99.0-py3-none-any.whl").touch()
    (tmp_path / "machine.txt").write_text("pytest\nno-such-torch\nno-such-pyarrow\n")
    monkeypatch.setattr(start, "WHEELS", tmp_path)
    assert start.main() == 2
    assert "does not have no-such-torch, no-such-pyarrow, which" in capsys.readouterr().err
