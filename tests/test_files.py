"""Writing whole or not at all, locks, lines of JSON, and files that grow while they are read."""

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1cli.files import (
    BadLine,
    GrowingFile,
    json_lines,
    lock,
    numbered_json_lines,
    read_json_lines,
    write_json_lines,
    write_text,
)

#: The folder of a test is the same for all examples, which write it again.
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
#: What cuts lines in `str.splitlines`.
SEPARATORS = "\u2028\u2029\x85\x0b\x1c\r\n"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(SEPARATORS))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "€")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half \ud800")
    assert path.read_text(encoding="utf-8") == "€"
    assert list(path.parent.iterdir()) == [path]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_text(path, "0" * 1_000_000)
    program = (
        "import sys; from pathlib import Path; from r1cli.files import write_text\n"
        "for digit in '123456789' * 5: write_text(Path(sys.argv[1]), digit * 1_000_000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        text = path.read_text()
        assert (len(text), len(set(text))) == (1_000_000, 1)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert list(tmp_path.iterdir()) == [path]


HOLD = """
import sys, time
from pathlib import Path
from r1cli.files import lock
with lock(Path(sys.argv[1]), RuntimeError()):
    print(flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(path: Path, seconds: float) -> "subprocess.Popen[str]":
    """A process that holds a lock already."""
    command = [sys.executable, "-c", HOLD, str(path), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process


def test_a_lock_is_for_one_process_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lock"
    with holder(path, 100) as other:
        with pytest.raises(RuntimeError, match="held"), lock(path, RuntimeError("held")):
            pass
        other.kill()
    with lock(path, RuntimeError("held")):
        pass


def test_what_lies_in_the_place_of_a_lock_keeps_what_it_holds(tmp_path: Path) -> None:
    path, link = tmp_path / "lock", tmp_path / "link"
    path.write_text("precious")
    link.symlink_to(path)
    with lock(path, RuntimeError()):
        pass
    with pytest.raises(OSError), lock(link, RuntimeError()):
        pass
    assert path.read_text() == "precious"


def test_a_lock_can_be_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path, 0.5), lock(path, RuntimeError("held"), seconds=60):
        pass
    with holder(path, 100) as other:
        with pytest.raises(RuntimeError), lock(path, RuntimeError("held"), seconds=0.3):
            pass
        other.kill()


def test_what_inherits_a_lock_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock(path, RuntimeError()) as descriptor:
        heir = subprocess.Popen(["sleep", "100"], pass_fds=(descriptor,))
    with heir:
        with pytest.raises(RuntimeError), lock(path, RuntimeError()):
            pass
        heir.kill()


@SAME_FOLDER
@given(st.lists(VALUES), st.booleans())
def test_lines_of_json_are_read_as_they_were_written(tmp_path: Path, values: list[Any], ascii_: bool) -> None:
    path = tmp_path / "values.jsonl"
    path.write_text(
        "".join(json.dumps(value, ensure_ascii=ascii_) + "\n" for value in values),
        encoding="utf-8",
        newline="",
    )
    assert list(read_json_lines(path)) == values
    write_json_lines(path, values)
    assert list(read_json_lines(path)) == values


@SAME_FOLDER
@given(st.lists(VALUES, min_size=1), st.data())
def test_wherever_the_last_line_is_torn_the_others_are_read(
    tmp_path: Path, values: list[Any], data: st.DataObject
) -> None:
    path = tmp_path / "values.jsonl"
    whole = json_lines(values).encode()
    last = len(json_lines(values[-1:]))
    path.write_bytes(whole[: len(whole) - data.draw(st.integers(1, last))])
    assert list(read_json_lines(path, torn=True)) == values[:-1]


def test_a_torn_line_is_an_error_where_nobody_said_that_it_may_be_there(tmp_path: Path) -> None:
    path = tmp_path / "values.jsonl"
    path.write_bytes(b'{"a": 1}\n\n{"a"')
    with pytest.raises(BadLine) as caught:
        list(read_json_lines(path))
    assert caught.value.number == 3
    # Files of people may end without a line feed.
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n \n2')
    assert list(numbered_json_lines(path)) == [(1, {"a": 1}), (3, 2)]
    for bad in (b"1\n\xff\n", b"1\n" + b"[" * 100_000):
        path.write_bytes(bad)
        with pytest.raises(BadLine, match="line 2"):
            list(read_json_lines(path))


def test_lines_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "values.jsonl"
    path.write_text("1\n2\nno\n")
    lines = read_json_lines(path)
    assert (next(lines), next(lines)) == (1, 2)
    with pytest.raises(BadLine):
        next(lines)


def test_a_growing_file_is_read_on_and_a_new_one_in_its_place_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "train-rank0.log"
    log = GrowingFile(path)
    assert list(log.read()) == []
    whole = "5 € a step\n".encode()
    path.write_bytes(whole[:3])
    assert "".join(log.read()) == "5 "
    with path.open("ab") as file:
        file.write(whole[3:])
    assert "".join(log.read()) == "€ a step\n"
    # Another attempt: the old log is put aside, and the new one is longer.
    path.rename(tmp_path / "aside.log")
    path.write_bytes(whole + b"again\n")
    assert "".join(log.read()) == "5 € a step\nagain\n"
    path.write_bytes(b"cut\n")
    assert "".join(log.read()) == "cut\n"
    assert list(log.read()) == []


def test_what_was_torn_is_forgotten_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes("old\nhalf a line and half a €".encode()[:-1])
    file = GrowingFile(path)
    assert list(file.lines()) == ["old"]
    path.rename(tmp_path / "aside")
    path.write_bytes(b"new\n")
    assert list(file.lines()) == ["new"]


def test_from_its_end_only_what_comes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text("1\n2\n")
    file = GrowingFile(path, from_end=True)
    assert list(file.lines()) == []
    with path.open("a") as end:
        end.write("3\n4")
    assert list(file.lines()) == ["3"]


@SAME_FOLDER
@given(st.text(st.sampled_from("a€\n\u2028\r\x85"), max_size=200), st.lists(st.integers(0, 600), max_size=8))
def test_however_a_file_grows_its_lines_are_the_same(tmp_path: Path, text: str, cuts: list[int]) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"")
    raw, read = text.encode(), GrowingFile(path)
    lines: list[str] = []
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    for start, end in pairwise(places):
        with path.open("ab") as file:
            file.write(raw[start:end])
        lines += read.lines()
    assert lines == text.split("\n")[:-1]


def test_a_file_that_is_being_written_is_followed_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    program = (
        "import sys\nwith open(sys.argv[1], 'w', buffering=7) as file:\n"
        "    for number in range(3000): file.write(f'{number} €\\n')"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, str(path)])
    file, lines, ended = GrowingFile(path), list[str](), False
    while not ended:
        ended = writer.poll() is not None
        lines += file.lines()
        time.sleep(0.001)
    assert lines == [f"{number} €" for number in range(3000)]
