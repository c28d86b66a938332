"""What is removed, and above all what is not."""

import os
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.runs.removal import check_removable, remove, size_of
from r1cli.runs.run_dir import claim
from tests.run_folders import make_run
from tests.slurm_scripts import Slurm


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "runs" / "one", "failed", metrics=[{"step": 1}])


def test_a_run_goes_with_all_that_it_has_written(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "kept.txt").write_text("kept")
    (run / "checkpoint-1").mkdir()
    (run / "checkpoint-1" / "model").write_bytes(b"x" * 1000)
    (run / "to-file").symlink_to(outside / "kept.txt")
    (run / "to-folder").symlink_to(outside)
    (run / "checkpoint-1" / "to-folder").symlink_to(outside)
    make_run(run / "shares" / "0")
    beside = make_run(tmp_path / "runs" / "two")
    size = size_of(run)
    assert 1000 < size < 2000
    assert remove(run) == size
    assert list((tmp_path / "runs").iterdir()) == [beside]
    assert (outside / "kept.txt").read_text() == "kept"
    assert (outside / "folder").is_dir()


def test_nothing_is_removed_through_a_link(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run)
    (tmp_path / "above").symlink_to(run.parent)
    for path in (tmp_path / "link", tmp_path / "above" / "one"):
        with pytest.raises(R1Error, match="through a symbolic link"):
            remove(path)
    assert (run / "run.yaml").exists()


def test_a_link_in_the_place_of_the_lock_is_not_opened(run: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "lock").write_text("precious")
    (run / "launch").rename(tmp_path / "launch")
    (run / "launch").symlink_to(precious)
    with pytest.raises(R1Error, match="launch is a symbolic link"):
        remove(run)
    assert (precious / "lock").read_text() == "precious"


def test_a_path_back_out_of_a_link_removes_nothing(tmp_path: Path) -> None:
    named, meant = make_run(tmp_path / "a" / "b", "failed"), make_run(tmp_path / "real" / "b", "failed")
    (tmp_path / "real" / "sub").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "real" / "sub")
    with pytest.raises(R1Error, match="through a symbolic link") as refused:
        remove(tmp_path / "a" / "link" / ".." / "b")
    assert str(meant) in refused.value.fix
    assert named.exists()
    assert meant.exists()


@pytest.mark.parametrize("part", ["shares", "shares/1", "shares/1/launch", "shares/1/launch/lock"])
def test_nothing_is_written_through_a_link_among_the_shares(part: str, run: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    make_run(run / "shares" / "0")
    for folder in (precious, precious / "launch", precious / "1" / "launch"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").write_text("precious")
    link = run / part
    if part == "shares":
        link.rename(tmp_path / "shares")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(precious / "lock" if part.endswith("lock") else precious)
    with pytest.raises(R1Error, match=f"{part} is a symbolic link"):
        remove(run)
    assert {lock.read_text() for lock in precious.rglob("lock")} == {"precious"}
    assert run.exists()


def test_a_file_in_the_place_of_a_share_keeps_its_run(run: Path) -> None:
    make_run(run / "shares" / "0")
    (run / "shares" / ".nfs0001").touch()
    with pytest.raises(R1Error, match=r"shares/\.nfs0001 is not a folder"):
        remove(run)
    assert (run / "run.yaml").exists()


def test_a_share_goes_only_with_its_run(run: Path) -> None:
    share = make_run(run / "shares" / "0", "failed")
    with pytest.raises(R1Error, match="a share of another run") as refused:
        remove(share)
    assert str(run) in refused.value.fix
    assert share.exists()


@pytest.mark.parametrize("record", [None, "", "a: [", "just words", "command: sft", "config: {}", "- 1"])
def test_only_what_r1_has_written_is_removed(record: str | None, tmp_path: Path) -> None:
    if record is not None:
        (tmp_path / "run.yaml").write_text(record)
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(R1Error):
        remove(tmp_path)
    assert (tmp_path / "thesis.tex").exists()


def test_a_folder_that_holds_other_runs_stays(run: Path) -> None:
    inner = make_run(run / "measured")
    with pytest.raises(R1Error, match="contains another run"):
        remove(run)
    remove(inner)
    remove(run)
    assert not run.exists()


def test_a_run_of_another_machine_that_runs_stays(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "running", host="elsewhere")
    with pytest.raises(R1Error, match="the run is running"):
        check_removable(run)


def test_a_run_that_somebody_holds_stays(run: Path) -> None:
    with claim(run), pytest.raises(R1Error, match="still running"):
        remove(run)
    assert (run / "run.yaml").exists()
    remove(run)


def test_a_number_that_another_process_has_now_keeps_no_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "running", pid=os.getpid())
    remove(run)
    assert not run.exists()


def test_where_slurm_is_not_here_its_runs_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for state in ("queued", "running", "failed"):
        with pytest.raises(R1Error, match="may still run\nthere is no Slurm on this machine"):
            remove(make_run(tmp_path / state, state, job_id="7"))
    remove(make_run(tmp_path / "finished", "finished", job_id="7"))


def test_what_waits_on_another_cluster_stays(tmp_path: Path, slurm: Slurm) -> None:
    run = make_run(tmp_path / "run", "queued", job_id="7")
    with pytest.raises(R1Error, match="may still wait: Slurm does not know job 7"):
        remove(run)
    assert (run / "run.yaml").exists()


def test_a_removal_that_was_interrupted_leaves_a_run_to_remove(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run / "checkpoint-1").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(
            "shutil.rmtree", lambda path: (_ for _ in ()).throw(OSError(5, "broken disk", str(path)))
        )
        with pytest.raises(R1Error, match="cannot be removed: broken disk"):
            remove(run)
    (left,) = run.parent.iterdir()
    remove(left)
    assert list(run.parent.iterdir()) == []
