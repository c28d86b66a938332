"""`r1 slurm submit` on a real cluster: what it trains, how it is stopped, and how it resumes."""

import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.completion_service import Service
from tests.conftest import PATIENCE, R1, SEED, RunR1
from tests.e2e.conftest import make_environment
from tests.e2e.test_code_router import REWARD as RAN_PROGRAMS
from tests.generate.runs import rows_of
from tests.launch.test_slurm_script import SCRIPTS, SITES, golden_text
from tests.slurm.conftest import Cluster

#: Greatest difference between two weights that counts as none, in float32.
TOLERANCE = 1e-5
COMPARE = """
import sys
from safetensors.torch import load_file
first, second = (load_file(f"{folder}/model.safetensors") for folder in sys.argv[1:])
assert first.keys() == second.keys()
print(max(float((first[name] - second[name]).abs().max()) for name in first))
"""
NAP = """
from r1cli import Callback, hookimpl

@hookimpl
def r1_callbacks():
    return [Callback("nap", "nap_callback:Nap", summary="Slow.")]
"""
NAP_CALLBACK = """
import time
from transformers import TrainerCallback

class Nap(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        time.sleep(0.25)
"""
SFT = (
    "sft", "--preset", "tiny-sft", "--dataset", "data/sft.jsonl", "--max_steps", "24", "--save_steps", "6",
    "--per_device_train_batch_size", "8", "--seed", "3",
)  # fmt: skip
GRPO = (
    "grpo", "--preset", "tiny-grpo", "--dataset", "data/grpo.jsonl", "--max_steps", "3",
    "--per_device_train_batch_size", "8", "--num_generations", "4", "--max_completion_length", "16",
    "--rewards.max_dead_steps", "null",
)  # fmt: skip
#: Somebody's way into their own job; after it comes what to run there.
INTO_A_JOB = {
    "a batch script": ("sbatch", "--wait", "--output=inside.out", "--wrap"),
    "a batch script with --ntasks-per-node=4": (
        "sbatch", "--wait", "--output=inside.out", "--ntasks-per-node=4", "--wrap",
    ),
    # What `srun --pty bash` is without a terminal.
    "srun --pty bash": ("srun", "--ntasks=1", "bash", "-c"),
    # The shell that Slurm opens on the first node for `salloc -N2 -n2`, where it is configured to.
    "salloc -N2 -n2": ("salloc", "-N2", "-n2", "srun", "--interactive", "--preserve-env", "bash", "-c"),
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A user's folder on the cluster."""

    folder: Path
    cluster: Cluster
    r1: RunR1

    def __call__(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.r1(*words, cwd=self.folder, env=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.cluster.environment, "XDG_CONFIG_HOME": str(self.folder)}

    def submit(self, *words: str, name: str) -> str:
        """Slurm's number of a job whose run directory is ``name``."""
        done = self("slurm", "submit", *words, "--model", "model", "--output-dir", name)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def local(self, *words: str, name: str) -> None:
        done = self(*words, "--model", "model", "--output-dir", name)
        assert done.returncode == 0, done.stderr

    def status(self, name: str) -> dict[str, Any]:
        status: dict[str, Any] = json.loads((self.folder / name / "status.json").read_text())
        return status

    def steps(self, name: str) -> int:
        """The last step that was logged."""
        path = self.folder / name / "metrics.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith("\n")]
        return int(json.loads(whole[-1])["step"]) if whole else 0

    def wait_for_step(self, name: str, step: int) -> None:
        self.until(lambda: self.steps(name) >= step, f"{name} has not come to step {step}", name)

    def until(self, is_so: Callable[[], bool], otherwise: str, name: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"{otherwise}\n{self.output(name)}"
            time.sleep(0.2)

    def wait_for_array(self, job: str, name: str) -> None:
        listed = ("squeue", "--noheader", "--jobs", job)
        self.until(lambda: not self.cluster.run(*listed).stdout.strip(), "the array has not ended", name)

    def output(self, name: str) -> str:
        """What the job has written."""
        logs = sorted((self.folder / name / "logs").rglob("slurm-*.out"))
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def difference(self, first: str, second: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", COMPARE, self.folder / first, self.folder / second],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return float(done.stdout)

    def ranks(self, name: str) -> list[int]:
        """The processes that train."""
        return [pid for pid, _ in self.processes(name) if "RANK" in _environment(pid)]

    def processes(self, name: str) -> list[tuple[int, str]]:
        """Processes whose command line names a run directory: their ids and command lines."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"{self.folder / name}" in line:
                found.append((int(entry.name), line))
        return found


@pytest.fixture(scope="session")
def site(cluster: Cluster, r1: RunR1, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(tiny, folder, dirs_exist_ok=True)
    return Site(folder, cluster, r1)


@pytest.fixture
def naps(tmp_path: Path) -> Path:
    """The Python of an environment where the callback `nap` makes each step last a while longer."""
    python = make_environment(tmp_path / "naps")
    (packages,) = (tmp_path / "naps").glob("lib/python*/site-packages")
    (packages / "nap.py").write_text(NAP)
    (packages / "nap_callback.py").write_text(NAP_CALLBACK)
    metadata = packages / "nap-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: nap\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[r1]\nnap = nap\n")
    return python


@pytest.fixture(scope="session")
def undisturbed(site: Site) -> str:
    """The SFT run on two nodes that the disturbed ones are compared with."""
    job = site.submit(*SFT, "--nodes", "2", name="undisturbed")
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output("undisturbed")
    return "undisturbed"


@pytest.mark.slow
def test_two_nodes_train_what_two_local_processes_train(site: Site, undisturbed: str) -> None:
    site.local(*SFT, "--num_processes", "2", "--gpus", "0", name="local-sft")
    assert site.difference(undisturbed, "local-sft") < TOLERANCE
    status = site.status(undisturbed)
    assert (status["state"], status["job_id"].isdigit()) == ("finished", True)
    said = re.findall(r"node (\d): host (\S+), rank \1 of 2, address [\d.]+", site.output(undisturbed))
    assert sorted(rank for rank, _ in said) == ["0", "1"]
    assert len({name for _, name in said}) == 2
    # Nothing is left to do, and nothing is queued.
    again = site("slurm", "submit", *SFT, "--nodes", "2", "--model", "model", "--output-dir", undisturbed)
    assert again.returncode == 0
    assert "finished already" in again.stderr
    assert not again.stdout


@pytest.mark.slow
def test_a_killed_rank_ends_the_job_and_is_shown(site: Site) -> None:
    words = (*SFT, "--max_steps", "5000", "--nodes", "2")
    job = site.submit(*words, name="killed-rank")
    site.wait_for_step("killed-rank", 2)
    second = next(pid for pid, _ in site.processes("killed-rank") if _environment(pid).get("RANK") == "1")
    os.kill(second, signal.SIGKILL)
    assert site.cluster.wait(job, PATIENCE) == "FAILED"
    status, output = site.status("killed-rank"), site.output("killed-rank")
    assert status["state"] == "failed"
    assert re.fullmatch(r"train ended with exit code 1 on n\d+ \(node 1\)", status["reason"])
    # The end of that rank's own log.
    assert "train-rank1.log" in output or "train-node1.log" in output
    assert site.processes("killed-rank") == []


def test_the_default_recipe_asks_for_sixteen_nodes_of_eight_gpus(site: Site) -> None:
    done = site("slurm", "submit", "sft", "--nodes", "16")
    assert done.returncode == 0, done.stderr
    job = site.cluster.job(done.stdout.strip())
    site.cluster.run("scancel", done.stdout.strip())
    assert (job["NumNodes"].partition("-")[0], job["TresPerNode"]) == ("16", "gres:gpu:8")


@pytest.mark.parametrize("name", [*SCRIPTS, *SITES])
def test_slurm_accepts_the_golden_scripts(name: str, site: Site, tmp_path: Path) -> None:
    """Apart from what is particular to an imagined site: its partition, reservation and memory."""
    text = golden_text(name, tmp_path)
    text = re.sub(r"#SBATCH --(partition|reservation|account|gpus-per-node|array)=.*\n", "", text)
    script = tmp_path / "job.sh"
    script.write_text(text)
    tried = site.cluster.run("sbatch", "--test-only", str(script))
    assert tried.returncode == 0, tried.stderr


@pytest.mark.slow
def test_a_path_with_spaces_and_quotes_survives(site: Site) -> None:
    name = """it's a "run" $HOME %j #1"""
    job = site.submit(*SFT, "--max_steps", "1", "--nodes", "1", name=name)
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED"
    assert site.status(name)["state"] == "finished"
    assert "rank 0 of 1" in site.output(name)


def test_another_run_of_the_same_directory_waits_its_turn(site: Site) -> None:
    name = "twice"
    job = site.submit(*SFT, "--nodes", "1", "--sbatch", "hold=true", name=name)
    again = site("slurm", "submit", *SFT, "--nodes", "1", "--model", "model", "--output-dir", name)
    site.cluster.run("scancel", job)
    assert again.returncode == 2
    assert f"Slurm job {job}" in again.stderr


def test_what_slurm_refuses_is_one_panel(site: Site) -> None:
    done = site("slurm", "submit", *SFT, "--model", "model", "--partition", "nope", "--output-dir", "refused")
    assert done.returncode == 2
    assert "invalid partition specified: nope" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_evaluation_is_shared_out_over_an_array(site: Site) -> None:
    words = (
        "evaluate", "tiny_sum", "--num-problems", "9", "--samples", "2", "--temperature", "0",
        "--max_new_tokens", "12", "--gpus", "0",
    )  # fmt: skip
    # One share fails before it has sampled anything.
    job = site.submit(*words, "--array", "0-2", "--sbatch", "hold=true", name="shared")
    broken = site.folder / "shared" / "shares" / "1" / "metrics.jsonl"
    broken.symlink_to("nowhere/metrics.jsonl")
    site.cluster.run("scontrol", "release", job)
    site.wait_for_array(job, "shared")
    shown = site("slurm", "status", "shared")
    assert "share 1: evaluate ended with exit code 1" in shown.stdout, shown.stdout + shown.stderr
    assert not (site.folder / "shared" / "results.json").exists()
    broken.unlink()
    folder = site.folder / "shared" / "benchmarks" / "tiny_sum"
    stored = {store: store.read_bytes() for store in folder.glob("samples*.jsonl")}
    assert len(stored) == 2
    # The one that failed, alone: what the others have stored is not sampled again.
    job = site.submit(*words, "--array", "1", name="shared")
    site.wait_for_array(job, "shared")
    assert site.status("shared")["state"] == "finished", site("slurm", "status", "shared").stdout
    for store, before in stored.items():
        assert store.read_bytes() == before
    keys = [
        json.loads(line)["key"]
        for store in folder.glob("samples*.jsonl")
        for line in store.read_text().splitlines()
    ]
    assert len(keys) == len(set(keys)) == 18
    site.local(*words, name="unshared")
    both = [json.loads((site.folder / name / "results.json").read_text()) for name in ("shared", "unshared")]
    assert both[0] == both[1]
    assert site("evaluate", "show", "shared").stdout.count("gold: ") == 18
    again = site("slurm", "submit", *words, "--array", "0-1", "--model", "model", "--output-dir", "shared")
    assert "finished already" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("way", INTO_A_JOB)
def test_a_command_for_one_machine_runs_inside_a_job(way: str, site: Site, tmp_path: Path) -> None:
    words = ("evaluate", "tiny_sum", "--num-problems", "1", "--max_new_tokens", "4", "--gpus", "0")
    call = shlex.join([str(R1), *words, "--model", str(site.folder / "model"), "--output-dir", "run"])
    done = site.cluster.run(*INTO_A_JOB[way], call, cwd=tmp_path, env=site.environment, timeout=3 * PATIENCE)
    output = "".join(path.read_text() for path in tmp_path.glob("inside.out"))
    assert done.returncode == 0, done.stdout + done.stderr + output
    status = site.status(str(tmp_path / "run"))
    assert (status["state"], status.get("job_id")) == ("finished", None)


@pytest.mark.soak
def test_four_nodes_train_what_four_local_processes_train(site: Site) -> None:
    words = (*SFT, "--per_device_train_batch_size", "4")
    job = site.submit(*words, "--nodes", "4", name="four")
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output("four")
    site.local(*words, "--num_processes", "4", "--gpus", "0", name="local-four")
    assert site.difference("four", "local-four") < TOLERANCE


@pytest.mark.slow
def test_grpo_on_two_nodes_trains_what_two_local_processes_train(site: Site) -> None:
    job = site.submit(*GRPO, "--nodes", "2", name="grpo")
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output("grpo")
    site.local(*GRPO, "--num_processes", "2", "--gpus", "0", name="local-grpo")
    assert site.difference("grpo", "local-grpo") < TOLERANCE


@pytest.mark.slow
def test_the_ranks_of_two_nodes_ask_one_router(site: Site) -> None:
    (site.folder / "ran.py").write_text(RAN_PROGRAMS)
    words = (*GRPO, "--reward", "./ran.py:ran", "--code.router", "true")
    job = site.submit(*words, "--nodes", "2", name="routed")
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output("routed")
    metrics = (site.folder / "routed" / "metrics.jsonl").read_text()
    steps = [step for step in map(json.loads, metrics.splitlines()) if "reward" in step]
    assert [(step["reward"], step["code/fault_share"]) for step in steps] == [(1.0, 0.0)] * 3
    (router,) = json.loads((site.folder / "routed" / "services.json").read_text())["router"]
    assert f"node 0: host {router['node']}," in site.output("routed")


@pytest.mark.soak
def test_requeued_it_ends_as_undisturbed(site: Site, undisturbed: str) -> None:
    job = site.submit(*SFT, "--nodes", "2", name="requeued")
    site.wait_for_step("requeued", 8)
    site.cluster.run("scontrol", "requeue", job)
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output("requeued")
    assert site.difference("requeued", undisturbed) < TOLERANCE
    assert "rank 0 of 2" in site.output("requeued").partition("rank 0 of 2")[2]


@pytest.mark.slow
def test_stopped_at_its_time_limit_it_goes_on_by_itself(site: Site, naps: Path) -> None:
    """Slurm looks at time limits twice a minute, and sends the signal up to half a minute early."""
    words = (*SFT, "--max_steps", "400", "--save_steps", "1000", "--nodes", "2")
    # However quick the machine is, the training takes longer than the minute and a half.
    command = (naps, "-m", "r1cli", "slurm", "submit", *words, "--callbacks", "nap", "--time", "2")
    submitted = subprocess.run(
        [*command, "--slurm.stop_before", "30", "--model", "model", "--output-dir", "limited"],
        cwd=site.folder, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert submitted.returncode == 0, submitted.stderr
    job = submitted.stdout.strip()
    assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output("limited")
    starts = site.output("limited").count("rank 0 of 2")
    assert starts >= 2, "the time limit did not come"
    whole = site.submit(*words, name="unlimited")
    assert site.cluster.wait(whole, 3 * PATIENCE) == "COMPLETED", site.output("unlimited")
    assert site.difference("limited", "unlimited") < TOLERANCE


@pytest.mark.parametrize(
    "kills", [pytest.param(2, marks=pytest.mark.slow), pytest.param(10, marks=pytest.mark.soak)]
)
@pytest.mark.timeout(3600)
def test_killed_at_random_steps_it_ends_as_undisturbed(site: Site, kills: int) -> None:
    words = (*SFT, "--max_steps", "120", "--save_steps", "11", "--nodes", "2")
    dice = random.Random(SEED)
    name, whole = f"killed-{kills}-{SEED}", f"never-killed-{kills}"
    for step in sorted(dice.sample(range(1, 111), kills)):
        job = site.submit(*words, name=name)
        # The steps of the last attempt may be there already, and this one not have begun.
        site.until(lambda: site.ranks(name) != [], "no rank has started", name)
        site.wait_for_step(name, step)
        os.kill(dice.choice(site.ranks(name)), signal.SIGKILL)
        assert site.cluster.wait(job, PATIENCE) == "FAILED", site.output(name)
    for last in (name, whole):
        job = site.submit(*words, name=last)
        assert site.cluster.wait(job, 3 * PATIENCE) == "COMPLETED", site.output(last)
    assert site.difference(name, whole) < TOLERANCE
    steps = [
        json.loads(line)["step"] for line in (site.folder / name / "metrics.jsonl").read_text().splitlines()
    ]
    assert sorted(set(steps)) == list(range(1, 121))


def _environment(pid: int) -> dict[str, str]:
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(entry.decode(errors="replace").split("=", 1) for entry in entries if b"=" in entry)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "worker", "samples"),
    [
        (("generate",), "generate.worker", 1),
        (("filter-pass-rate", "measure", "--reward", "accuracy", "--samples", "2"), "pass_rate.worker", 2),
    ],
    ids=["generate", "measure"],
)
def test_a_killed_share_repeats_only_what_was_in_flight(
    command: tuple[str, ...], worker: str, samples: int, site: Site
) -> None:
    service, rows, run = Service(), 48 // samples, f"killed-{samples}"
    # Each share gets a few answers, and waits for the others until one share is killed.
    answered, killed = 4, threading.Event()

    def answer(body: Mapping[str, Any]) -> str:
        prompt = body["messages"][0]["content"]
        if int(prompt.split()[-1]) >= 4 * answered // samples:
            killed.wait(PATIENCE)
        return f"it is {prompt}"

    service.answer = answer
    data = site.folder / f"{run}.jsonl"
    problems = [{"prompt": f"row {number}", "solution": "1"} for number in range(rows)]
    data.write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    words = (
        *command, "--dataset", str(data), "--endpoint", service.url, "--concurrency", "2", "--gpus", "0",
        "--max_new_tokens", "8",
    )  # fmt: skip
    job = site.submit(*words, "--array", "0-3", name=run)
    stored = site.folder / run / "completions"
    site.until(lambda: len(list(stored.glob("*.jsonl"))) == 4, "not all shares sample", run)
    (victim,) = [pid for pid, line in site.processes(f"{run}/shares/2") if worker in line]
    os.kill(victim, signal.SIGKILL)
    killed.set()
    site.wait_for_array(job, run)
    assert not (site.folder / run / "dataset").exists()
    job = site.submit(*words, "--array", "2", name=run)
    site.wait_for_array(job, run)
    assert site.status(run)["state"] == "finished", site.output(run)
    found = rows_of(site.folder / run)
    prompts = [row["prompt"] if samples > 1 else row["prompt"][0]["content"] for row in found]
    assert prompts == [problem["prompt"] for problem in problems]
    if samples > 1:
        assert {len(row["pass_rate_samples"]) for row in found} == {samples}
    asked = Counter((body["messages"][0]["content"], body["seed"]) for body in service.bodies)
    assert len(asked) == rows * samples and asked.total() - len(asked) <= 2, asked.most_common(5)
