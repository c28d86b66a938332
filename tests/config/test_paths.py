"""Keys that r1's own code asks for: each is one of some command's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.aliases import ALIASES
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from r1cli.train.schema import sft_schema
from tests.conftest import REPOSITORY

_SCHEMAS = [schema_of(row) for row in COMMANDS.values()]
_LEAVES = {path for schema in _SCHEMAS for path in schema.leaves}
_PATH = re.compile(rf"({'|'.join(sorted({group for schema in _SCHEMAS for group in schema.groups}))})\.\w+")
# Files whose names look like keys.
_FILES = re.compile(r".*\.(json|yaml|log|safetensors)")


def _paths(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
            yield node.value


def test_every_key_in_the_code_is_a_key_of_some_command() -> None:
    found = {
        f"{file.relative_to(REPOSITORY)}: {path}"
        for file in sorted((REPOSITORY / "r1cli").rglob("*.py"))
        for path in _paths(file)
        if path not in _LEAVES | ALIASES.keys() and not _FILES.fullmatch(path)
    }
    assert found == set()


def test_a_key_that_the_command_does_not_have_cannot_be_asked_for() -> None:
    config = resolve(sft_schema(), Request(preset="tiny-sft"))
    assert config.has("training.bf16")
    for path in ("training.bf61", "sampling.endpoint"):
        assert not config.has(path)
        with pytest.raises(KeyError, match=path):
            config.get(path)
