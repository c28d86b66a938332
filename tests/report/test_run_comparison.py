"""In what two runs differ."""

from dataclasses import replace
from pathlib import Path

from r1cli.evaluate.result import summarise
from r1cli.evaluate.result_files import read_results, write_results
from r1cli.report.run_comparison import compare_runs
from tests.run_folders import make_run


def test_configs_and_last_figures(tmp_path: Path) -> None:
    configs = [
        {
            "training": {"learning_rate": 1e-5, "output_dir": "a", "seed": 1},
            "data": {"columns": {"prompt": "q"}},
        },
        {
            "training": {"learning_rate": 2e-5, "output_dir": "b", "seed": 1},
            "rewards": {"reward_funcs": ["x"]},
        },
    ]
    metrics = [{"step": 5, "loss": 0.5, "reward": 1.0}], [{"step": 9, "loss": 0.25}]
    a, b = (
        make_run(tmp_path / name, command=command, config=config, metrics=lines)
        for name, command, config, lines in zip("ab", ("sft", "grpo"), configs, metrics, strict=True)
    )
    found = compare_runs(a, b)
    assert found.different == {
        "command": {"a": "sft", "b": "grpo"},
        "training.learning_rate": {"a": 1e-5, "b": 2e-5},
        "data.columns.prompt": {"a": "q"},
        "rewards.reward_funcs": {"b": ["x"]},
    }
    assert found.figures == {"step": {"a": 5, "b": 9}, "loss": {"a": 0.5, "b": 0.25}}
    # Of a key that a command does not have, there is no default.
    assert found.defaults == {}
    assert compare_runs(a, a).different == {}


def test_evaluations_have_scores(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, command="evaluate") for name in "ab"]
    for run, benchmarks in zip(runs, (["one"], ["one", "two"]), strict=True):
        results = [
            summarise(name, [[1.0], [0.0]], truncated=[], faults=[], settings={}, versions={}, prompt_hash="")
            for name in benchmarks
        ]
        write_results(run, results)
    assert compare_runs(*runs).figures == {"one": {"a": 0.5, "b": 0.5}, "two": {"b": 0.5}}
    write_results(runs[0], [replace(one, reward="format") for one in read_results(runs[0])])
    # Of another reward: nothing to set side by side.
    figures = compare_runs(*runs).figures
    assert figures == {"one:format": {"a": 0.5}, "one": {"b": 0.5}, "two": {"b": 0.5}}


def test_a_key_that_has_another_name_in_an_older_run_is_one_key(tmp_path: Path) -> None:
    configs = {"evaluate": {"seed": 1, "samples": 4}}, {"sampling": {"seed": 1, "samples": 8}}
    old, new = (
        make_run(tmp_path / name, command="evaluate", config=config)
        for name, config in zip(("old", "new"), configs, strict=True)
    )
    assert compare_runs(old, new).different == {"sampling.samples": {"a": 4, "b": 8}}
