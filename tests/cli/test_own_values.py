"""The values of a command's own parameters are those that Typer gives, or are left to Typer."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from r1cli.cli.own_values import read_own

Seen = dict[str, Any]


def one(
    directory: Annotated[Path, typer.Argument(help="Where.")],
    name: Annotated[str | None, typer.Option(help="Which.", show_default=False)] = None,
    config: Annotated[list[Path] | None, typer.Option("--config", "-c")] = None,
    words: Annotated[list[str] | None, typer.Option("--set")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None: ...


def several(files: Annotated[list[str] | None, typer.Argument()] = None) -> None: ...


def by_typer(function: Any, words: list[str]) -> Seen:
    seen: Seen = {}

    def command(**values: Any) -> None:
        seen.update(values)

    command.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    app = typer.Typer()
    app.command()(command)
    app(args=words, standalone_mode=False)
    return seen


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (one, ["run"]),
        (one, ["a b", "--name", "--odd", "--json"]),
        (one, ["run", "--config", "x.yaml", "-c", "y.yaml", "--set", "a=1", "--set", "b=[1, 2]"]),
        (several, []),
        (several, ["a", "b", "a"]),
    ],
)
def test_values_are_those_of_typer(function: Any, words: list[str]) -> None:
    found = read_own(list(inspect.signature(function).parameters.values()), words)
    assert found is not None
    typed = by_typer(function, words)
    assert {name: value or None for name, value in found.items()} == {
        name: value or None for name, value in typed.items()
    }
    assert [type(value) for value in found.values() if value] == [type(v) for v in typed.values() if v]


@pytest.mark.parametrize(
    "words", [[], ["run", "more"], ["run", "--json", "true"], ["run", "--name", "x", "--unknown"]]
)
def test_what_may_be_wrong_is_left_to_typer(words: list[str]) -> None:
    assert read_own(list(inspect.signature(one).parameters.values()), words) is None


def test_what_is_more_than_a_text_is_left_to_typer() -> None:
    def numbers(count: Annotated[int, typer.Option(min=1)] = 1) -> None: ...

    def called(name: Annotated[str, typer.Option(callback=print)] = "") -> None: ...

    def bare(name: str = "") -> None: ...

    for function in (numbers, called, bare):
        assert read_own(list(inspect.signature(function).parameters.values()), []) is None
