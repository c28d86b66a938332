"""Services: who waits for them, who may restart, and what they keep to themselves."""

import dataclasses
import json
import os
import re
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.launch import local, ports
from r1cli.launch.health import Probes
from r1cli.launch.processes import Processes
from r1cli.runs.job import Job, Role
from r1cli.runs.run_dir import read_status, write_job
from r1cli.runs.services import is_healthy, read_services, write_services
from tests.launch.conftest import Start
from tests.launch.test_nodes import ends, job_of, wait_for

# They start supervisors and roles, and wait for them.
pytestmark = pytest.mark.e2e

#: Answers at a port once it has waited; the first of them ends, or hangs, at the third request.
SERVER = """
import http.server, os, pathlib, sys, time
port, folder, fault = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
first = not (folder / "began").exists()
(folder / "began").touch()
asked = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += self.path == "/ask"
        if fault == "hangs" and asked == 2 and self.path == "/ask":
            busy = time.monotonic() + 3
            while time.monotonic() < busy: pass
        if fault and asked == 3 and first:
            # What is left of it still has the port.
            if fault == "ends" and os.fork(): os._exit(3)
            time.sleep(600)
        self.send_response(200); self.end_headers()
        self.wfile.write(os.environ.get("KEY", "").encode())
    def log_message(self, *words): pass
time.sleep(1.0)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
#: Says that it is there, waits for the service, and asks it until it has five answers.
CLIENT = """
import json, os, pathlib, sys, time, urllib.request
from r1cli.runs.services import is_healthy, read_services, wait_for_service
run_dir = pathlib.Path(sys.argv[1])
print("waiting", flush=True)
(run_dir / "early").write_text(str(is_healthy(run_dir, "server")))
answers, states = [], set()
while len(answers) < 5:
    wait_for_service(run_dir, "server")
    try:
        answers.append(urllib.request.urlopen(sys.argv[2] + "/ask", timeout=5).read().decode())
    except OSError:
        for _ in range(20):
            states.add(read_services(run_dir)["server"][0]["state"])
            time.sleep(0.05)
(run_dir / "answers").write_text(json.dumps([answers, os.environ.get("KEY", "")]))
(run_dir / "states").write_text(" ".join(sorted(states)))
"""


def server(run_dir: Path, fault: str = "", restarts: int = 0, node: int = 0) -> Role:
    argv = (sys.executable, "-c", SERVER, "${server.http}", str(run_dir), fault)
    health = "http://${node.address}:${server.http}/health"
    return Role(
        "server", argv, {"KEY": "${run.key}"}, first_node=node, ports=("http",), service=True, health=health,
        restarts=restarts,
    )  # fmt: skip


def client(run_dir: Path) -> Role:
    argv = (sys.executable, "-c", CLIENT, str(run_dir), "http://${server.address}:${server.http}")
    return Role("client", argv, {"KEY": "${run.key}"}, beside=True)


def test_a_role_beside_a_service_waits_for_the_supervisors_word(tmp_path: Path, start: Start) -> None:
    """On another node, with the same key; what an earlier attempt has left says nothing."""
    stale = [{"node": "n1", "address": "127.0.0.1", "ports": {"http": 1}, "state": "healthy"}]
    write_services(tmp_path, {"server": stale})
    codes, said = ends(start(job_of(tmp_path, client(tmp_path), server(tmp_path, node=1))))
    assert codes == [0, 0], said
    assert (tmp_path / "early").read_text() == "False"
    answers, key = json.loads((tmp_path / "answers").read_text())
    assert len(key) > 40 and answers == [key] * 5
    (entry,) = read_services(tmp_path)["server"]
    assert (entry["node"], entry["address"], entry["state"]) == ("n1", "127.0.0.1", "ended")
    assert 12000 <= entry["ports"]["http"] < 32000
    texts = [file.read_text() for file in tmp_path.rglob("*") if file.is_file() and file.name != "answers"]
    assert key not in "".join([*texts, said])


def test_a_service_is_started_again_as_often_as_it_may(tmp_path: Path, start: Start) -> None:
    codes, said = ends(start(job_of(tmp_path, server(tmp_path, "ends", restarts=1), client(tmp_path))))
    assert codes == [0], said
    assert "server ended with exit code 3, and is started again (1 of 1)" in said
    assert len(json.loads((tmp_path / "answers").read_text())[0]) == 5
    assert "restarting" in (tmp_path / "states").read_text()
    assert "is started again (1 of 1)" in (tmp_path / "logs" / "server.log").read_text()


#: A supervisor that gives a server up that has neither answered nor computed for a second.
IMPATIENT = """
import sys
from r1cli.launch import health, node
health._SELDOM, health._LONG_ANSWER, health._SILENCE = 0.2, 0.3, 1.0
sys.exit(node.main())
"""


def test_a_service_that_hangs_is_started_again_but_not_one_that_is_busy(tmp_path: Path, start: Start) -> None:
    job = job_of(tmp_path, server(tmp_path, "hangs", restarts=1), client(tmp_path))
    codes, said = ends(start(job, program=("-c", IMPATIENT)))
    assert codes == [0], said
    (note,) = re.findall(r"server did not answer for \d s, and is started again \(1 of 1\)", said)
    assert len(json.loads((tmp_path / "answers").read_text())[0]) == 5
    assert read_services(tmp_path)["server"][0]["reason"] == note
    assert note in (tmp_path / "logs" / "server.log").read_text()


def test_a_service_that_hangs_and_may_not_be_started_again_ends_the_run(tmp_path: Path, start: Start) -> None:
    job = job_of(tmp_path, server(tmp_path, "hangs at once"), client(tmp_path))
    codes, said = ends(start(job, program=("-c", IMPATIENT)))
    assert codes == [1], said
    assert re.fullmatch(r"server did not answer for \d s on n0 \(node 0\)", read_status(tmp_path)["reason"])


def test_a_service_that_ends_too_often_ends_the_run(tmp_path: Path, start: Start) -> None:
    broken = dataclasses.replace(server(tmp_path, restarts=2), argv=(sys.executable, "-c", "1 / 0"))
    codes, said = ends(start(job_of(tmp_path, broken, client(tmp_path))))
    assert codes == [1], said
    assert said.count("node 0: server ended with exit code 1, and is started again") == 2
    assert read_status(tmp_path)["reason"] == "server ended with exit code 1 on n0 (node 0)"


def test_a_failed_services_own_log_is_shown(tmp_path: Path) -> None:
    """And not that of the role that waits for it, though that has written first."""
    program = "import sys, time; time.sleep(1); sys.exit('no space for the cache')"
    broken = dataclasses.replace(server(tmp_path), argv=(sys.executable, "-c", program))
    job = job_of(tmp_path / "run", broken, client(tmp_path / "run"))
    with pytest.raises(R1Error, match="server ended with exit code 1\nno space for the cache") as caught:
        local.launch(job, lambda line: None)
    assert caught.value.where.endswith("server.log")


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Callable[[bytes], tuple[Probes, Role]]]:
    """Probes of a service that only sleeps, at whose port this process sends bytes to whoever asks."""
    (tmp_path / "logs").mkdir()
    processes = Processes(tmp_path / "logs", lambda role: {})
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer(text: bytes) -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    # Who has read enough may hang up.
                    with connection, suppress(OSError):
                        for byte in text:
                            connection.sendall(bytes([byte]))
                            time.sleep(0.01)

        def start(text: bytes) -> tuple[Probes, Role]:
            threading.Thread(target=answer, args=(text,), daemon=True).start()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/health"
            role = Role("ours", (sys.executable, "-c", "import time; time.sleep(600)"), health=url)
            processes.start(role)
            return Probes(processes), role

        yield start
        processes.stop()


def is_found_healthy(probes: Probes, role: Role) -> bool:
    """What the first probe of a role finds; no look at it waits."""
    probes.began(role)
    server = probes._servers[role.name]
    while not server.next:
        began = time.monotonic()
        assert list(probes.look()) in ([], [role])
        assert time.monotonic() - began < 1.5
        time.sleep(0.01)
    return server.healthy


@pytest.mark.parametrize("readable", [True, False])
def test_somebody_elses_answer_is_not_the_services(
    readable: bool, asked: Callable[[bytes], tuple[Probes, Role]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as ours loads its model, another server may have taken the port, perhaps another user's."""
    if not readable:
        monkeypatch.setattr(ports, "_holds", lambda process, sockets: False)
    probes, role = asked(b"HTTP/1.0 200 OK\r\n\r\n")
    assert not is_found_healthy(probes, role)
    monkeypatch.setattr(probes._processes, "session", lambda role: os.getsid(0))
    assert is_found_healthy(probes, role) == readable


@pytest.mark.parametrize("text", [b"rubbish\n", b"", b"HTTP/1.0 503 Busy\r\n\r\n", b"HTTP/1.0 " + b"2" * 900])
def test_what_is_no_answer_is_waited_for_no_longer_than_two_seconds(
    text: bytes, asked: Callable[[bytes], tuple[Probes, Role]], monkeypatch: pytest.MonkeyPatch
) -> None:
    probes, role = asked(text)
    monkeypatch.setattr(probes._processes, "session", lambda role: os.getsid(0))
    began = time.monotonic()
    assert not is_found_healthy(probes, role)
    assert time.monotonic() - began < 30


def test_a_server_ends_with_its_supervisor(tmp_path: Path, start: Start) -> None:
    """Also one that serves no other role."""
    serving = dataclasses.replace(server(tmp_path), name="serve", service=False)
    argv = tuple(word.replace("${server.", "${serve.") for word in serving.argv)
    serving = dataclasses.replace(serving, argv=argv, health="http://${node.address}:${serve.http}/health")
    (supervisor,) = start(job_of(tmp_path, serving))
    wait_for(lambda: is_healthy(tmp_path, "serve"))
    (entry,) = read_services(tmp_path)["serve"]
    supervisor.kill()

    def is_free() -> bool:
        with suppress(OSError), socket.create_server((entry["address"], entry["ports"]["http"])):
            return True
        return False

    wait_for(is_free)


def test_a_users_server_that_ends_by_itself_has_failed(tmp_path: Path, start: Start) -> None:
    """vLLM's ends with exit code 0 when its engine has died."""
    argv = (sys.executable, "-c", "import time; time.sleep(1)")
    codes, said = ends(start(job_of(tmp_path, Role("serve", argv, ready="ask it"))))
    assert codes == [1], said
    status = read_status(tmp_path)
    assert (status["state"], status["reason"]) == ("failed", "serve ended with exit code 0 on n0 (node 0)")


def test_a_job_that_was_queued_by_an_older_r1_is_refused(tmp_path: Path, start: Start) -> None:
    role = Role("train", ("true", "$R1_NODE_RANK"))
    codes, said = ends(start(job_of(tmp_path, role)))
    assert codes == [1]
    assert "planned by an older r1" in said and "start the run again" in said


def test_a_key_that_is_handed_out_is_the_users_alone_and_stays(tmp_path: Path, start: Start) -> None:
    program = "import os, pathlib; pathlib.Path('{}/{}').write_text(os.environ['KEY'])"
    keys = []
    for attempt in ("first", "second"):
        role = Role("serve", (sys.executable, "-c", program.format(tmp_path, attempt)), {"KEY": "${run.key}"})
        job = dataclasses.replace(job_of(tmp_path, role), hands_out_key=True)
        codes, said = ends(start(job)[-1:])
        assert codes == [0], said
        (tmp_path / "status.json").unlink()
        keys.append((tmp_path / attempt).read_text())
        (tmp_path / "launch" / "key").chmod(0o644 if attempt == "first" else 0o600)
    file = tmp_path / "launch" / "key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys == [file.read_text().strip()] * 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_command_line_can_be_pasted_where_its_variables_are_set(tmp_path: Path) -> None:
    argv = ("serve", "--url", "http://${vllm.address}:${vllm.http}/v1", "it's $HOME")
    line = Role("a", argv, {"RANK": "${node.rank}"}).command_line()
    assert line == """RANK="$NODE_RANK" serve --url http://"$VLLM_ADDRESS":"$VLLM_HTTP"/v1 'it'"'"'s $HOME'"""


def test_a_job_of_an_older_r1_is_read(tmp_path: Path) -> None:
    """It names secrets, and its roles have no ports."""
    job = Job("sft", str(tmp_path), (Role("train", ("true",)),), {"command": "sft", "config": {}})
    write_job(job)
    tree = json.loads(job.to_json())
    del tree["record"], tree["hands_out_key"], tree["roles"][0]["ports"], tree["roles"][0]["beside"]
    tree["secrets"] = ["HF_TOKEN"]
    assert Job.from_json(json.dumps(tree)) == dataclasses.replace(job, record={})
