"""What other people install: a reward plugin beside r1, and r1 itself as a wheel."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    settings = {"capture_output": True, "text": True, "timeout": 250, **options}
    result: subprocess.CompletedProcess[str] = subprocess.run([*map(str, command)], check=False, **settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def pip_install(python: Path, what: Path) -> None:
    # The build tools are those of this environment: nothing is downloaded.
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", what)


@pytest.mark.slow
def test_a_strangers_reward_preset_and_callback_are_found_and_used(
    environment_with_r1: Path, tiny: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(REPOSITORY / "tests" / "fixtures" / "r1_brevity", source)
    pip_install(environment_with_r1, source)
    r1 = (environment_with_r1, "-m", "r1cli")
    plugins = {plugin["name"]: plugin for plugin in json.loads(run(*r1, "plugins", "list", "--json").stdout)}
    assert plugins["brevity"]["distribution"] == "r1-brevity"
    assert plugins["brevity"]["version"] == "0.3.0"
    assert plugins["brevity"]["rewards"] == {"brevity": "Shorter is better."}
    run(
        *r1, "grpo", "--preset", "brief-grpo",
        "--model", tiny / "model", "--dataset", tiny / "data" / "grpo.jsonl",
        "--rewards.brevity.target", "30", "--output-dir", tmp_path / "run",
    )  # fmt: skip
    assert (tmp_path / "run" / "heartbeat.txt").read_text() == "2\n"
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(min((tmp_path / "run" / "completions").glob("*.parquet"))).to_pylist()
    for row in table:
        (message,) = row["completion"]
        assert row["brevity"] == pytest.approx(min(1.0, 30 / max(len(message["content"]), 1)), abs=1e-5)


@pytest.mark.slow
def test_a_strangers_benchmark_is_found_checked_and_loaded(environment_with_r1: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(REPOSITORY / "tests" / "fixtures" / "r1_word_sums", source)
    pip_install(environment_with_r1, source)
    shutil.rmtree(source)
    r1 = (environment_with_r1, "-m", "r1cli")
    plugins = {plugin["name"]: plugin for plugin in json.loads(run(*r1, "plugins", "list", "--json").stdout)}
    assert plugins["word_sums"]["distribution"] == "r1-word-sums"
    assert plugins["word_sums"]["benchmarks"]["word_sums"] == "Sums written in words."
    assert "benchmark word_sums" in run(*r1, "plugins", "list", env={**os.environ, "COLUMNS": "200"}).stdout
    assert "word_sums: ok" in run(*r1, "plugins", "check", "r1-word-sums").stdout.splitlines()
    code = """
import json
from dataclasses import asdict
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.load_problems import load_problems
joined = {benchmark.name: benchmark for benchmark in find_benchmarks(["math"])}
print(json.dumps([asdict(problem) for problem in load_problems(joined["word_sums"])]))
"""
    problems = json.loads(run(environment_with_r1, "-c", code).stdout)
    asked = "What is five plus five? Give the answer as a word between <answer> and </answer>."
    assert len(problems) == 10
    assert problems[2] == {
        "id": "2",
        "prompt": [{"role": "user", "content": asked}],
        "columns": {"question": "What is five plus five?", "solution": "ten"},
    }


@pytest.mark.slow
def test_the_wheel_carries_presets_and_plugins(environment_with_r1: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=REPOSITORY)
    (wheel,) = tmp_path.glob("*.whl")
    pip_install(environment_with_r1, wheel)
    elsewhere = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": ""}}
    modules = "r1cli", "r1_rewards", "r1_benchmarks"
    where = f"from importlib import import_module as i; print(*(i(name).__file__ for name in {modules}))"
    home = str(environment_with_r1.parents[1])
    assert all(
        path.startswith(home) for path in run(environment_with_r1, "-c", where, **elsewhere).stdout.split()
    )
    listed = (
        "from r1cli.config.presets import preset_paths as p; print(*(f'{n}={f}' for n, f in p().items()))"
    )
    presets = dict(
        pair.split("=") for pair in run(environment_with_r1, "-c", listed, **elsewhere).stdout.split()
    )
    assert {path.stem for path in (REPOSITORY / "presets").glob("*.yaml")} == set(presets)
    tested = "from r1cli.doctor.software import tested_versions; print(tested_versions()['trl'])"
    assert run(environment_with_r1, "-c", tested, **elsewhere).stdout.startswith("1.")
    sharding = json.loads(
        run(environment_with_r1, "-m", "r1cli", "presets", "list", "--json", **elsewhere).stdout
    )
    assert {"zero3", "fsdp"} <= {preset["name"] for preset in sharding if preset["kind"] == "accelerate"}
    for name, path in presets.items():
        assert path.startswith(home)
        command = Path(path).read_text().split()[2]
        settings = ("--preset", name, "--dry-run", "--model", "some/model", "--dataset", "some/dataset")
        assert "world size" in run(environment_with_r1, "-m", "r1cli", command, *settings, **elsewhere).stdout
