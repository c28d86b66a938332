"""``r1 inspect``: what it shows of a run's completions, and of which."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from r1cli.cli import app
from r1cli.errors import R1Error
from tests.conftest import RunR1
from tests.run_folders import make_run

REWARDS = {"reward_funcs": ["accuracy", "mine.py:half"], "reward_weights": [1.0, 0.5]}


def inspect(*words: str | Path) -> str:
    """Runs ``r1 inspect`` in this process; what the user can fix is raised."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        app.run(["inspect", *map(str, words)])
    assert not ended.value.code
    return printed.getvalue()


def listed(*words: str | Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(inspect(*words, "--json"))
    return found


def row(step: int, completion: str, accuracy: float, half: float, **others: Any) -> dict[str, Any]:
    """A row of TRL's table of completions."""
    return {
        "step": step,
        "prompt": [{"role": "user", "content": "1+1"}],
        "completion": [{"role": "assistant", "content": completion}],
        "accuracy": None if others.get("fault") else accuracy,
        "half": half,
        "accuracy_raw": accuracy,
        "half_raw": half,
        "answer": completion or None,
        "fault": "",
        "code_verdict": "accepted",
        "solution": "2",
        "columns": json.dumps({"solution": "2", "nums": [1, 1]}),
        "advantage": 0.0,
        **others,
    }


@pytest.fixture
def training(tmp_path: Path) -> Path:
    run = make_run(tmp_path / "run", command="grpo", config={"rewards": REWARDS})
    (run / "completions").mkdir()
    steps = {
        1: [row(1, "2", 1.0, 0.5), row(1, "3", 0.0, 1.0)],
        10: [row(10, "2", 1.0, 1.0), row(10, "", 1.0, 0.0, fault="half: OSError: no disk")],
    }
    for step, rows in steps.items():
        path = run / "completions" / f"completions_{step:05d}.parquet"
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return run


def test_a_training_is_shown_by_step_sorted_and_filtered(training: Path) -> None:
    assert [one["step"] for one in listed(training)] == [1, 1, 10, 10]
    first = listed(training, "--step", "1")[0]
    assert first["reference"] == "2" and first["answer"] == "2"
    assert first["rewards"] == {"accuracy": 1.0, "half": 0.5} and first["reward"] == 1.25
    assert [one["reward"] for one in listed(training, "--sort", "reward")] == [0.5, 1.25, 1.5, None]
    assert [one["reward"] for one in listed(training, "--sort", "-reward")] == [1.5, 1.25, 0.5, None]
    # A fault is not a success, whatever the value was before it was masked.
    assert [(one["step"], one["index"]) for one in listed(training, "--failed")] == [(1, 1), (10, 1)]
    of_one = listed(training, "--failed", "--reward", "half")
    assert [one["rewards"] for one in of_one] == [{"half": 0.5}, {"half": 0.0}]
    shown = inspect(training, "--step", "10", "--limit", "1")
    assert "step 10, index 0: accuracy 1, half 1, weighted sum 1.5" in shown
    assert "reference: 2" in shown and "code_verdict: accepted" in shown and "nums" not in shown
    assert "fault: half: OSError: no disk" in inspect(training, "--failed")


def test_an_answer_is_missed_only_where_a_reward_reads_them(training: Path) -> None:
    assert "answer: none was read" in inspect(training)
    path = training / "completions" / "completions_00010.parquet"
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).drop(["answer"]), path)
    assert "answer: none was read" not in inspect(training)


def test_what_is_asked_wrongly_is_named(training: Path) -> None:
    for words, what in {
        ("--step", "9"): "no completions of step 9",
        ("--reward", "acuracy"): "no reward 'acuracy'",
        ("--sort", "rewrad"): "cannot sort by",
    }.items():
        with pytest.raises(R1Error, match=what) as caught:
            app.run(["inspect", str(training), *words])
        assert caught.value.fix
    with pytest.raises(R1Error, match="no completions"):
        app.run(["inspect", str(make_run(training.parent / "sft"))])


def test_text_of_a_model_does_nothing_in_a_terminal(training: Path) -> None:
    wild = "\x1b[2J[bold]\r\u202e\nfault: none\n--- step 1" + "x" * 9_000 + "the end"
    path = training / "completions" / "completions_00011.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row(11, wild, 0.0, 0.0)]), path)
    shown = inspect(training, "--step", "11")
    assert not {"\x1b", "\r", "\u202e"} & set(shown)
    assert "\\x1b[2J[bold]\\r\\u202e" in shown
    # Nothing of it looks like a line of r1's own.
    assert [line for line in shown.splitlines() if line.startswith(("fault", "---"))] == [
        "--- step 11, index 0: accuracy 0, half 0, weighted sum 0"
    ]
    assert "the end" in shown and "characters are left out here" in shown and len(shown) < 6_500
    assert listed(training, "--step", "11")[0]["completion"][0]["content"] == wild


def test_a_file_that_is_being_written_is_left_out(training: Path) -> None:
    (training / "completions" / "completions_00012.parquet").write_bytes(b"PAR1")
    assert len(listed(training)) == 4
    with pytest.raises(R1Error, match="not a parquet file"):
        app.run(["inspect", str(training), "--step", "12"])


def test_a_generated_dataset_is_shown(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", command="generate", config={"rewards": REWARDS})
    (run / "dataset" / "data").mkdir(parents=True)
    rows = [
        {
            "prompt": "1+1", "completion": "2", "solution": "2", "source_id": "7", "sample": 0,
            "rewards": {"accuracy": 1.0, "mine.py:half": 0.5}, "reward": 1.25, "finish_reason": "length",
            "answer": "2",
        }
    ]  # fmt: skip
    path = run / "dataset" / "data" / "train-0.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    shown = inspect(run)
    assert "--- row 7, sample 0: accuracy 1, half 0.5, weighted sum 1.25" in shown
    assert "completion (cut off at the length limit): 2" in shown and "reference: 2" in shown
    assert "answer: 2" in shown


def test_the_samples_of_a_probe_are_shown(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", command="probe", config={"rewards": REWARDS})
    line = {
        "group": 3, "prompt": [{"role": "user", "content": "1+1"}], "completion": "2", "truncated": True,
        "scores": {"accuracy": 1.0, "/home/me/mine.py:half": 0.5}, "fault": None, "notes": {"answer": "2"},
        "gold": "2",
    }  # fmt: skip
    (run / "samples.jsonl").write_text(json.dumps(line) + "\n")
    shown = inspect(run)
    assert "--- group 3, index 0: accuracy 1, half 0.5, weighted sum 1.25" in shown
    assert "completion (cut off at the length limit): 2" in shown
    assert "reference: 2" in shown and "answer: 2" in shown


def test_the_completions_of_measured_rows_are_shown(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", command="filter-pass-rate", config={"rewards": REWARDS})
    sample = {
        "sample": 0, "finish_reason": "stop", "completion_tokens": 1, "fault": None,
        "rewards": {"accuracy": 1.0, "mine.py:half": 0.5},
    }  # fmt: skip
    row = {
        "id": "7", "prompt": "1+1", "solution": "2", "pass_rate": 1.0, "pass_rate_generations": ["2"],
        "pass_rate_samples": [sample], "pass_rate_held_out": [{"completion": "3", **sample, "sample": 1}],
    }  # fmt: skip
    for folder in ("measurement", "dataset"):
        (run / folder / "data").mkdir(parents=True)
    # What was measured is shown, and not only what was selected of it.
    (run / "measurement" / "measurement.json").write_text("{}")
    path = run / "measurement" / "data" / "train-0.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), path)
    first, held_out = listed(run)
    assert (first["row"], first["sample"], first["completion"]) == ("7", 0, "2")
    assert first["reference"] == "2" and first["rewards"] == {"accuracy": 1.0, "half": 0.5}
    assert first["reward"] == 1.25 and (held_out["sample"], held_out["completion"]) == (1, "3")
    assert "answer" not in inspect(run)
    # What was sampled for rows that had been measured is shown, and not what was measured then.
    made = make_run(tmp_path / "made", command="generate", config={"rewards": REWARDS})
    (made / "dataset" / "data").mkdir(parents=True)
    new = {**row, "completion": "4", "source_id": "7", "finish_reason": "stop", "completion_tokens": 1}
    new_rows = pyarrow.Table.from_pylist([{**new, "sample": 0}])
    pyarrow.parquet.write_table(new_rows, made / "dataset" / "data" / "train-0.parquet")
    assert [one["completion"] for one in listed(made)] == ["4"]


@pytest.mark.parametrize(
    ("command", "what", "fix"),
    [
        ("sft", "of 'sft', which samples no completions", "`r1 evaluate tiny --run empty`"),
        ("decontaminate", "of 'decontaminate', which samples no completions", "name a run that has"),
        ("probe", "of 'reward probe' has no completions that can be shown", "`r1 runs show empty`"),
    ],
)
def test_a_run_without_completions_says_what_it_has(
    training: Path, monkeypatch: pytest.MonkeyPatch, command: str, what: str, fix: str
) -> None:
    monkeypatch.chdir(training.parent)
    make_run(Path("runs", "empty"), command=command)
    training.rename(Path("runs", "math"))
    with pytest.raises(R1Error, match=what) as caught:
        app.run(["inspect", "empty"])
    assert fix in caught.value.fix and caught.value.fix.endswith("name a run that has completions, as math")


@pytest.mark.parametrize(
    ("words", "command"),
    [(("inspect", "--step"), "r1 inspect"), (("plugins", "new", "x", "--kind"), "r1 plugins new")],
)
def test_an_option_without_its_value_names_the_help_of_its_command(
    words: tuple[str, ...], command: str, main: RunR1
) -> None:
    done = main(*words)
    assert done.returncode == 2
    assert "requires an argument" in done.stderr and f"{command} --help" in done.stderr
