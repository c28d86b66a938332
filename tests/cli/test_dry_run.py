"""``--dry-run``: what decides the run, what speaks against it, and commands that can be run by hand."""

import json
from pathlib import Path

import pytest
import yaml

from r1cli.launch import place
from r1cli.runs.job import Job
from r1cli.runs.run_dir import read_run
from tests.conftest import RunR1
from tests.run_folders import make_run

SFT = ("sft", "--model", "some/model", "--dataset", "rows.jsonl", "--report_to", "none", "--gpus", "0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with rows, on a machine without GPUs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(place, "visible_gpus", lambda: ())
    row = {"prompt": "1+1?", "completion": "2", "solution": "2"}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 64)
    return tmp_path


def facts_in(text: str) -> dict[str, str]:
    """The lines that say what decides the run."""
    lines = [line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   ")]
    return {name: value.strip() for name, _, value in (line.partition("  ") for line in lines)}


def test_it_shows_what_decides_the_run(main: RunR1, folder: Path) -> None:
    more = ("--per_device_train_batch_size", "4", "--gradient_accumulation_steps", "2", "--max_steps", "7")
    facts = facts_in(main(*SFT, *more, "--dry-run").stdout)
    assert facts["batch"] == "4 per device x 1 device x 2 accumulation = 8 rows"
    assert facts["length"] == "7 steps"
    # TRL's own, which the config does not have.
    assert facts["learning rate"].startswith("2e-05, linear")
    assert facts["rows"] == "up to 1,024 tokens"


def test_no_limit_and_shares_of_the_steps(main: RunR1, folder: Path) -> None:
    words = ("--preset", "qwen1.5b-math", "--max_completion_length", "null", "--save_strategy", "steps")
    facts = facts_in(main("grpo", *words, "--save_steps", "0.1", "--dry-run").stdout)
    assert facts["completions"].startswith("of any length at temperature 1")
    assert facts["checkpoints"].startswith("every 0.1 of the steps")


def test_an_evaluation_shows_how_each_benchmark_is_sampled(main: RunR1, folder: Path) -> None:
    words = ("evaluate", "aime24", "math_500", "--model", "some/model", "--engine", "in_process")
    facts = facts_in(main(*words, "--dry-run").stdout)
    assert facts["aime24"] == "1 completion each, up to 32,768 tokens, temperature 0.6, top_p 0.95"
    facts = facts_in(main(*words, "--samples", "2", "--num-problems", "5", "--dry-run").stdout)
    assert facts["math_500"].startswith("2 completions each, ")
    assert facts["math_500"].endswith("top_p 0.95, 5 problems")


def test_a_preset_for_gpus_is_planned_for_those_and_the_machine_refuses_it(main: RunR1, folder: Path) -> None:
    result = main("grpo", "--preset", "qwen1.5b-math", "--dry-run")
    assert result.returncode == 0
    facts = facts_in(result.stdout)
    assert facts["devices"] == "8 GPUs, zero2"
    assert facts["batch"] == "16 per device x 8 devices x 4 accumulation = 512 completions, 16 of each prompt"
    assert facts["length"] == "1 epoch"
    assert "world size 8, GPU ids on each node: 0, 1, 2, 3, 4, 5, 6, 7" in result.stdout
    assert "would refuse" in result.stderr
    assert "made for GPUs" in result.stderr
    tree = json.loads(main("grpo", "--preset", "qwen1.5b-math", "--dry-run", "--json").stdout)
    assert tree["world_size"] == 8
    assert "made for GPUs" in tree["refused"][0]["what"]
    assert tree["facts"]["devices"] == facts["devices"]
    assert facts_in(main("sft", "--preset", "olympiccoder-32b", "--dry-run").stdout)["batch"] == (
        "1 per device x 128 devices x 1 accumulation = 128 rows"
    )
    # Who says that there are none gets a plan without.
    result = main("grpo", "--preset", "tiny-grpo", "--model", "m/x", "--dataset", "rows.jsonl", "--dry-run")
    assert facts_in(result.stdout)["devices"] == "CPU, 1 process"
    assert "refuse" not in result.stderr


@pytest.mark.parametrize(("command", "preset"), [("grpo", "qwen1.5b-math"), ("sft", "openr1-distill-7b")])
def test_the_fix_for_a_machine_without_gpus_passes_every_check(
    main: RunR1, folder: Path, command: str, preset: str
) -> None:
    refused = main(command, "--preset", preset, "--dry-run", "--json")
    (reason,) = json.loads(refused.stdout)["refused"]
    flags = reason["fix"].partition("on the CPU anyway with ")[2].split()
    assert "--attn_implementation" in flags
    started = main(command, "--preset", preset)
    assert started.returncode == 2 and reason["what"] in " ".join(started.stderr.split())
    planned = main(command, "--preset", preset, *flags, "--dry-run", "--json")
    assert json.loads(planned.stdout)["refused"] == []


def test_a_directory_of_another_run_is_named_as_a_reason(main: RunR1, folder: Path) -> None:
    make_run(folder / "taken", config={"training": {"max_steps": 3}})
    result = main(*SFT, "--output-dir", "taken", "--dry-run")
    assert result.returncode == 0
    assert "another config" in result.stderr


def test_a_run_is_repeated_by_its_name(main: RunR1, folder: Path) -> None:
    config = {
        "model": {"model_name_or_path": "some/model"},
        "data": {"dataset_name": str(folder / "rows.jsonl")},
    }
    make_run(folder / "runs" / "mine", config=config)
    result = main("rerun", "mine", "--gpus", "0", "--max_steps", "3", "--dry-run")
    assert facts_in(result.stdout)["length"] == "3 steps"


def test_all_shows_every_value(main: RunR1, folder: Path) -> None:
    few = yaml.safe_load(main(*SFT, "--dry-run").stdout.partition("# role")[0])
    every = yaml.safe_load(main(*SFT, "--dry-run", "--all").stdout.partition("# role")[0])
    assert "weight_decay" not in few["training"]
    assert every["training"]["weight_decay"] == 0.0
    assert few["data"].items() <= every["data"].items()


def test_write_leaves_what_the_printed_command_needs(main: RunR1, folder: Path) -> None:
    result = main(*SFT, "--dry-run", "--write", "by-hand")
    assert result.stdout.splitlines()[-1].endswith(f"-m r1cli.train.sft {folder / 'by-hand'}")
    assert Job.read(folder / "by-hand").run_dir == str(folder / "by-hand")
    assert read_run(folder / "by-hand")["config"]["training"]["output_dir"] == "by-hand"
    assert (folder / "by-hand" / "logs").is_dir()
    assert not (folder / "runs").exists()
    # What is there is never written over.
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").touch()
    assert main(*SFT, "--dry-run", "--write", "full").returncode == 2
    assert [path.name for path in (folder / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("flag", [["--all"], ["--write", "x"], ["--json"]])
def test_what_is_about_a_plan_starts_nothing(main: RunR1, folder: Path, flag: list[str]) -> None:
    result = main(*SFT, *flag)
    assert result.returncode == 2
    assert "add --dry-run" in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["rows.jsonl"]


def test_a_search_names_what_it_looks_for_and_what_is_not_here(main: RunR1, folder: Path) -> None:
    words = ("decontaminate", "--dataset", "rows.jsonl", "--dry-run")
    every = facts_in(main(*words).stdout)
    assert {"aime24", "gsm8k", "tiny_sum"} <= set(every["searched for"].split(", "))
    assert "gsm8k" in every["to be downloaded"] and "tiny_sum" not in every["to be downloaded"]
    away = facts_in(main(*words, "--against", "owner/name:question,rows.jsonl:prompt").stdout)
    assert away["to be downloaded"] == "owner/name:question"
    (folder / "data/openai/gsm8k").mkdir(parents=True)
    broken = facts_in(main(*words, "--against", "gsm8k", "--data_dir", "data").stdout)
    assert "the folder does not contain a dataset" in broken["not searched"]
    named = facts_in(main(*words, "--against", "tiny,rows.jsonl:prompt").stdout)
    assert named["searched for"].endswith("rows.jsonl:prompt")
    assert "to be downloaded" not in named


def test_a_command_is_called_what_users_type(main: RunR1, folder: Path) -> None:
    refused = main("reward", "probe", "--model", "some/model", "--dataset", "rows.jsonl", "--dry-run")
    assert "`r1 reward probe` needs a --reward" in refused.stderr
