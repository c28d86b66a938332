"""Scripts for Slurm: whole files compared with golden ones, and values that need quotes."""

import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest

from r1cli import __version__
from r1cli.commands import find_command
from r1cli.config.resolve import Request
from r1cli.config.settings import from_arguments
from r1cli.errors import R1Error
from r1cli.launch.slurm.array import shares
from r1cli.launch.slurm.script import render
from r1cli.prepare.slurm_place import slurm_place
from r1cli.runs.job import Job, Role
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


def rendered(line: str, run_dir: str = "/shared/runs/one", site: Path | None = None) -> str:
    """The script of a command line, and behind it the exact command line of each role."""
    name, *words = shlex.split(line)
    if site is None:
        words += ["--slurm.environment", "/opt/r1"]
    flags = tuple(from_arguments([*words, "--output_dir", run_dir]))
    command = find_command(name)
    request = Request(flags=flags, site=(site,) if site else ())
    config, place = command.resolve(request, slurm_place)
    job = command.plan(config, place)
    roles = "".join(f"\n# role {role.name}\n{role.command_line()}\n" for role in job.roles)
    shared = name == "evaluate" and config.get("slurm.array") is not None
    return render(job, config, place, shared).replace(f"r1 {__version__} ", "r1 VERSION ") + roles


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
    whole = Job("evaluate", run_dir, (Role("evaluate", ("python", "-m", "worker", run_dir)),))
    jobs = shares(whole, "2,4-8:2%3")
    assert [(job.run_dir, job.roles[0].argv[-1], job.roles[0].env) for job in jobs] == [
        (f"{run_dir}/shares/{task}", f"{run_dir}/shares/{task}", {"R1_SHARE": f"{place}/4"})
        for place, task in enumerate((2, 4, 6, 8))
    ]


@pytest.mark.parametrize("name", ["back\\slash", "line\nbreak"])
def test_a_path_that_slurm_cannot_write_to_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(R1Error, match="backslash or a line break"):
        rendered("sft", str(tmp_path / name))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("grpo --nodes 1 --vllm-nodes 1", "none is left to train"),
        ("sft --nodes 2 --vllm-nodes 1", "samples no completions"),
        ("grpo --nodes 2 --vllm-nodes 1 --use_vllm false", "does not use them"),
        ("sft --nodes 0", "slurm.nodes: expected 1 or more"),
        ("sft --time tomorrow", "no time limit"),
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
        ("sft --slurm.cache_dir $SCRATCH/hub", "no variable is put in"),
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
