"""Lengths that the model's context does not hold are found before anything loads."""

import json
from pathlib import Path

import pytest

from r1cli.checks.context import check_lengths
from r1cli.checks.subject import Subject
from r1cli.config.resolve import Request, resolve
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.place import Place
from tests.command_line import flags_of


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        (("--benchmarks", "aime24"), "aime24 takes 32768 tokens", "flag --benchmarks"),
        (
            ("--dataset", "d/x", "--protocol", "deepseek-r1"),
            "protocol deepseek-r1 takes 32768 tokens",
            "flag --protocol",
        ),
        (("--dataset", "d/x", "--protocol", "deepseek-r1", "--max_new_tokens", "256"), None, None),
        (
            ("--dataset", "d/x", "--max_new_tokens", "512"),
            "sampling.max_new_tokens is 512",
            "--max_new_tokens",
        ),
        (("--dataset", "d/x"), None, None),
        (("--benchmarks", "no_such_benchmark", "--protocol", "deepseek-r1"), None, None),
    ],
)
def test_what_is_asked_for_has_to_fit(
    tmp_path: Path, words: tuple[str, ...], what: str | None, where: str | None
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))
    flags = flags_of("--model", str(tmp_path), *words, command="evaluate")
    found = list(check_lengths(Subject(resolve(evaluate_schema(), Request(flags=flags)), Place(2))))
    assert len(found) == (what is not None)
    for error in found:
        assert what and what in error.what and where and where in error.where
        assert "256 or less" in error.fix
