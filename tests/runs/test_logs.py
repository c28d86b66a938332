"""Logs that are read while they grow."""

from pathlib import Path

from r1cli.runs.logs import GrowingText


def test_a_log_is_read_on_and_a_new_one_in_its_place_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "train-rank0.log"
    log = GrowingText(path)
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
