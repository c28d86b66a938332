"""Finding runs below a folder, and the one that a user means."""

from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.runs.locate import command_of, find_run, find_runs, short_name
from tests.run_folders import make_run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_runs_are_found_at_any_depth_the_newest_first(tmp_path: Path) -> None:
    old = make_run(tmp_path / "runs" / "old", age=60)
    nested = make_run(tmp_path / "runs" / "quickstart" / "grpo", age=30)
    make_run(nested / "shares" / "0")
    make_run(nested / "checkpoint-5")
    inner = make_run(nested / "measured")
    assert find_runs(tmp_path / "runs") == [inner, nested, old]
    assert find_runs(old) == [old]
    assert find_runs(tmp_path / "nowhere") == []


def test_a_run_is_found_where_it_lies_and_not_through_a_link(tmp_path: Path) -> None:
    run = make_run(tmp_path / "elsewhere" / "run")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(run)
    (tmp_path / "runs" / "loop").symlink_to(tmp_path / "runs")
    assert find_runs(tmp_path / "runs") == []
    # The folder that is named may be a link, as ./runs often is one to a larger disk.
    (tmp_path / "large").symlink_to(tmp_path / "elsewhere")
    assert find_runs(tmp_path / "large") == [tmp_path / "large" / "run"]


def test_what_a_user_means(tmp_path: Path) -> None:
    old = make_run(tmp_path / "runs" / "a" / "old", age=60, job_id="12")
    new = make_run(tmp_path / "runs" / "new")
    assert find_run(None) == new
    assert find_run("a/old") == find_run("runs/a/old") == find_run(str(old)) == find_run("12") == old
    assert short_name(old) == "a/old"
    assert short_name(Path("elsewhere", "x")) == "elsewhere/x"
    assert short_name(Path("/x")) == "/x"


def test_a_short_name_leads_back(tmp_path: Path) -> None:
    here, below = make_run(tmp_path / "sft"), make_run(tmp_path / "runs" / "sft")
    assert (find_run(short_name(here)), find_run(short_name(below))) == (here, below)
    assert (short_name(here), short_name(below)) == ("sft", "runs/sft")


def test_a_folder_of_runs_is_no_run(tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "a" / "old")
    with pytest.raises(R1Error, match="'a' is a folder of runs"):
        find_run("a")
    with pytest.raises(R1Error, match="there is no run 'b'"):
        find_run("b")
    with pytest.raises(R1Error, match="there is no run 'old'") as caught:
        find_run("old")
    assert caught.value.fix == "did you mean a/old?"
    (tmp_path / "rows.jsonl").touch()
    with pytest.raises(R1Error, match=r"'rows\.jsonl' is a file"):
        find_run("rows.jsonl")


def test_the_command_is_read_without_the_config(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", command="grpo")
    assert command_of(run) == "grpo"
    (run / "run.yaml").write_text("\xff: [")
    assert command_of(run) == command_of(tmp_path) == ""
