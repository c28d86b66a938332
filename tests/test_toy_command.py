"""A command that is registered in one place has everything that commands have."""

import ast
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import r1cli
from r1cli.cli import app
from r1cli.commands import COMMANDS, Command, Positional
from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.groups.data import Data
from r1cli.config.groups.launch import Launch
from r1cli.config.groups.model import Model
from r1cli.config.groups.output import Output
from r1cli.config.groups.slurm import Slurm
from r1cli.config.record import record_of
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key
from r1cli.launch.accelerate import single_role
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.runs.run_dir import read_status

#: The toy's worker: counts the rows of its dataset, once, and fails while the run directory holds `fail`.
WORKER = """
import json, sys
from pathlib import Path

run_dir = Path(sys.argv[1])
if (run_dir.parent / "fail").exists():
    sys.exit("told to fail")
with (run_dir / "starts").open("a") as file:
    file.write("start\\n")
(run_dir / "metrics.jsonl").write_text(json.dumps({"step": 3, "max_steps": 3}) + "\\n")
"""


class Toy(Section):
    group = "toy"

    size: int = key("how large", default=1, written=True)
    words: list[str] = key("what it says", default=[], text=True)


def toy_schema() -> Schema:
    return Schema("toy", Toy, Model, Data, Launch, Slurm, Output)


def plan_toy(config: Config, place: Place) -> Job:
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    role = single_role("toy", "toy_worker", run_dir, place)
    return Job(config.command, str(run_dir), (role,), record_of(config), requires=())


R1 = Callable[..., str]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the toy's worker, a dataset and a model, in which r1 knows the toy."""
    row = Command(
        "toy",
        "Play with a dataset and a model.",
        schema=f"{__name__}:toy_schema",
        plan=f"{__name__}:plan_toy",
        options=("model", "dataset", "size"),
        positional=Positional("toy.words", "WORD...", "What it says.", many=True),
        columns=(("text",),),
        shares_work=True,
        may_differ=("toy.size",),
        out_of_memory="play less",
    )
    monkeypatch.setitem(COMMANDS, "toy", row)
    (tmp_path / "toy_worker.py").write_text(WORKER)
    (tmp_path / "rows.jsonl").write_text('{"text": "one"}\n')
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[R1]:
    """Runs a command line in this process: what it prints, or its panel when the exit code is not 0."""

    def run(line: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["r1", *line.split()])
        with pytest.raises(SystemExit) as ended:
            app.main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == code, printed.err
        return " ".join(printed.err.split()) if code else printed.out

    yield run


INPUTS = "--model model --dataset rows.jsonl"


def test_it_is_listed_and_explains_itself(call: R1) -> None:
    assert "Play with a dataset and a model." in call("--help")
    shown = call("toy -h")
    for word in ("WORD...", "--size", "--dry-run", "--json", "--set"):
        assert word in shown


def test_it_is_planned_shown_and_checked(call: R1) -> None:
    plan = json.loads(call(f"toy hello {INPUTS} --size 3 --dry-run --json"))
    assert plan["config"]["toy"] == {"size": 3, "words": ["hello"]}
    assert plan["job"]["roles"][0]["name"] == "toy"
    assert "size: 3" in call(f"config show --size 3 toy hello {INPUTS}")
    assert call(f"config check {INPUTS} toy") == ""
    schema: Any = json.loads(call("config schema toy"))
    assert "size" in json.dumps(schema)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("--model model --dataset rows.jsonl --data.columns.text absent", "no column 'absent'"),
        ("--model nowhere/at/all --dataset rows.jsonl", "no model folder"),
        ("--model model", "`r1 toy` needs a --dataset"),
        (f"{INPUTS} --siz 3", "unknown key 'siz'"),
    ],
)
def test_its_mistakes_are_found_before_anything_starts(call: R1, words: str, what: str) -> None:
    assert what in call(f"toy {words}", code=2)
    assert what in call(f"config check toy {words}", code=2)
    assert not Path("runs").exists()


def test_it_is_submitted_and_shared_over_an_array(call: R1) -> None:
    script = call(f"slurm submit --nodes 1 --gpus 0 --array 0-3 toy hello {INPUTS} --dry-run")
    assert "#SBATCH --array=0-3" in script
    assert "$SLURM_ARRAY_TASK_ID" in script


def test_it_resumes_reruns_and_is_listed_as_a_run(call: R1, toy: Path) -> None:
    (toy / "runs").mkdir()
    (toy / "runs" / "fail").touch()
    call(f"toy {INPUTS} --output-dir runs/first", code=1)
    assert read_status(Path("runs/first"))["state"] == "failed"
    (toy / "runs" / "fail").unlink()
    call(f"toy {INPUTS} --size 2 --output-dir runs/first")
    # What the row lets differ may; anything else is another run.
    assert "another config" in call(f"toy other {INPUTS} --output-dir runs/first", code=2)
    call(f"toy {INPUTS} --size 2 --output-dir runs/first")
    assert (toy / "runs/first/starts").read_text().count("start") == 1
    call("rerun --size 5 runs/first --output-dir runs/second")
    listed = json.loads(call("runs list --json"))
    assert [(Path(run["run"]).name, run["command"], run["state"]) for run in listed] == [
        ("second", "toy", "finished"),
        ("first", "toy", "finished"),
    ]
    assert "toy" in call("runs show runs/first")
    config = yaml.safe_load((toy / "runs/second/run.yaml").read_text())["config"]
    assert config["toy"]["size"] == 5
    assert config["data"] == {"dataset_name": str(toy / "rows.jsonl")}


#: Where a command's name may be as its own word: in its package, where it has its own words, and
#: where the word is not the command (a group of the config, a role, an extra, a loss).
PLACES = {
    "sft": ("train/", "quickstart/", "report/quickstart.py"),
    "grpo": ("train/", "quickstart/", "report/quickstart.py", "config/engine_leaves.py", "cli/config.py"),
    "evaluate": (
        "evaluate/",
        "quickstart/",
        "cli/evaluate.py",
        "config/schema.py",
        "report/run_summary.py",
    ),
    "serve": (
        "serve/",
        "services/",
        "launch/machine.py",
        "sampling/plan.py",
        "report/run_summary.py",
        "verdicts/phrases.py",
    ),
    "probe": ("rewards/", "cli/probe.py", "cli/reward.py", "verdicts/phrases.py"),
    "check": (
        "cluster/",
        "cli/slurm_check.py",
        "cli/slurm_init.py",
        "cli/plugins.py",
        "cli/config.py",
        "verdicts/phrases.py",
    ),
    "base": ("quickstart/",),
    "generate": ("generate/", "cli/generate.py", "launch/machine.py"),
    "decontaminate": ("decontaminate/", "cli/decontaminate.py"),
    "filter-pass-rate": ("pass_rate/", "cli/filter_pass_rate.py"),
    "filter-pass-rate measure": ("pass_rate/",),
    "filter-pass-rate select": ("pass_rate/",),
}  # fmt: skip


def test_no_other_file_knows_a_command_by_its_name() -> None:
    assert set(PLACES) == set(COMMANDS)
    package = Path(r1cli.__file__).parent
    for file in package.rglob("*.py"):
        place = str(file.relative_to(package))
        if place == "commands.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = node.value if isinstance(node, ast.Constant) else None
            if isinstance(name, str) and name in PLACES:
                assert place.startswith(PLACES[name]), f"{place} knows the command {name}"
