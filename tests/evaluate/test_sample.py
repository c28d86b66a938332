"""What a killed evaluation keeps."""

from pathlib import Path

import pytest

from r1cli.evaluate.sample import _cut_to_whole_batches


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", 0),
        ("1\n2\n3\n4\n", 4),
        ("1\n2\n3\n4\n5\n", 4),
        ("1\n2\n3\n4\n5\n6", 4),
        ("1\n2\n3\n4\n5\n6\n7\n", 7),
    ],
)
def test_it_goes_on_after_the_last_whole_batch(tmp_path: Path, text: str, kept: int) -> None:
    """Seven problems in batches of two: a batch whose samples are not all there is sampled again."""
    path = tmp_path / "samples.jsonl"
    path.write_text(text)
    assert _cut_to_whole_batches(path, size=2, total=7) == kept
    assert path.read_text() == "".join(f"{number}\n" for number in range(1, kept + 1))
