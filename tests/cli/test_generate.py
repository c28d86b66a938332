"""What `r1 generate` says of a dataset that it has made."""

import json
from pathlib import Path

import pytest

from r1cli.cli.generate import show_figures
from r1cli.config.resolve import Request
from r1cli.prepare.request import prepare
from tests.command_line import flags_of


@pytest.mark.parametrize(
    ("share", "more", "is_named"),
    [(0.5, (), False), (0.6, (), True), (0.6, ("--on-truncated", "retry"), False)],
)
def test_rows_of_completions_that_were_cut_off_are_not_passed_over(
    share: float, more: tuple[str, ...], is_named: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "figures.json").write_text(json.dumps({"written": 9, "cut_off_share": share}))
    words = ("--dataset", "owner/name", "--endpoint", "http://127.0.0.1:9/v1", "--max-new-tokens", "8", *more)
    retried = ("--retry-max-new-tokens", "16") if more else ()
    request = Request(flags=flags_of(*words, *retried, command="generate"))
    show_figures(prepare("generate", request), tmp_path)
    said = capsys.readouterr().err
    assert ("most completions were cut off: raise --max-new-tokens" in said) == is_named
    assert "# train on it" in said
