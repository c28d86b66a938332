"""`r1 slurm status`, `list`, `logs` and `cancel`, on a real cluster, with runs that do next to nothing."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.resolve import Request
from r1cli.launch.slurm.submit import submit
from r1cli.prepare.request import resolve_and_check
from r1cli.prepare.slurm_part import slurm_request
from r1cli.prepare.slurm_place import slurm_place
from r1cli.runs.job import Job, Role
from tests.command_line import flags_of
from tests.conftest import PATIENCE, R1, RunR1
from tests.slurm.cluster import Cluster


@dataclass(frozen=True)
class User:
    """Somebody on the login node, with their own runs."""

    folder: Path
    cluster: Cluster
    run: RunR1

    def submit(self, name: str, program: str, *words: str) -> str:
        """Queues a run whose role is a line of bash; the job's number."""
        flags = flags_of("--gpus", "0", *words)
        config, place = resolve_and_check(COMMANDS["check"], Request(flags=flags), slurm_place)
        role = Role("train", ("bash", "-c", program), nodes=place.nodes)
        run_dir = str(self.folder / "runs" / name)
        record = {"command": "sft", "config": {}}
        slurm = slurm_request(config, place, shares_work=False)
        job = Job("sft", run_dir, (role,), record, requires=(), slurm=slurm)
        # From job.json alone.
        return submit(Job.from_json(job.to_json()))

    def r1(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("slurm", *words, cwd=self.folder, env=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """With its own home: no other test sees what r1 stores of Slurm's answers."""
        return {**self.cluster.environment, "R1_HOME": str(self.folder / "home")}

    def status(self, name: str) -> dict[str, Any]:
        """What `r1 slurm status` says; the record must say the same, unless the job runs."""
        done = self.r1("status", name, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        if found["state"] != "running":
            assert self.record(name)["state"] == found["state"]
        return found

    def record(self, name: str) -> dict[str, Any]:
        path = self.folder / "runs" / name / "status.json"
        record: dict[str, Any] = json.loads(path.read_text())
        return record


@pytest.fixture
def user(cluster: Cluster, r1: RunR1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setenv("SLURM_CONF", str(cluster.configuration))
    return User(tmp_path, cluster, r1)


def until(is_so: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_run_that_waits_is_shown_and_cancelled(user: User) -> None:
    number = user.submit("waits", "true", "--slurm.sbatch.hold", "true")
    shown = user.r1("status").stdout
    assert "state     queued" in shown
    assert f"job       {number} (PENDING)" in shown
    assert "waits     it is held" in shown
    assert "nothing is written yet" in user.r1("logs", number).stderr
    assert user.r1("cancel", number).returncode == 0
    assert user.record("waits")["reason"] == f"Slurm job {number} was cancelled while it was queued"
    assert user.record("waits")["job_id"] == number
    assert "nothing to cancel, it is interrupted" in user.r1("cancel", "waits").stderr


def test_a_run_is_followed_through_a_requeue_to_its_end(user: User) -> None:
    step = """echo '{"step": 3, "max_steps": 10}' >> metrics.jsonl"""
    wait = """until [ -e "$SLURM_JOB_ID" ]; do sleep 0.2; done"""
    name = "it's a run"
    folder = user.folder / "runs" / name
    number = user.submit(name, f'cd "{folder}"; {step}; {wait}', "--nodes", "2")
    until((folder / "metrics.jsonl").exists)
    running = user.status(name)
    assert running["state"] == "running"
    assert (running["job"]["node_count"], running["last_step"]["step"]) == ("2", 3)
    follow = subprocess.Popen(
        [R1, "slurm", "logs", "-f", name], cwd=user.folder, env=user.cluster.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    user.cluster.run("scontrol", "requeue", number)
    until(lambda: user.cluster.job(number)["JobState"] == "PENDING")
    waiting = user.status(name)
    assert (waiting["state"], waiting["job"]["restarts"]) == ("queued", "1")
    (folder / number).touch()
    output, talk = follow.communicate(timeout=PATIENCE)
    assert follow.returncode == 0
    assert output.count("rank 0 of 2") == 2
    assert "DUE TO JOB REQUEUE" in output
    assert f"job {number} waits (restart 1)" in talk
    assert talk.endswith("the run is finished\n")
    assert output == user.r1("logs", name).stdout
    assert "state     finished" in user.r1("status", number).stdout


def test_a_failure_is_shown_with_its_last_words(user: User) -> None:
    number = user.submit("fails", "echo Traceback; echo 'ValueError: no such thing'; exit 3")
    user.cluster.wait(number, PATIENCE)
    found = user.status("fails")
    assert found["state"] == "failed"
    assert "exit code 3" in found["reason"]
    assert "ValueError: no such thing" in found["error"]
    assert user.r1("logs", "--log", "train", "fails").stdout.endswith("ValueError: no such thing\n")
    misspelt = user.r1("logs", "--log", "trian", "fails")
    assert misspelt.returncode == 2
    assert "did you mean train?" in misspelt.stderr


def test_the_tasks_of_an_array_are_attempts_at_one_run(user: User) -> None:
    go = user.folder / "go"
    number = user.submit("array", f"until [ -e {go} ]; do sleep 0.2; done; exit 7", "--array", "0-1%1")
    until(lambda: user.record("array")["state"] == "running")
    follow = subprocess.Popen(
        [R1, "slurm", "logs", "-f", "array"], cwd=user.folder, env=user.cluster.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follow.stderr and "runs on" in follow.stderr.readline()
    go.touch()
    output, talk = follow.communicate(timeout=PATIENCE)
    assert output.count("rank 0 of 1") == 2
    assert f"job {number}_1 has ended: FAILED" in talk
    found = user.status("array")
    assert (found["state"], found["job"]["number"]) == ("failed", f"{number}_1")


def test_slurm_is_believed_where_the_run_could_not_speak(user: User) -> None:
    number = user.submit("killed", "sleep 600")
    until(lambda: user.record("killed")["state"] == "running")
    os.kill(user.record("killed")["pid"], signal.SIGKILL)
    user.cluster.wait(number, PATIENCE)
    killed = user.status("killed")
    assert (killed["state"], killed["reason"]) == ("failed", f"Slurm job {number} is FAILED: exit code 137:0")
    assert "Killed" in killed["error"]
    path = user.folder / "runs" / "killed" / "status.json"
    path.write_text(json.dumps({**user.record("killed"), "state": "running", "job_id": "4000000"}))
    assert user.status("killed")["state"] == "lost"
    assert "Slurm does not know job 4000000" in user.record("killed")["reason"]


def test_nodes_have_what_the_script_exports_and_no_mark_of_their_own(user: User) -> None:
    """Also where sbatch was given a list of variables, which srun would keep to."""
    unmarked = '[ -z "$R1_SLURM_NODE" ]'
    site = ("--slurm.sbatch.export", "PATH,PYTHONPATH", "--slurm.cache_dir", "/hub")
    lines = json.dumps([f"{unmarked} || exit 9"])
    words = (*site, "--slurm.before", lines, "--slurm.after", lines)
    number = user.submit("exports", f'{unmarked} && [ "$HF_HOME" = /hub ]', *words)
    assert user.cluster.wait(number, 30) == "COMPLETED", user.r1("logs", "exports").stdout
    assert user.record("exports")["state"] == "finished"


def test_cancel_waits_for_the_end_of_all_processes(user: User) -> None:
    numbers = [user.submit(name, "sleep 4711", "--nodes", "2") for name in ("first", "second")]
    until(lambda: all(user.record(name)["state"] == "running" for name in ("first", "second")))
    assert user.r1("cancel", "first", numbers[1]).returncode == 0
    # Nothing is waited for here: r1 has.
    assert subprocess.run(["pgrep", "-f", "sleep 4711"], check=False, capture_output=True).returncode == 1
    assert {user.record(name)["state"] for name in ("first", "second")} == {"interrupted"}


def test_list_has_the_runs_here_and_those_elsewhere(user: User, tmp_path: Path) -> None:
    number = user.submit("here", "true", "--slurm.sbatch.hold", "true")
    local = tmp_path / "runs" / "local"
    local.mkdir()
    (local / "run.yaml").write_text("command: sft\nconfig: {}\n")
    (local / "status.json").write_text(json.dumps({"state": "finished", "reason": ""}))
    away = tmp_path / "elsewhere"
    away.mkdir()
    other = User(away, user.cluster, user.run).submit("away", "true", "--slurm.sbatch.hold", "true")
    held = ("sbatch", "--parsable", "--hold", "--output=/dev/null", "--wrap=true")
    stranger = user.cluster.run(*held).stdout.strip()
    try:
        listed = json.loads(user.r1("list", "--json").stdout)
        states = {run["run"]: (run["state"], run["job_id"]) for run in listed if str(tmp_path) in run["run"]}
        assert states == {
            str(tmp_path / "runs" / "here"): ("queued", number),
            str(local): ("finished", ""),
            str(away / "runs" / "away"): ("queued", other),
        }
        assert "here" in user.r1("list").stdout
        refused = user.r1("cancel", stranger)
        assert refused.returncode == 2
        assert f"Slurm job {stranger} is not a run of r1" in refused.stderr
        assert user.cluster.job(stranger)["JobState"] == "PENDING"
    finally:
        user.cluster.run("scancel", number, other, stranger)


def test_runs_of_the_cluster_are_runs_like_others(user: User) -> None:
    def runs(*words: str) -> subprocess.CompletedProcess[str]:
        return user.run("runs", *words, cwd=user.folder, env=user.environment)

    number = user.submit("held", "true", "--slurm.sbatch.hold", "true")
    (listed,) = json.loads(runs("list", "--json").stdout)
    assert (listed["state"], listed["job_id"], listed["job"]["state"]) == ("queued", number, "PENDING")
    shown = runs("show", number).stdout
    assert "waits     it is held" in shown
    assert "r1 runs cancel runs/held" in shown
    refused = runs("rm", "held", "--yes")
    assert refused.returncode == 2
    assert "the run is queued" in refused.stderr
    assert "interrupted" in runs("cancel", "held").stderr
    # Slurm's answer of a moment ago says that it waits.
    assert json.loads(runs("list", "--json").stdout)[0]["state"] == "interrupted"

    user.submit("runs", "echo begun; sleep 2; exit 3")
    followed = runs("tail", "-f", "runs")
    assert "rank 0 of 1" in followed.stdout
    assert "the run is failed" in followed.stderr
    assert runs("rm", "--failed", "--yes").stdout.startswith(f"removed {user.folder / 'runs' / 'runs'} (")
    assert [path.name for path in (user.folder / "runs").iterdir()] == ["held"]
