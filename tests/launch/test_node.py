"""The supervisor and the launcher, with programs that take no time."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.launch import local
from r1cli.runs.job import Job, Needs, Role
from r1cli.runs.model import WHOLE
from r1cli.runs.run_dir import claim, inspect, read_run, read_status, write_job, write_status
from tests.conftest import PATIENCE

# They start supervisors and roles, and wait for them.
pytestmark = pytest.mark.e2e

MakeJob = Callable[..., Job]
Supervise = Callable[[Job], subprocess.Popen[bytes]]


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    def make(*programs: str, **training: float) -> Job:
        roles = tuple(
            Role(f"role{number}", (sys.executable, "-c", program)) for number, program in enumerate(programs)
        )
        record = {"command": "test", "config": {"training": training}}
        return Job("test", str(tmp_path / "run"), roles, record, requires=())

    return make


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    started = []

    def start(job: Job) -> subprocess.Popen[bytes]:
        inspect(job)
        write_job(job)
        command = [sys.executable, "-m", "r1cli.launch.node", f"{job.run_dir}/job.json"]
        started.append(subprocess.Popen(command))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.05)
    return path.read_text()


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def watch_nothing(line: object) -> None:
    pass


def test_a_run_that_ends_well(make_job: MakeJob) -> None:
    job = make_job("print('hello')")
    assert local.launch(job, watch_nothing) == "new"
    run_dir = Path(job.run_dir)
    assert read_status(run_dir)["state"] == "finished"
    assert (run_dir / "logs" / "role0.log").read_text() == "hello\n"
    assert Job.read(run_dir) == job
    assert local.launch(job, watch_nothing) == "finished"


def test_progress_is_told_line_by_line(make_job: MakeJob, tmp_path: Path) -> None:
    program = (
        f"f = open({str(tmp_path / 'run' / 'metrics.jsonl')!r}, 'a')\n"
        "for step in range(3): f.write('{\"step\": %d}\\n' % step)\n"
    )
    lines: list[object] = []
    local.launch(make_job(program), lines.append)
    assert [line for line in lines if line] == [{"step": 0}, {"step": 1}, {"step": 2}]


def test_a_torn_line_of_metrics_is_left_out(make_job: MakeJob, tmp_path: Path) -> None:
    program = (
        f"f = open({str(tmp_path / 'run' / 'metrics.jsonl')!r}, 'a')\n"
        'f.write(\'{"step": 0}\\n{"step": 1, "lo{"step": 2}\\n7\\n{"step": 3}\\n\')\n'
    )
    lines: list[object] = []
    assert local.launch(make_job(program), lines.append) == "new"
    assert [line for line in lines if line] == [{"step": 0}, {"step": 3}]


def test_a_failing_role_ends_the_others_and_is_named(make_job: MakeJob, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    sleeper = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    waiting = f"import os, time\nwhile not os.path.exists({str(pid_file)!r}): time.sleep(0.05)"
    failing = f"{waiting}\nraise SystemExit('no luck')"
    job = make_job(sleeper, failing)
    with pytest.raises(R1Error) as caught:
        local.launch(job, watch_nothing)
    assert "no luck" in caught.value.what
    assert caught.value.exit_code == 1
    status = read_status(Path(job.run_dir))
    assert (status["state"], status["reason"]) == ("failed", "role1 ended with exit code 1")
    assert gone(int(wait_for(pid_file)))


def test_what_a_worker_says_the_user_can_mend_is_shown(make_job: MakeJob, tmp_path: Path) -> None:
    error = {"what": "no such column", "where": "here", "fix": "name another", "exit_code": 2}
    path = str(tmp_path / "run" / "launch" / "error.json")
    job = make_job(f"open({path!r}, 'w').write({json.dumps(error)!r}); raise SystemExit(2)")
    job_dir = Path(job.run_dir)
    write_job(job)
    (job_dir / "launch").mkdir(exist_ok=True)
    with pytest.raises(R1Error) as caught:
        local.launch(job, watch_nothing)
    assert vars(caught.value)["what"] == "no such column"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything(
    make_job: MakeJob, supervise: Supervise, tmp_path: Path, number: signal.Signals
) -> None:
    pids = tmp_path / "pids"
    program = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)\n"
    )
    job = make_job(program)
    supervisor = supervise(job)
    started = [int(pid) for pid in wait_for(pids).split()]
    supervisor.send_signal(number)
    assert supervisor.wait(timeout=PATIENCE) == 128 + number
    status = read_status(Path(job.run_dir))
    assert (status["state"], status["reason"]) == ("interrupted", number.name)
    assert all(gone(pid) for pid in started)


def test_a_run_says_that_what_started_it_has_ended(make_job: MakeJob, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    job = make_job(f"import time; open({str(begun)!r}, 'w').write('x'); time.sleep(600)")
    inspect(job)
    write_job(job)
    command = [sys.executable, "-m", "r1cli.launch.node", f"{job.run_dir}/job.json"]
    starter = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"])
    wait_for(begun)
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + PATIENCE
    while (status := read_status(Path(job.run_dir)))["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (status["state"], status["reason"]) == ("interrupted", "the process that started it has ended")


def press_ctrl_c_once(path: Path) -> None:
    """Sends this process a SIGINT when a file is there."""

    def press() -> None:
        wait_for(path)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()


#: As a trainer says that it takes steps, and answers with a checkpoint, or not.
STEPS = """
import os, time
from pathlib import Path
run = Path({run!r})
(run / "launch" / "stepping").write_text("1")
while not {answers} or not (run / "launch" / "stop").exists(): time.sleep(0.02)
(run / "launch" / "stopped.json").write_text('{{"step": 7, "checkpoint": "checkpoint-7"}}')
"""


def test_the_first_ctrl_c_asks_for_a_checkpoint(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job(STEPS.format(run=str(tmp_path / "run"), answers=True))
    press_ctrl_c_once(tmp_path / "run" / "launch" / "stepping")
    requests: list[str] = []
    with pytest.raises(SystemExit) as ended:
        local.launch(job, watch_nothing, on_stop=lambda: requests.append("asked"))
    assert ended.value.code == 130
    assert requests == ["asked"]
    status = read_status(tmp_path / "run")
    assert (status["state"], status["reason"]) == ("interrupted", "SIGINT, with checkpoint-7 to resume from")
    assert inspect(job) == "resumed"


def test_the_second_ctrl_c_stops_at_once(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job(STEPS.format(run=str(tmp_path / "run"), answers=False))
    press_ctrl_c_once(tmp_path / "run" / "launch" / "stepping")
    with pytest.raises(SystemExit) as ended:
        local.launch(job, watch_nothing, on_stop=lambda: os.kill(os.getpid(), signal.SIGINT))
    assert ended.value.code == 130
    status = read_status(tmp_path / "run")
    assert (status["state"], status["reason"]) == ("interrupted", "SIGINT")


def test_ctrl_c_before_the_first_step_stops_at_once(make_job: MakeJob, tmp_path: Path) -> None:
    """What an earlier attempt has left says nothing of this one."""
    pid_file, stepping = tmp_path / "pid", tmp_path / "run" / "launch" / "stepping"
    job = make_job(f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    write_job(job)
    stepping.parent.mkdir(exist_ok=True)
    stepping.touch()
    press_ctrl_c_once(pid_file)
    with pytest.raises(SystemExit) as ended:
        local.launch(job, watch_nothing, on_stop=lambda: pytest.fail("it takes no steps"))
    assert ended.value.code == 130
    assert read_status(tmp_path / "run")["reason"] == "SIGINT"
    assert gone(int(pid_file.read_text()))


def test_ctrl_c_before_the_supervisor_listens_is_not_lost(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job("import time; time.sleep(600)")
    with pytest.raises(SystemExit) as ended:
        local.launch(job, watch_nothing, on_start=lambda found: os.kill(os.getpid(), signal.SIGINT))
    assert ended.value.code == 130
    status = read_status(tmp_path / "run")
    assert (status["state"], status["reason"]) == ("interrupted", "SIGINT")


def test_a_run_whose_supervisor_is_killed_is_recorded_as_failed(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job("import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    with pytest.raises(R1Error, match="its supervisor ended with SIGKILL"):
        local.launch(job, watch_nothing)
    status = read_status(tmp_path / "run")
    assert (status["state"], status["reason"]) == ("failed", "its supervisor ended with SIGKILL")


def test_a_process_that_ignores_the_signal_is_killed(
    make_job: MakeJob, supervise: Supervise, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    program = (
        "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    supervisor = supervise(make_job(program))
    pid = int(wait_for(pid_file))
    supervisor.terminate()
    supervisor.wait(timeout=PATIENCE)
    assert gone(pid)


def test_a_killed_run_is_lost_and_can_be_started_again(make_job: MakeJob, supervise: Supervise) -> None:
    job = make_job("import time; time.sleep(600)")
    supervisor = supervise(job)
    wait_for(Path(job.run_dir) / "status.json")
    with pytest.raises(R1Error, match="this run is still running"):
        inspect(job)
    supervisor.kill()
    supervisor.wait()
    assert read_status(Path(job.run_dir))["state"] == "lost"
    assert inspect(job) == "resumed"


def test_another_config_in_the_same_directory_is_refused(make_job: MakeJob) -> None:
    write_job(make_job("pass", seed=1, beta=0.1))
    with pytest.raises(R1Error) as caught:
        inspect(make_job("pass", seed=2))
    assert "training.seed: 1 there, 2 now" in caught.value.what
    assert "training.beta: 0.1 there, not set now" in caught.value.what


def test_a_start_that_left_nothing_may_be_repeated_with_another_config(make_job: MakeJob) -> None:
    failing = make_job("raise SystemExit(3)", seed=1)
    with pytest.raises(R1Error):
        local.launch(failing, watch_nothing)
    other = make_job("pass", seed=2)
    assert local.launch(other, watch_nothing) == "new"
    assert read_run(Path(other.run_dir))["config"]["training"]["seed"] == 2
    # Neither a run that has ended well nor one with work in it is written over.
    with pytest.raises(R1Error, match="another config"):
        inspect(failing)
    write_status(Path(other.run_dir), "interrupted", job_id="7")
    with pytest.raises(R1Error, match="another config"):
        inspect(failing)
    write_status(Path(other.run_dir), "interrupted")
    assert inspect(failing) == "new"
    (Path(other.run_dir) / "checkpoint-1").mkdir()
    with pytest.raises(R1Error, match="another config"):
        inspect(failing)


def test_a_column_under_its_own_name_is_no_other_config(make_job: MakeJob) -> None:
    def job(**columns: str) -> Job:
        record = {"command": "test", "config": {"data": {"columns": columns}}}
        return dataclasses.replace(make_job("pass"), record=record)

    write_job(job(answer="solution"))
    assert inspect(job(answer="solution", solution="solution")) == "resumed"
    with pytest.raises(R1Error, match=r"data\.columns"):
        inspect(job(answer="gold"))


def test_a_run_that_was_moved_with_its_inputs_has_the_same_config(make_job: MakeJob, tmp_path: Path) -> None:
    def job(folder: str, inputs: str) -> Job:
        record = {"command": "test", "config": {"data": {"dataset_name": str(tmp_path / inputs)}}}
        return dataclasses.replace(make_job("pass"), run_dir=str(tmp_path / folder), record=record)

    write_job(job("old/run", "old/rows.jsonl"))
    (tmp_path / "old").rename(tmp_path / "new")
    assert inspect(job("new/run", "new/rows.jsonl")) == "resumed"
    assert inspect(job("new/run", "old/rows.jsonl")) == "resumed"
    with pytest.raises(R1Error, match=r"data\.dataset_name"):
        inspect(job("new/run", "new/others.jsonl"))


def test_a_directory_of_something_else_is_left_alone(make_job: MakeJob) -> None:
    job = make_job("pass")
    folder = Path(job.run_dir)
    folder.mkdir()
    (folder / "thesis.txt").write_text("precious")
    with pytest.raises(R1Error, match="contains no run of r1"):
        local.launch(job, watch_nothing)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_one_of_two_starts_at_once_is_refused(make_job: MakeJob) -> None:
    job = make_job("pass")
    with claim(Path(job.run_dir)), pytest.raises(R1Error, match="this run is still running"):
        local.launch(job, watch_nothing)
    assert local.launch(job, watch_nothing) == "new"


def test_a_supervisor_ends_the_run_when_its_starter_is_killed(make_job: MakeJob, tmp_path: Path) -> None:
    """Nobody would ever stop it."""
    job = make_job("import time; time.sleep(600)")
    (tmp_path / "job.json").write_text(job.to_json())
    program = (
        "from pathlib import Path; from r1cli.launch import local; from r1cli.runs.job import Job\n"
        f"local.launch(Job.from_json(Path({str(tmp_path / 'job.json')!r}).read_text()), lambda line: None)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program])
    status = Path(job.run_dir) / "status.json"
    pid = json.loads(wait_for(status))["pid"]
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + PATIENCE
    while not gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert read_status(Path(job.run_dir))["state"] == "interrupted"


def test_a_fault_of_the_watcher_stops_the_run(make_job: MakeJob) -> None:
    def stumble(line: object) -> None:
        raise BrokenPipeError

    job = make_job("import time; time.sleep(600)")
    with pytest.raises(BrokenPipeError):
        local.launch(job, stumble)
    assert read_status(Path(job.run_dir)).get("state") != "running"


def test_a_file_that_is_cut_while_it_is_followed(tmp_path: Path) -> None:
    """As a trainer does on resume: the file is replaced by a part of it, which is old, and then grows."""
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(f'{{"step": {step}}}\n' for step in range(5)))
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(2)"])
    lines = local._follow(path, process)
    assert next(lines) is None
    part = tmp_path / "part"
    part.write_text("".join(f'{{"step": {step}, "time": 1795762602.4}}\n' for step in range(4)))
    part.replace(path)
    with path.open("a") as file:
        file.write(f'{{"step": 4}}\n{{"step": 5, "time": {time.time()}}}\n')
    assert [line["step"] for line in lines if line] == [4, 5]


def test_logs_of_an_earlier_attempt_are_put_aside(make_job: MakeJob) -> None:
    job = make_job("raise SystemExit('first')")
    for attempt in ("first", "second"):
        with pytest.raises(R1Error, match="first"):
            local.launch(job, watch_nothing)
        assert (Path(job.run_dir) / "logs" / "role0.log").read_text() == "first\n", attempt
    assert (Path(job.run_dir) / "logs" / "attempt-1" / "role0.log").read_text() == "first\n"


def test_what_is_missing_is_named_before_anything_is_written(make_job: MakeJob) -> None:
    job = dataclasses.replace(make_job("pass"), needs=Needs(packages=("no-such-package",)))
    with pytest.raises(R1Error, match="no-such-package is not installed"):
        local.launch(job, watch_nothing)
    assert not Path(job.run_dir).exists()


def test_a_finished_run_needs_nothing_any_more(make_job: MakeJob) -> None:
    job = make_job("pass")
    local.launch(job, watch_nothing)
    hungry = dataclasses.replace(job, needs=Needs(disk_bytes=10**18))
    assert local.launch(hungry, watch_nothing) == "finished"


@pytest.mark.parametrize("chosen", ["", "FASTEST_FIRST"])
def test_gpus_have_the_numbers_of_nvidia_smi(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    """Unless the user's environment says otherwise."""
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    if chosen:
        monkeypatch.setenv("CUDA_DEVICE_ORDER", chosen)
    job = make_job("import os; print(os.environ['CUDA_DEVICE_ORDER'])")
    local.launch(job, watch_nothing)
    log = Path(job.run_dir) / "logs" / "role0.log"
    assert log.read_text().split() == [chosen or "PCI_BUS_ID"]


@pytest.mark.parametrize("has_checkpoint", [True, False])
def test_a_worker_by_hand_says_that_ctrl_c_has_ended_it(make_job: MakeJob, has_checkpoint: bool) -> None:
    program = (
        "import os, signal\n"
        "from r1cli.launch.worker import run_worker\n"
        "run_worker('role0', lambda *arguments: os.kill(os.getpid(), signal.SIGINT))\n"
    )
    job = dataclasses.replace(make_job(program), command="sft")
    inspect(job)
    write_job(job)
    if has_checkpoint:
        whole = Path(job.run_dir) / "checkpoint-3" / WHOLE
        whole.parent.mkdir()
        whole.write_text('{"step": 3}')
    done = subprocess.run(
        [sys.executable, "-c", program, job.run_dir], capture_output=True, text=True, check=False
    )
    again = f"r1 rerun {job.run_dir} --output-dir {job.run_dir}"
    begins = f"there is no checkpoint yet, so that `{again}` begins from scratch"
    continues = f"`{again}` resumes it" if has_checkpoint else begins
    assert done.stderr.splitlines()[-1] == f"interrupted: {continues}"
    status = read_status(Path(job.run_dir))
    assert (status["state"], status["reason"]) == ("interrupted", "SIGINT")
