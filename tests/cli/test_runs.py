"""`r1 runs`, in this process."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Timer

import pytest

from r1cli.cli.app import main
from r1cli.runs.job import Job, Role
from r1cli.runs.run_dir import read_status, write_job
from tests.run_folders import make_run
from tests.slurm_scripts import Slurm

Call = Callable[..., int]
HOST = socket.gethostname()
ESCAPE = "\x1b[2J\u202e"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs r1 in a folder without Slurm, and returns its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["r1", *words])
        try:
            main()
        except SystemExit as exit:
            return exit.code if isinstance(exit.code, int) else 0
        return 0

    return call


def test_list(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path / "runs" / "old", "failed", age=7300)
    metrics = [{"step": 3, "max_steps": 9}]
    make_run(tmp_path / "runs" / "quick" / "grpo", command="grpo", age=61, metrics=metrics)
    assert call("runs", "list") == 0
    printed = capsys.readouterr()
    rows = [line.split() for line in printed.out.splitlines()]
    assert rows == [
        ["run", "command", "state", "step", "age", "job", "or", "host"],
        ["quick/grpo", "grpo", "finished", "3", "of", "9", "1", "min", HOST],
        ["old", "sft", "failed", "2", "h", HOST],
    ]
    assert printed.err == ""
    assert call("runs", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(run["run"], run["state"], run["command"]) for run in listed] == [
        (str(tmp_path / "runs" / "quick" / "grpo"), "finished", "grpo"),
        (str(tmp_path / "runs" / "old"), "failed", "sft"),
    ]
    assert call("runs", "list", "runs/quick") == 0
    assert "old" not in capsys.readouterr().out
    assert call("runs", "list", "nowhere") == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_no_runs(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("runs", "list") == 0
    assert capsys.readouterr() == ("", "there are no runs here\n")
    assert call("runs", "show") == 2
    assert "no run was found" in capsys.readouterr().err


def test_without_slurm_a_submitted_run_is_listed_as_recorded(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "runs" / "one", "running", job_id="7", host="n1")
    assert call("runs", "list") == 0
    printed = capsys.readouterr()
    assert "running (?)" in printed.out
    assert "Slurm could not be asked, so states marked (?) are as recorded: there is no Slurm" in printed.err
    assert call("runs", "show") == 0
    shown = capsys.readouterr().out
    assert re.search(r"^state +running, as recorded: Slurm does not confirm it$", shown, re.M)


def test_show(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = {"model": {"model_name_or_path": f"[bold]evil{ESCAPE}"}}
    metrics = [{"step": step, "max_steps": 9, "reward": step / 9} for step in range(1, 5)]
    make_run(tmp_path / "runs" / "one", "interrupted", config=config, metrics=metrics, reason="SIGTERM")
    assert call("runs", "show", "one") == 0
    shown = capsys.readouterr().out
    assert "model     [bold]evil\\x1b[2J\\u202e\n" in shown
    assert "\x1b" not in shown
    assert "step      4 of 9\n" in shown
    assert re.search(r"\n +reward *\n.*┌", shown)
    assert "\n# resume it\nr1 rerun runs/one --output-dir runs/one\n" in shown
    assert call("runs", "show", "--json") == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["curve"]["points"][0] == [1, pytest.approx(1 / 9)]
    assert (tree["model"], tree["reason"]) == (f"[bold]evil{ESCAPE}", "SIGTERM")
    assert {"line": "r1 runs tail runs/one", "what": "the end of its log"} in tree["next"]


def test_show_a_run_that_has_diverged(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    losses = enumerate([2.0, 1.0, float("inf"), float("nan")], 1)
    metrics = [{"step": step, "max_steps": 4, "loss": loss} for step, loss in losses]
    make_run(tmp_path / "runs" / "one", metrics=metrics)
    assert call("runs", "show") == 0
    assert "┌" in capsys.readouterr().out
    assert call("runs", "show", "--json") == 0
    assert not re.search("NaN|Infinity", capsys.readouterr().out)


def test_tail(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "runs" / "one", "failed", reason="exit code 1")
    assert call("runs", "tail") == 0
    assert capsys.readouterr().err == "the run is failed: exit code 1; nothing is written yet\n"
    (run / "logs").mkdir()
    (run / "logs" / "train.log").touch()
    assert call("runs", "tail", "--log", "train") == 0
    assert capsys.readouterr().err == f"{run / 'logs' / 'train.log'} is empty\n"
    (run / "logs" / "train-rank0.log").write_text("".join(f"line {number}\n" for number in range(100)))
    (run / "logs" / "train.log").write_text("launcher\n")
    assert call("runs", "tail", "-f") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [f"line {number}" for number in range(80, 100)]
    assert printed.err == "the run is failed: exit code 1\n"
    assert call("runs", "tail", "one", "--log", "train") == 0
    assert capsys.readouterr().out == "launcher\n"
    assert call("runs", "tail", "--log", "trian") == 2
    assert "did you mean train or train-rank0?" in capsys.readouterr().err


def test_a_log_does_nothing_in_a_terminal(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "runs" / "one")
    (run / "logs").mkdir()
    (run / "logs" / "train.log").write_text(f"a completion: {ESCAPE}\n")
    assert call("runs", "tail") == 0
    assert capsys.readouterr().out == f"a completion: {ESCAPE}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert call("runs", "tail") == 0
    assert capsys.readouterr().out == "a completion: \\x1b[2J\\u202e\n"


def test_tail_follows_a_run_to_its_end(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_dir = tmp_path / "runs" / "one"
    role = Role(
        "train", ("/bin/sh", "-c", "echo begun; until [ -e seen ]; do /bin/sleep 0.1; done; echo ended")
    )
    record = {"command": "sft", "config": {}}
    write_job(Job("sft", str(run_dir), (role,), record, requires=()))
    supervisor = subprocess.Popen([sys.executable, "-m", "r1cli.launch.node", str(run_dir / "job.json")])
    log = run_dir / "logs" / "train.log"
    while not (log.exists() and log.read_text()):
        assert supervisor.poll() is None
        time.sleep(0.05)
    Timer(1, (tmp_path / "seen").touch).start()
    assert call("runs", "tail", "-f") == 0
    assert capsys.readouterr() == ("begun\nended\n", "the run is finished\n")
    assert supervisor.wait(30) == 0


def test_cancel_says_what_is_over(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "runs" / "one")
    assert call("runs", "cancel", "one") == 0
    assert capsys.readouterr().err == f"{run}: there is nothing to cancel, it is finished\n"
    assert call("runs", "cancel", "two", "three") == 2
    assert "'two'" in (printed := capsys.readouterr().err) and "'three'" in printed


def test_cancel_ends_what_it_can_and_then_says_what_not(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "runs" / "away", "running", host="elsewhere")
    here = tmp_path / "runs" / "here"
    record = {"command": "sft", "config": {}}
    write_job(Job("sft", str(here), (Role("train", ("/bin/sleep", "4713")),), record, requires=()))
    supervisor = subprocess.Popen([sys.executable, "-m", "r1cli.launch.node", str(here / "job.json")])
    while read_status(here).get("state") != "running":
        assert supervisor.poll() is None
        time.sleep(0.05)
    waits = Timer(0.1, supervisor.wait)
    waits.daemon = True
    waits.start()
    try:
        assert call("runs", "cancel", "away", "here") == 2
    finally:
        supervisor.terminate()
    printed = capsys.readouterr().err
    assert f"{here}: interrupted: SIGTERM" in printed
    assert "a process on elsewhere" in printed


def test_cancel_of_what_does_not_end_in_time_fails(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "runs" / "one", "running", job_id="12", host="n1")
    (run / "launch").mkdir(exist_ok=True)
    (run / "launch" / "job.sh").touch()
    (tmp_path / "bin").mkdir()
    slurm = Slurm(tmp_path / "bin")
    slurm.scontrol_prints("14", "RUNNING", run=run, fields="ArrayJobId=12 ArrayTaskId=4")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setattr("r1cli.runs.cancel.ENDING", 0.0)
    assert call("runs", "cancel", "12_4") == 1
    assert slurm.calls("scancel") == ["12_4"]
    assert "it is still ending" in capsys.readouterr().err
    assert call("runs", "cancel", "one") == 1
    assert slurm.calls("scancel") == ["12_4", "12"]


def test_rm_asks_or_is_told(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "runs" / "one")
    assert call("runs", "rm", "one") == 2
    assert "add --yes" in capsys.readouterr().err
    assert run.exists()
    assert call("runs", "rm") == 2
    assert call("runs", "rm", "one", "one", "--yes") == 0
    assert re.fullmatch(rf"removed {run} \(\d\.\d kB\)\n", capsys.readouterr().out)
    assert not run.exists()


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_rm_at_a_terminal(
    answer: str, code: int, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "runs" / "one")
    terminal = tmp_path / "answer"
    terminal.write_text(answer)
    with terminal.open() as stdin:
        monkeypatch.setattr(stdin.buffer.raw, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys, "stdin", stdin)
        assert call("runs", "rm", "one") == code
    assert run.exists() == bool(code)


def test_rm_removes_all_that_are_named_or_none(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = make_run(tmp_path / "runs" / "one"), make_run(tmp_path / "runs" / "two")
    (tmp_path / "link").symlink_to(two)
    assert call("runs", "rm", "one", "link", "--yes") == 2
    assert "through a symbolic link" in capsys.readouterr().err
    assert one.exists()
    assert two.exists()


def test_rm_failed(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    for state in ("failed", "finished", "interrupted", "lost"):
        make_run(runs / state, state)
    make_run(runs / "group" / "failed", "failed")
    outer = make_run(runs / "outer", "failed")
    make_run(outer / "inner")
    away = make_run(tmp_path / "away", "failed")
    (runs / "link").symlink_to(away)
    assert call("runs", "rm", "--failed", "runs/group", "--yes") == 0
    assert not (runs / "group" / "failed").exists()
    assert (runs / "failed").exists()
    assert call("runs", "rm", "--failed", "--yes") == 0
    assert "outer stays: this is not removed: the folder contains another run" in capsys.readouterr().err
    assert sorted(path.name for path in runs.iterdir()) == [
        "finished", "group", "interrupted", "link", "lost", "outer"
    ]  # fmt: skip
    assert away.exists()
    assert call("runs", "rm", "--failed", "--yes") == 0
    assert capsys.readouterr().err.endswith("there is nothing to remove\n")


def test_rm_failed_below_a_linked_folder(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "large" / "one", "failed")
    outer = make_run(tmp_path / "large" / "outer", "failed")
    make_run(outer / "inner")
    (tmp_path / "runs").symlink_to(tmp_path / "large")
    assert call("runs", "rm", "--failed", "--yes") == 0
    assert not run.exists()
    assert "outer stays: " in (said := capsys.readouterr().err)
    assert "remove that one first" in said


def test_compare(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rate in (("a", 1e-5), ("b", 2e-5)):
        config = {"training": {"learning_rate": rate, "seed": 1}}
        make_run(tmp_path / "runs" / name, config=config, metrics=[{"step": 3, "loss": 0.12345678}])
    assert call("runs", "compare", "a", "b") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["training.learning_rate", "1e-05", "2e-05"] in rows
    assert ["loss", "0.1235", "0.1235"] in rows
    assert call("runs", "compare", "a", "b", "--json") == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["different"] == {"training.learning_rate": {"a": 1e-5, "b": 2e-5}}
    assert tree["figures"]["step"] == {"a": 3, "b": 3}
    make_run(tmp_path / "runs" / "c", config={"training": {"learning_rate": 1e-5}})
    assert call("runs", "compare", "a", "c") == 0
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["training.seed", "1", "42 (default)"] in rows
    assert call("runs", "compare", "a", "a") == 0
    assert "the two runs have the same config" in capsys.readouterr().err
