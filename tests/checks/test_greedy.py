"""Greedy decoding gives the same text each time."""

import pytest

from r1cli.checks import find_warnings
from r1cli.checks.subject import Subject
from r1cli.commands import COMMANDS
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from r1cli.launch.place import Place
from tests.command_line import flags_of

TINY = ("--evaluate.benchmarks", "tiny_sum")


@pytest.mark.parametrize(
    ("command", "words", "copies"),
    [
        ("evaluate", (*TINY, "--samples", "2"), 2),  # measured greedily unless somebody says otherwise
        ("evaluate", (*TINY, "--samples", "2", "--temperature", "0.6"), 0),
        ("evaluate", TINY, 0),
        ("evaluate", ("--dataset", "d/x", "--samples", "2"), 0),
        ("evaluate", ("--dataset", "d/x", "--samples", "4", "--temperature", "0"), 4),
        ("evaluate", ("--dataset", "d/x", "--protocol", "deepseek-r1"), 0),
        ("generate", ("--dataset", "d/x", "--samples", "3", "--temperature", "0"), 3),
        ("grpo", ("--dataset", "d/x"), 0),
    ],
)
def test_copies_are_warned_of(command: str, words: tuple[str, ...], copies: int) -> None:
    flags = flags_of("--model", "m/x", *words, command=command)
    config = resolve(schema_of(COMMANDS[command]), Request(flags=flags))
    found = [one for one in find_warnings(Subject(config, Place(2))) if "the same" in one]
    assert len(found) == bool(copies)
    assert all(f"at temperature 0 all {copies} completions of a prompt are the same" in one for one in found)
