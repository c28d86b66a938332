"""Scripts for Slurm: whole files compared with golden ones, and values that need quotes."""

import json
import re
import shlex
import subprocess
import textwrap
from dataclasses import fields, replace
from pathlib import Path

import pytest

from r1cli import __version__
from r1cli.config.groups.slurm import Directives
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.launch.slurm.array import shares
from r1cli.launch.slurm.script import render
from r1cli.launch.slurm.submit import job_number
from r1cli.prepare.request import Prepared, prepare
from r1cli.prepare.target import SLURM
from r1cli.runs.job import Job, Role
from r1cli.runs.slurm_request import Container, SlurmRequest
from tests.command_line import flags_of
from tests.conftest import RunR1

GOLDEN = Path(__file__).parent / "golden"
#: Name of the golden file -> what is submitted.
SCRIPTS = {
    **{
        f"{command}-{nodes}": f"{command} --nodes {nodes}"
        for command in ("sft", "grpo")
        for nodes in (1, 2, 16)
    },
    **{f"grpo-{nodes}-vllm": f"grpo --nodes {nodes} --vllm-nodes 1" for nodes in (2, 16)},
    "evaluate-array": "evaluate --evaluate.benchmarks tiny --model some/model --array 0-3",
}
#: The same with a site profile.
SITES = {
    "site": """
        partition: gpu
        account: me
        time: 1-12:00:00
        mem: 0
        array: 0-9%1
        job_name: my job
        cpus_per_node: 64
        network_interface: ib0
        gpu_request: --gpus-per-node=a100:{gpus}
        sbatch: {exclusive: true, reservation: a b}
        modules: [cuda/12]
        cache_dir: /big disk/hub
        scratch_dir: /tmp
        offline: false
        env: {NCCL_DEBUG: WARN, QUOTED: it's}
        before: [echo before]
        after: [echo after]
        environment: /opt/r1
    """,
    "pyxis": "container: {runtime: pyxis, image: a/b:1, mounts: ['/x:/x', '/y:/y']}",
    "apptainer": "container: {runtime: apptainer, image: /my images/a.sif, mounts: [/x]}",
}


def planned(line: str, run_dir: str = "/shared/runs/one", site: Path | None = None) -> Job:
    """The job of a command line, as `r1 slurm submit` plans it."""
    return prepared(line, run_dir, site).job


def prepared(line: str, run_dir: str = "/shared/runs/one", site: Path | None = None) -> Prepared:
    name, *words = shlex.split(line)
    if site is None:
        words += ["--slurm.environment", "/opt/r1"]
    flags = flags_of(*words, "--output_dir", run_dir)
    request = Request(flags=flags, site=(site,) if site else ())
    # The site profile of whoever runs the tests is none of theirs.
    return prepare(name, request, replace(SLURM, site_files=lambda: request.site))


def rendered(line: str, run_dir: str = "/shared/runs/one", site: Path | None = None) -> str:
    """The script of a command line, and after it the exact command line of each role."""
    # From job.json alone: whoever has that file can submit it.
    job = Job.from_json(planned(line, run_dir, site).to_json())
    roles = "".join(f"\n# role {role.name}\n{role.command_line()}\n" for role in job.roles)
    return render(job).replace(f"r1 {__version__} ", "r1 VERSION ") + roles


def golden_text(name: str, folder: Path) -> str:
    if name in SCRIPTS:
        return rendered(SCRIPTS[name])
    site = folder / "slurm.yaml"
    site.write_text("slurm:\n" + textwrap.indent(textwrap.dedent(SITES[name]), "  "))
    return rendered("sft --nodes 2", site=site)


@pytest.mark.parametrize("name", [*SCRIPTS, *SITES])
def test_scripts_are_as_they_were(name: str, tmp_path: Path) -> None:
    """After a change that is meant, look at what differs and write the new text into the golden file."""
    text = golden_text(name, tmp_path)
    assert text == (GOLDEN / f"{name}.sh").read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


def test_a_request_survives_json(tmp_path: Path) -> None:
    """With what a site can say: a container, and an option of sbatch that takes no value."""
    site = tmp_path / "slurm.yaml"
    lines = f"{textwrap.dedent(SITES['site'])}{SITES['pyxis']}"
    site.write_text("slurm:\n" + textwrap.indent(lines, "  "))
    job = planned("sft --nodes 2 --time 90", site=site)
    assert job.slurm
    assert (job.slurm.time, job.slurm.sbatch) == ("90", {"exclusive": True, "reservation": "a b"})
    assert job.slurm.container == Container("pyxis", "a/b:1", ("/x:/x", "/y:/y"))
    assert Job.from_json(job.to_json()) == job


def test_every_directive_reaches_sbatch() -> None:
    values = {one.name: "0-1%1" if one.name == "array" else "5" for one in fields(Directives)}
    script = rendered(f"sft {' '.join(f'--{name} {value}' for name, value in values.items())}")
    assert {f"#SBATCH --{name}={value}" for name, value in values.items()} <= set(script.splitlines())


def test_a_number_among_the_options_of_sbatch_is_a_value(tmp_path: Path) -> None:
    site = tmp_path / "slurm.yaml"
    site.write_text("slurm: {sbatch: {nice: 0, priority: 1, exclusive: false, spread_job: true}}")
    lines = rendered("sft", site=site).splitlines()
    assert {"#SBATCH --nice=0", "#SBATCH --priority=1", "#SBATCH --spread-job"} <= set(lines)
    assert not any("exclusive" in line for line in lines)


def test_a_job_for_one_machine_is_not_submitted() -> None:
    job = replace(planned("sft"), slurm=None)
    with pytest.raises(R1Error, match="planned for a single machine"):
        render(job)
    # As r1 0.1 wrote it.
    old = {name: value for name, value in json.loads(job.to_json()).items() if name != "slurm"}
    assert Job.from_json(json.dumps(old)) == job


def test_a_path_reaches_the_supervisor_whole(tmp_path: Path) -> None:
    """Spaces, quotes, dollars, comments: what bash makes of the script is the path itself."""
    run_dir = tmp_path / """it's a "run" $HOME %j #1;`id`"""
    script = rendered("sft --nodes 2", str(run_dir))
    show = f"srun() {{ printf '%s\\n' \"${{@: -1}}\"; }}\n{script.partition('code=$?')[0]}"
    shown = subprocess.run(["bash"], input=show, capture_output=True, text=True, check=True).stdout
    assert shown == f"{run_dir}/job.json\n"
    # A percent sign is for sbatch to fill in, unless it is doubled.
    assert re.search(r'--output=".*%%j.*/logs/slurm-%j.out"', script)


def test_each_task_of_an_array_has_its_own_share() -> None:
    run_dir = """/shared/it's $HOME"""
    script = rendered("evaluate --evaluate.benchmarks tiny --model some/model --array 2,4-8:2", run_dir)
    show = f"srun() {{ printf '%s\\n' \"${{@: -1}}\"; }}\n{script.partition('code=$?')[0]}"
    told = subprocess.run(
        ["bash"], input=show, env={"SLURM_ARRAY_TASK_ID": "4"}, capture_output=True, text=True, check=True
    )
    assert told.stdout == f"{run_dir}/shares/4/job.json\n"
    request = SlurmRequest(python="python", stop_before=180, max_requeues=10, array="2,4-8:2%3", shared=True)
    role = Role("evaluate", ("python", "-m", "worker", run_dir))
    jobs = shares(Job("evaluate", run_dir, (role,), {}, slurm=request))
    assert [(job.run_dir, job.roles[0].argv[-1], job.roles[0].env) for job in jobs] == [
        (f"{run_dir}/shares/{task}", f"{run_dir}/shares/{task}", {"R1_SHARE": f"{place}/4"})
        for place, task in enumerate((2, 4, 6, 8))
    ]


EVALUATE = "evaluate --evaluate.benchmarks tiny --model some/model --serve.engine in_process"


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        (f"{EVALUATE} --array 0-7", "each task of the array asks for 8 GPUs and uses 1: --gpus-per-node 1"),
        (f"{EVALUATE} --gpus_per_node 2", "each node asks for 2 GPUs and uses 1: --gpus-per-node 1"),
        ("decontaminate --dataset rows.jsonl", "each node asks for 8 GPUs and uses none: --gpus-per-node 0"),
        (f"{EVALUATE} --array 0-7 --gpus_per_node 1", ""),
        ("sft --array 0-9%1", ""),
    ],
)
def test_gpus_that_nothing_uses_are_named(
    line: str, warning: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n')
    monkeypatch.chdir(tmp_path)
    found = [one for one in prepared(line).warnings if "GPUs and uses" in one]
    assert [one.startswith(warning) for one in found] == ([True] if warning else [])


@pytest.mark.parametrize(
    "text", ["4711", "4711;main\n", "lua: Projekt x\n\n4711\n", "Submitted batch job 4711 on cluster main\n"]
)
def test_the_number_of_a_job_is_read(text: str) -> None:
    assert job_number(text, Path("job.sh")) == "4711"


@pytest.mark.parametrize("text", ["", "N/A", "job 4-7 wartet", "\n"])
def test_a_job_without_a_number_is_named(text: str) -> None:
    with pytest.raises(R1Error, match="did not print the number"):
        job_number(text, Path("job.sh"))


@pytest.mark.parametrize("name", ["back\\slash", "line\nbreak"])
def test_a_path_that_slurm_cannot_write_to_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(R1Error, match="backslash or a line break"):
        rendered("sft", str(tmp_path / name))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("grpo --nodes 1 --vllm-nodes 1", "none is left to train"),
        (
            "grpo --nodes 9 --vllm-nodes 4",
            "vLLM serves on one node, not on 4: TRL's trainer sends its weights",
        ),
        ("sft --nodes 2 --vllm-nodes 1", "samples no completions"),
        ("grpo --nodes 2 --vllm-nodes 1 --use_vllm false", "does not use them"),
        ("sft --nodes 0", "slurm.nodes: expected 1 or more"),
        ("sft --time tomorrow", "is not a time limit"),
        ("grpo --nodes 2 --vllm-nodes 1 --vllm_mode colocate", "does not use them"),
        ("sft --time 2", "is to stop 180 s before its time limit"),
        ("sft --slurm.env.WANDB_API_KEY abc", "is a secret"),
        ("sft --slurm.env.2X 1", "not a variable with a value"),
        ("sft --slurm.env.AWS_SECRET_ACCESS_KEY abc", "is a secret"),
        ("sft --slurm.sbatch.export ALL,HF_TOKEN=abc", "is a secret"),
        ("sft --slurm.before '[\"export WANDB_API_KEY=abc\"]'", "is a secret"),
        ("sft --array 0-9", "at the same time"),
        ("evaluate --evaluate.benchmarks tiny --model m --array 0-", "is not an array of jobs"),
        ("evaluate --evaluate.benchmarks tiny --model m --nodes 2", "with --array 0-1"),
        ("sft --slurm.cache_dir $SCRATCH/hub", "variables are not replaced"),
        ("sft --slurm.sbatch.output /x", "r1 itself sets"),
        ("sft --slurm.sbatch.mem-per-cpu 'a\nb'", "line break"),
        ("sft --slurm.gpu_request gpu:8", "not an option of sbatch"),
        ("sft --slurm.container.runtime docker", "not a container that can be entered"),
        ("sft --offline --model no/such --dataset no/data", "the model 'no/such' is not on this machine"),
        ("sft --offline --model no/such --dataset no/data", "the dataset 'no/data' is not on this machine"),
    ],
)
def test_mistakes_are_found_before_anything_is_submitted(line: str, what: str) -> None:
    with pytest.raises(R1Error) as raised:
        rendered(line)
    assert what in str(raised.value)


def test_options_of_sbatch_reach_it_as_they_were_written(r1: RunR1, tmp_path: Path) -> None:
    given = ("mail-type=END", 'comment=x #y "z', "nice=010", "exclusive", "reservation=null")
    words = [word for option in given for word in ("--sbatch", option)]
    shown = r1("slurm", "submit", "sft", "--slurm.environment", "/opt/r1", *words, "--dry-run", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    lines = [line.removeprefix("#SBATCH ") for line in shown.stdout.splitlines()]
    expected = ["--mail-type=END", '--comment="x #y \\"z"', "--nice=010", "--exclusive", "--reservation=null"]
    assert [line for line in expected if line not in lines] == []
