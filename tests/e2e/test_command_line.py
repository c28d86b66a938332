"""The installed ``r1``: quick, and clear when it is asked for the wrong thing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from r1cli.commands import COMMANDS
from tests.conftest import RunR1

ENGINES = ("torch", "transformers", "trl", "datasets", "vllm", "lighteval", "distilabel", "accelerate")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("grpo", "--help"),
        ("grpo", "--preset", "qwen1.5b-math", "--reward", "accuracy,format", "--dry-run"),
        ("sft", "--dry-run", "--json"),
        ("quickstart", "--dry-run"),
        ("plugins", "list"),
        ("presets", "list"),
        ("reward", "list"),
        ("reward", "show", "accuracy"),
        ("presets", "show", "qwen1.5b-math"),
        ("config", "show", "grpo", "--preset", "qwen1.5b-math", "--explain"),
        ("config", "check", "sft"),
        ("config", "schema"),
        ("doctor",),
        ("prefetch", "tiny_sum", "--dry-run"),
    ],
    ids=" ".join,
)
def test_no_engine_is_imported(arguments: tuple[str, ...], tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "r1cli", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    imported = {
        line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if "import time:" in line
    }
    assert "typer" in imported
    assert not imported.intersection(ENGINES)
    # Typer's, to convert options: it takes as long as the rest of a dry run.
    assert arguments[0] not in COMMANDS or "pydantic" not in imported
    assert not list(tmp_path.iterdir())


@pytest.mark.unit
def test_version_and_help(main: RunR1) -> None:
    assert main("--version").stdout.startswith("r1 0.")
    help_text = main("--help").stdout
    for command in (
        "quickstart",
        "doctor",
        "prefetch",
        "sft",
        "grpo",
        "rerun",
        "config",
        "presets",
        "plugins",
    ):
        assert command in help_text
        assert main(command, "--help").returncode == 0


def test_the_dry_run_shows_the_config_and_the_exact_command(r1: RunR1) -> None:
    result = r1("grpo", "--preset", "qwen1.5b-math", "--reward", "accuracy,format", "--dry-run")
    assert result.returncode == 0
    assert result.stdout.startswith("# preset: qwen1.5b-math\n")
    assert "learning_rate: 2.0e-05" in result.stdout
    command = result.stdout.splitlines()[-1]
    assert "accelerate launch --config_file" in command
    assert "-m r1cli.train.grpo" in command


@pytest.mark.unit
def test_the_dry_run_as_json(main: RunR1) -> None:
    tree = json.loads(main("sft", "--dry-run", "--json", "--gpus", "8", "--learning_rate", "1e-5").stdout)
    assert tree["preset"] == "openr1-distill-7b"
    assert tree["world_size"] == 8
    assert tree["config"]["training"]["learning_rate"] == 1e-5
    assert tree["origins"]["training.learning_rate"] == "flag --learning_rate"
    assert "launch" in tree["job"]["roles"][0]["argv"]


@pytest.mark.unit
def test_plugins_list(main: RunR1) -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(main("plugins", "list", "--json").stdout)}
    assert plugins["rewards"]["distribution"] == "r1cli"
    assert {"accuracy", "format", "tag_count"} <= set(plugins["rewards"]["rewards"])
    table = main("plugins", "list").stdout
    assert "reward accuracy" in table


RIGHT = ("--model", "some/model", "--dataset", "rows.jsonl")

#: What a user types, and words that the error must have.
MISTAKES = {
    "preset": (("grpo", "--preset", "qwen1.5-math"), ["unknown preset", "did you mean qwen1.5b-math"]),
    "reward": (
        ("grpo", *RIGHT, "--reward", "acuracy"),
        ["unknown reward 'acuracy'", "did you mean accuracy"],
    ),
    "option": (("grpo", "--presett", "x"), ["unknown option '--presett'", "did you mean --preset?"]),
    "own option": (("sft", "--dryrun"), ["unknown option '--dryrun'", "did you mean --dry-run?"]),
    "option of a profile": (
        ("grpo", "--profle", "dev"),
        ["unknown option '--profle'", "did you mean --profile?"],
    ),
    "training argument": (
        ("sft", "--learning_rat", "1"),
        ["flag --learning_rat", "did you mean --learning_rate"],
    ),
    "value": (("sft", "--max_steps", "many"), ["expected integer, found 'many'", "flag --max_steps"]),
    "dataset file": (
        ("sft", "--model", "some/model", "--dataset", "no.jsonl"),
        ["no dataset file 'no.jsonl'"],
    ),
    "column": (("sft", *RIGHT), ["needs the columns messages", "its columns are prompt, solution"]),
    "renamed column": (
        ("grpo", *RIGHT, "--reward", "format", "--data.columns.prompt", "promt"),
        ["no column 'promt'", "did you mean prompt"],
    ),
    "reward column": (
        ("grpo", *RIGHT, "--reward", "equation"),
        ["reward 'equation' needs the column 'nums'"],
    ),
    "yaml": (("sft", "--config", "bad.yaml"), ["this is not YAML", "bad.yaml:2"]),
    "no such config": (("sft", "--config", "none.yaml"), ["cannot read the config file", "none.yaml"]),
    "word": (("sft", "now"), ["unexpected argument 'now'"]),
    "set": (("sft", "--set", "seed"), ["'seed' has no value", "--set seed=VALUE"]),
    "gpus": (
        ("sft", "--gpus", "lots"),
        ["'lots' is neither a number of GPUs nor a list of ids", "flag --gpus"],
    ),
    "secret": (("sft", "--hub_token", "hf_abc"), ["is a secret", "HF_TOKEN"]),
    "run directory": (("rerun", "."), ["there is no run '.'"]),
    "quickstart model": (("quickstart", "--model", "smollm"), ["unknown quickstart model", "smollm2"]),
    "weights": (
        ("grpo", *RIGHT, "--reward", "format", "--reward_weights", "a"),
        ["expected numbers, found 'a'"],
    ),
    "no reward of sft": (("sft", *RIGHT, "--reward", "format"), ["`r1 sft` does not use it"]),
    "profile": (("sft", *RIGHT, "--profile", "dve"), ["unknown profile 'dve'", "did you mean dev"]),
    "preset by its file": (("sft", "--preset", "presets/tiny-sft.yaml"), ["did you mean tiny-sft?"]),
    "folder as config": (("sft", "--config", "dir"), ["Is a directory", "name a YAML file"]),
    "number of rows": (("generate", "--limit", "5"), ["did you mean --num_rows?"]),
    "command of a group": (("explain", "accuracy"), ["did you mean `r1 reward explain`?"]),
    "slip in a group": (("filter-pass-rate", "selct", "hard"), ["did you mean select?"]),
    "command in the singular": (("run", "list"), ["unknown command 'run'", "did you mean runs"]),
    "config command": (("config", "show", "grop"), ["unknown command 'grop'", "did you mean grpo"]),
    "preset to show": (
        ("presets", "show", "tiny-spt"),
        ["unknown preset 'tiny-spt'", "did you mean tiny-sft"],
    ),
    "preset to copy": (("presets", "copy", "tiny-sft", "bad.yaml"), ["'bad.yaml' exists already"]),
    "accelerate": (
        ("sft", "--model", "a/b", "--dataset", "c/d", "--launch.accelerate", "zero4"),
        ["zero4", "zero3"],
    ),
    "empty directory": (("sft", *RIGHT, "--output-dir", ""), ["the run directory has no name"]),
    "json alone": (("sft", *RIGHT, "--json"), ["add --dry-run"]),
    "empty dataset": (
        ("sft", "--model", "some/model", "--dataset", "empty.jsonl"),
        ["the dataset has no rows"],
    ),
    "model slip": (("sft", "--model", "dir/modell", "--dataset", "rows.jsonl"), ["did you mean dir/model?"]),
    "missing extra": (
        ("grpo", "--preset", "qwen1.5b-math", "--gpus", "1"),
        ["vllm", "not installed", "pip install 'r1cli[", "this machine shows none"],
    ),
    "preset for GPUs": (
        ("grpo", "--preset", "qwen1.5b-math"),
        ["preset 'qwen1.5b-math' is made for GPUs", "--preset tiny-grpo", "`r1 quickstart`", "--gpus 0"],
    ),
}


@pytest.mark.unit
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_ends_in_an_error(main: RunR1, tmp_path: Path, name: str) -> None:
    arguments, words = MISTAKES[name]
    (tmp_path / "rows.jsonl").write_text('{"prompt": "1+1", "solution": "2"}\n')
    (tmp_path / "bad.yaml").write_text("training: [1\n")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "dir" / "model").mkdir(parents=True)
    result = main(*arguments, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert re.search(r"^error: ", result.stderr, re.MULTILINE)
    assert "Traceback" not in result.stderr
    text = " ".join(result.stderr.split())
    for word in words:
        assert word in text
    assert "hf_abc" not in result.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.unit
def test_hyphen_and_underscore_are_the_same(main: RunR1) -> None:
    assert main("sft", "--dry_run", "--learning-rate", "1e-5", "--output_dir", "x").returncode == 0


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    line = f"{sys.executable} -m r1cli config keys grpo --json | head -1"
    result = subprocess.run(line, shell=True, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("[\n", "")


@pytest.mark.unit
def test_debug_shows_the_traceback(main: RunR1) -> None:
    result = main("--debug", "grpo", "--preset", "nope")
    assert "Traceback" in result.stderr
    assert "unknown preset 'nope'" in result.stderr


def test_a_misspelt_variable_is_a_warning(r1: RunR1) -> None:
    result = r1("plugins", "list", env={**os.environ, "R1_HOMME": "/x"})
    assert result.returncode == 0
    assert "R1_HOMME is not recognised" in result.stderr
