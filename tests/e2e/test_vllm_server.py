"""A real vLLM server on the CPU: started as a job's service, and asked by the ranks of a GRPO run."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.launch.health import Probes
from r1cli.launch.place import Place
from r1cli.launch.processes import Processes
from r1cli.launch.rendezvous import Member
from r1cli.launch.variables import variables_of
from r1cli.runs.job import Job, fill
from r1cli.services.vllm import ADDRESS, server_python, server_role
from r1cli.train.schema import grpo_schema
from tests.command_line import flags_of
from tests.conftest import PATIENCE, RunR1
from tests.slurm.conftest import Cluster, cluster  # noqa: F401

# The first start compiles, and making an environment with vLLM takes minutes.
pytestmark = pytest.mark.slow

#: Asks some servers as a rank would, and prints the answers.
ASK = """
import json, sys
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.train.server import ask_server
told = []
for config in json.load(sys.stdin):
    try:
        ask_server(RecordedConfig(config))
    except R1Error as error:
        told.append(error.what)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def model(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a folder that no process of another test names."""
    return Path(shutil.copytree(tiny / "model", tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def server(
    model: Path, vllm_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The variables by which the ranks of a job find its server, filled in."""
    place = Place(cores=2, nodes=2, vllm_nodes=1)
    config = config_of(model, "--launch.vllm_python", str(vllm_python))
    role = server_role(config, place, server_python(config, place)[0])
    job = Job("grpo", "unused", (role,), {})
    member = Member(0, "here", "127.0.0.1", "", {"vllm": {"http": free_port()}})
    variables = variables_of(job, [member, member], 1, role)
    processes = Processes(tmp_path_factory.mktemp("logs"), lambda role: variables)
    probes = Probes(processes)
    processes.start(role)
    probes.began(role)
    ((_, process),) = processes.running
    try:
        while not probes.all_healthy():
            assert not processes.failed(), processes.log(role).read_text()[-3000:]
            assert list(probes.look()) in ([], [role])
            time.sleep(0.5)
        yield {"R1_VLLM_SERVER": fill(ADDRESS, variables), "R1_VLLM_WEIGHTS_PORT": "1"}
        family = descendants(process.pid)
    finally:
        processes.stop()
    assert len(family) > 1
    assert not family & set(parents())


def config_of(model: Path, *words: str) -> Config:
    words = (
        "--model", str(model), "--dataset", "some/data", "--reward", "format", "--bf16", "false",
        "--use_vllm", "--vllm_mode", "server", "--vllm_max_model_length", "256", *words,
    )  # fmt: skip
    return resolve(grpo_schema(), Request(flags=flags_of(*words)))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def parents() -> dict[int, int]:
    """This machine's processes, each with its parent; the dead that nobody has asked for are left out."""
    ps = ("ps", "-eo", "pid=,ppid=,stat=")
    listed = subprocess.run(ps, check=True, capture_output=True, text=True).stdout
    rows = map(str.split, listed.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if state[0] != "Z"}


def descendants(pid: int) -> set[int]:
    """A process, and all that it has started, directly or not."""
    known, family, size = parents(), {pid}, 0
    while size < len(family):
        size = len(family)
        family |= {child for child, parent in known.items() if parent in family}
    return family


def test_what_a_rank_is_told(model: Path, server: dict[str, str], python_with_vllm: Path) -> None:
    url = server["R1_VLLM_SERVER"]
    nobody, mute = free_port(), socket.create_server(("127.0.0.1", 0))
    with mute:
        asked = [
            # The same model is elsewhere on the server's machine.
            asking("/elsewhere/tiny", vllm_server_base_url=url),
            asking("/elsewhere/large", vllm_server_base_url=url),
            asking(str(model), vllm_server_port=nobody, vllm_server_timeout=1),
            asking(str(model), vllm_server_port=mute.getsockname()[1], vllm_server_timeout=3),
        ]
        # A site's proxy is not asked for a node of the site.
        proxy = {"http_proxy": f"http://127.0.0.1:{nobody}", "no_proxy": "some.host"}
        result = subprocess.run(
            [python_with_vllm, "-c", ASK], input=json.dumps(asked), env={**os.environ, **proxy},
            capture_output=True, text=True, check=True, timeout=PATIENCE,
        )  # fmt: skip
    same, other, unreachable, silent = json.loads(result.stdout)
    assert "needs CUDA" in same
    assert other == f"the vLLM server at {url} serves {model}, but the run trains /elsewhere/large"
    assert unreachable == f"the vLLM server at http://0.0.0.0:{nobody} does not answer in 1 s"
    assert silent.endswith("does not answer in 3 s")
    assert result.stderr.count(f"rank 0: the vLLM server at {url} answered in") == 2


def asking(model: str, **vllm: object) -> dict[str, object]:
    return {"model": {"model_name_or_path": model}, "vllm": vllm}


def test_on_a_cluster_the_server_has_a_node_of_its_own(
    model: Path,
    vllm_python: Path,
    python_with_vllm: Path,
    cluster: Cluster,  # noqa: F811
    r1: RunR1,
    tmp_path: Path,
) -> None:
    """Two nodes with a rank each, and one that serves: the ranks ask it, and it ends with them."""
    (tmp_path / "rows.jsonl").write_text('{"prompt": "1+1", "solution": "2"}\n' * 8)
    run = tmp_path / "run"
    # Another test's server may have the same model.
    before = listed_commands()
    submitted = r1(
        "slurm", "submit", "grpo", "--preset", "tiny-grpo", "--model", model, "--dataset", "rows.jsonl",
        "--nodes", "3", "--vllm-nodes", "1", "--vllm_max_model_length", "256", "--output-dir", run,
        "--per_device_train_batch_size", "8",
        "--slurm.environment", python_with_vllm.parents[1], "--launch.vllm_python", vllm_python,
        cwd=tmp_path, env={**os.environ, **cluster.environment},
    )  # fmt: skip
    assert submitted.returncode == 0, submitted.stderr
    # The weights go over CUDA, which is not here: what can be shown is all that comes before.
    state = cluster.wait(submitted.stdout.strip(), 3 * PATIENCE)
    output = "".join(log.read_text() for log in (run / "logs").glob("slurm-*.out"))
    assert state == "FAILED", output
    assert "node 2: vllm is healthy" in output
    for rank in (0, 1):
        log = (run / "logs" / f"train-rank{rank}.log").read_text()
        assert f"rank {rank}: the vLLM server at http://127.0.0.1:" in log
    assert "sending it weights needs CUDA, and this run has no GPU" in output
    left = [line for line in listed_commands() if line not in before]
    assert not [line for line in left if str(run) in line or f"--model {model}" in line]


def listed_commands() -> list[str]:
    ps = ("ps", "-ewwo", "args=")
    return subprocess.run(ps, check=True, capture_output=True, text=True).stdout.splitlines()
