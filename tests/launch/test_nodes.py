"""Several supervisors of one job, as srun would start them, with programs that take no time."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.launch import rendezvous
from r1cli.launch.slurm.node import first_host, interface_address, this_node
from r1cli.runs.job import Job, Role
from r1cli.runs.run_dir import STOP, STOPPED, read_status
from tests.conftest import PATIENCE
from tests.launch.conftest import Start

# They start supervisors and roles, and wait for them.
pytestmark = pytest.mark.e2e

TRAIN = """
import os, pathlib, sys
pathlib.Path(sys.argv[1], "node" + sys.argv[2]).write_text(os.environ["ALL"])
"""
SERVER = """
import http.server, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
time.sleep(0.5)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
ASK = """
import os, pathlib, sys, urllib.request
answer = urllib.request.urlopen(os.environ["SERVER"])
pathlib.Path(sys.argv[1], "answer").write_text(str(answer.status))
"""


def job_of(run_dir: Path, *roles: Role) -> Job:
    return Job("test", str(run_dir), roles, {"command": "test", "config": {}}, requires=())


def train(run_dir: Path, nodes: int, program: str = TRAIN) -> Role:
    argv = (sys.executable, "-c", program, str(run_dir), "${node.rank}")
    env = {
        "ALL": "${node.rank} ${train.address} ${train.ranks}",
        "SERVER": "http://${vllm.address}:${vllm.http}/",
    }
    return Role("train", argv, env, nodes=nodes, ports=("ranks",))


def ends(processes: list[subprocess.Popen[str]]) -> tuple[list[int], str]:
    """The exit codes, and all that was said."""
    said = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    return [process.returncode for process in processes], "".join(said)


def test_nodes_find_each_other_and_end_together(tmp_path: Path, start: Start) -> None:
    codes, said = ends(start(job_of(tmp_path, train(tmp_path, 3))))
    assert codes == [0, 0, 0]
    words = [(tmp_path / f"node{rank}").read_text().split() for rank in range(3)]
    assert [rank for rank, _, _ in words] == ["0", "1", "2"]
    assert len({(address, port) for _, address, port in words}) == 1
    assert all(f"node {rank}: host n{rank}, rank {rank} of 3, address 127.0.0.1" in said for rank in range(3))
    status = read_status(tmp_path)
    assert (status["state"], status["job_id"].isdigit()) == ("finished", True)


def test_a_finished_run_is_not_run_again(tmp_path: Path, start: Start) -> None:
    job = job_of(tmp_path, train(tmp_path, 2))
    (tmp_path / "status.json").write_text('{"state": "finished"}')
    codes, said = ends(start(job))
    assert codes == [0, 0]
    assert "finished already" in said
    assert not (tmp_path / "node0").exists()


def test_a_service_is_up_before_the_training_and_ends_with_it(tmp_path: Path, start: Start) -> None:
    server = Role(
        "vllm", (sys.executable, "-c", SERVER, "${vllm.http}"), first_node=1, ports=("http",), service=True,
        health="http://${vllm.address}:${vllm.http}/",
    )  # fmt: skip
    codes, said = ends(start(job_of(tmp_path, train(tmp_path, 1, ASK), server)))
    assert codes == [0, 0], said
    assert (tmp_path / "answer").read_text() == "200"
    assert "node 1: vllm is healthy" in said


def test_a_service_that_dies_is_shown_with_the_end_of_its_log(tmp_path: Path, start: Start) -> None:
    server = Role(
        "vllm", (sys.executable, "-c", "raise SystemExit('no weights here')"), first_node=1, service=True,
        ports=("http",), health="http://${vllm.address}:${vllm.http}/",
    )  # fmt: skip
    codes, said = ends(start(job_of(tmp_path, train(tmp_path, 1, ASK), server)))
    assert all(codes)
    assert "no weights here" in said
    status = read_status(tmp_path)
    assert (status["state"], status["reason"]) == ("failed", "vllm ended with exit code 1 on n1 (node 1)")
    assert not (tmp_path / "answer").exists()


def test_one_that_fails_ends_all(tmp_path: Path, start: Start) -> None:
    program = "import sys, time\nif sys.argv[2] == '2': raise ValueError('bad rank')\ntime.sleep(600)"
    codes, said = ends(start(job_of(tmp_path, train(tmp_path, 3, program))))
    assert all(codes)
    assert "ValueError: bad rank" in said
    assert read_status(tmp_path)["reason"] == "train ended with exit code 1 on n2 (node 2)"


@pytest.mark.parametrize("victim", [0, 1])
def test_a_lost_supervisor_ends_all(victim: int, tmp_path: Path, start: Start) -> None:
    processes = start(job_of(tmp_path, train(tmp_path, 2, "import time; time.sleep(600)")))
    wait_for((tmp_path / "logs" / "train-node1.log").exists)
    processes[victim].kill()
    codes, said = ends(processes)
    assert codes[1 - victim] == 1
    assert f"n{victim} (node {victim}) is lost" in said


@pytest.mark.parametrize(
    ("others", "what"),
    [
        ({"node1": {"SLURM_NNODES": "3", "SLURM_NTASKS": "3"}}, "is planned for 2 nodes, and runs on 3"),
        ({"node1": {"SLURM_NTASKS": "4"}}, "srun started 4 tasks on 2 nodes"),
    ],
)
def test_a_mismatch_ends_a_node_at_once(
    others: dict[str, dict[str, str]], what: str, tmp_path: Path, start: Start
) -> None:
    """With srun --kill-on-bad-exit that ends them all."""
    processes = start(job_of(tmp_path, train(tmp_path, 2)), **others)
    said = processes[1].communicate(timeout=PATIENCE)[1]
    assert processes[1].returncode == 1
    assert what in said


def test_a_signal_before_the_time_limit_asks_for_a_checkpoint(tmp_path: Path, start: Start) -> None:
    """Slurm sends it to every process of the job: those that train must not die of it."""
    program = f"""
import pathlib, sys, time
run = pathlib.Path(sys.argv[1])
(run / ("up" + sys.argv[2])).touch()
while not (run / "{STOP}").exists(): time.sleep(0.05)
if sys.argv[2] == "0": (run / "{STOPPED}").write_text('{{"checkpoint": "checkpoint-7"}}')
"""
    processes = start(job_of(tmp_path, train(tmp_path, 2, program)))
    wait_for(lambda: (tmp_path / "up0").exists() and (tmp_path / "up1").exists())
    for pid in descendants({process.pid for process in processes}):
        os.kill(pid, signal.SIGUSR1)
    codes, said = ends(processes)
    # Node 0 says so for all: with another code srun would end those that are still there.
    assert codes == [75, 0], said
    status = read_status(tmp_path)
    assert status["state"] == "interrupted"
    assert "checkpoint-7" in status["reason"]


@pytest.mark.parametrize(
    ("rank", "job", "what"),
    [
        (1, "another job", r"n1 reads another job\.json than n0"),
        (0, "one job", "n1 and n0 both say that they are node 0"),
        (2, "one job", "n1 says that it is node 2, and the job has 2"),
    ],
)
def test_who_calls_and_does_not_belong_is_refused(rank: int, job: str, what: str) -> None:
    port = free_port()
    me = rendezvous.Member(0, "n0", "127.0.0.1", "one job")
    caller = f"""
from r1cli.launch.rendezvous import Member, join
join("127.0.0.1", {port}, Member({rank}, "n1", "", "{job}"))
"""
    process = subprocess.Popen([sys.executable, "-c", caller], stderr=subprocess.PIPE, text=True)
    with pytest.raises(R1Error, match=what):
        rendezvous.host(port, 2, me)
    assert re.search(what, process.communicate(timeout=PATIENCE)[1])


def test_who_looks_for_open_ports_changes_nothing() -> None:
    port = free_port()
    meeting: list[rendezvous.Peers] = []
    me = rendezvous.Member(0, "n0", "", "one job")
    host = threading.Thread(target=lambda: meeting.append(rendezvous.host(port, 2, me)))
    host.start()
    for line in (b"GET / HTTP/1.0\n", b'{"a": 1}\n', b"[]\n", b"\xff\n", b""):
        say(port, line)
    # Node 0 has the address at which it was called, whatever its own name means to itself.
    peers = rendezvous.join("127.0.0.1", port, rendezvous.Member(1, "n1", "127.0.0.9", "one job"))
    host.join(timeout=PATIENCE)
    assert [member.address for member in peers.members] == ["127.0.0.1", "127.0.0.9"]
    assert meeting[0].members == peers.members


def test_a_node_that_does_not_come_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendezvous, "PATIENCE", 0.5)
    with pytest.raises(R1Error, match="no word from node 1, 2"):
        rendezvous.host(free_port(), 3, rendezvous.Member(0, "n0", "", "one job"))


@pytest.mark.slow
def test_two_jobs_do_not_train_in_one_directory(tmp_path: Path, start: Start) -> None:
    """As when a run that waits to be queued again is submitted a second time."""
    program = "import pathlib, sys, time; pathlib.Path(sys.argv[1], 'up').touch(); time.sleep(600)"
    job = job_of(tmp_path, train(tmp_path, 1, program))
    first = start(job)[0]
    wait_for((tmp_path / "up").exists)
    second = start(job, node0={"SLURM_JOB_ID": "999999"})[1]
    assert second.wait(timeout=PATIENCE) == 2
    assert first.poll() is None
    assert read_status(tmp_path)["state"] == "running"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def say(port: int, line: bytes) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(line)
                return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("nodes", "first"),
    [("n1", "n1"), ("n[03-16],m1", "n03"), ("a,b[1-2]", "a"), ("rack[2-3]n[5,7]", "rack2n5"), ("x[9]", "x9")],
)
def test_the_first_host_of_a_list(nodes: str, first: str) -> None:
    assert first_host(nodes) == first


@pytest.mark.parametrize(("named", "found"), [("10.0.0.7", "10.0.0.7"), ("127.0.1.1", "10.0.0.9")])
def test_the_first_node_has_an_address_that_others_reach(
    named: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostbyname", lambda name: named)
    variables = {
        "R1_SLURM_NODE": "1", "SLURM_JOB_ID": "7", "SLURM_NODEID": "0", "SLURM_NNODES": "1",
        "SLURM_NTASKS": "1", "SLURM_JOB_NODELIST": "n1", "SLURM_LAUNCH_NODE_IPADDR": "10.0.0.9",
    }  # fmt: skip
    assert this_node(variables).head == found


@pytest.mark.parametrize("value", [None, "", "N/A", "2-4", "²"])
def test_a_number_that_srun_does_not_set_is_named(value: str | None) -> None:
    variables = {"R1_SLURM_NODE": "1", "SLURM_JOB_ID": "7", "SLURM_NODEID": "0", "SLURM_NNODES": "1"}
    if value is not None:
        variables["SLURM_NTASKS"] = value
    with pytest.raises(R1Error, match="SLURM_NTASKS"):
        this_node(variables)


def test_the_address_of_an_interface() -> None:
    assert interface_address("lo") == "127.0.0.1"
    with pytest.raises(R1Error, match="no network interface 'ib9'"):
        interface_address("ib9")


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def descendants(pids: set[int]) -> set[int]:
    """These processes, and all that they have started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    while more := {pid for pid, parent in parents.items() if parent in pids} - pids:
        pids = pids | more
    return pids
