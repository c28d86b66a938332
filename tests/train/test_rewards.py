"""The bridge to TRL's one function per reward."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.record import RecordedConfig
from r1cli.scoring.call import Outcome
from r1cli.scoring.scorer import ChosenReward, Scorer, Scores
from r1cli.train.completions_table import COLUMNS
from r1cli.train.rewards import TrainerRewards

pytestmark = pytest.mark.xdist_group("torch")


def test_a_batch_is_scored_once_and_a_fault_in_the_last_reward_blanks_the_first() -> None:
    calls = []

    def good(completions: list[str], **kwargs: Any) -> list[float]:
        calls.append("good")
        return [1.0] * len(completions)

    def bad(completions: list[str], **kwargs: Any) -> list[float]:
        calls.append("bad")
        raise OSError("no disk")

    rewards = TrainerRewards(Scorer([ChosenReward("good", good), ChosenReward("bad", bad)])).functions()
    assert [function.__name__ for function in rewards] == ["good", "bad"]
    metrics: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    trl = {"log_metric": metrics.__setitem__, "log_extra": extra.__setitem__, "trainer_state": None}
    completions = ["a", "b"]
    assert [function(completions=completions, **trl) for function in rewards] == [[None, None]] * 2
    assert calls == ["good", "bad"]
    assert metrics["faults"] == 2.0
    assert metrics["reward_stats/good/mean"] == 1.0
    assert (metrics["reward_stats/bad/fault"], metrics["reward_stats/bad/none"]) == (1.0, 0.0)
    assert "reward_stats/bad/mean" not in metrics
    assert extra["good_raw"] == [1.0, 1.0]
    assert extra["fault"] == ["bad: OSError: no disk"] * 2
    # The next step brings another list, equal or not.
    rewards[0](completions=["a", "b"], **trl)
    assert len(calls) == 4


def test_rewards_receive_what_the_chat_template_writes_after_the_prompt() -> None:
    def length(completions: list[str], prefill: list[str], **kwargs: Any) -> list[float]:
        return [float(len(text)) for text in prefill]

    def score(written: str | None, **columns: Any) -> list[float | None]:
        (function,) = TrainerRewards(Scorer([ChosenReward("length", length)]), prefill=written).functions()
        ignored: dict[str, Any] = {}
        trl = {"log_metric": ignored.__setitem__, "log_extra": ignored.__setitem__}
        return function(completions=["a", "b"], **trl, **columns)

    assert score("<think>") == [7.0, 7.0]
    # A column of the dataset keeps its name.
    assert score("<think>", prefill=["a", "bc"]) == [1.0, 2.0]
    assert score(None) == [None, None]


def test_the_table_has_the_reference_and_the_columns_that_rewards_read() -> None:
    def target(completions: list[str], nums: list[Any], log_extra: Any, **kwargs: Any) -> list[float]:
        log_extra("solution", ["read"] * len(completions))
        return [0.0] * len(completions)

    def plain(completions: list[str], **kwargs: Any) -> list[float]:
        return [0.0] * len(completions)

    def table(function: Any, **columns: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        trl = {"log_metric": lambda *words: None, "log_extra": found.setdefault}
        rewards = TrainerRewards(Scorer([ChosenReward("mine", function)]), prefill="<think>")
        rewards.functions()[0](completions=["a", "b"], **trl, **columns)
        return {name: found.get(name) for name in ("solution", COLUMNS)}

    columns = {"solution": [["2"], "3"], "nums": [[1, 2], "x" * 20_000], "prompts": ["p"] * 2, "id": [1, 2]}
    found = table(plain, **columns)
    assert found["solution"] == ['["2"]', "3"]
    rows = list(map(json.loads, found[COLUMNS]))
    assert rows == [{"prefill": "<think>", "solution": one} for one in (["2"], "3")]
    found = table(target, **columns)
    # TRL would join what is logged twice.
    assert found["solution"] == ["read"] * 2
    rows = list(map(json.loads, found[COLUMNS]))
    # What is too long is not repeated for each completion.
    assert [row.get("nums") for row in rows] == [[1, 2], None] and "id" not in rows[0]


def test_a_row_with_a_fault_has_no_advantage_in_a_real_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet
    from trl import GRPOConfig, GRPOTrainer

    from r1cli.quickstart.base_model import make_tiny
    from r1cli.train.callbacks import Timings
    from r1cli.train.learning_signal import SignalWatch
    from r1cli.train.setup import trainer_arguments, training_arguments

    def rising(completions: list[Any], **kwargs: Any) -> list[float]:
        return [float(n) for n in range(len(completions))]

    def partly(completions: list[Any], **kwargs: Any) -> list[float]:
        return [float("nan") if n in (1, 6) else 0.0 for n in range(len(completions))]

    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    make_tiny(tmp_path / "base", seed=0)
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({"prompt": f"{n}+1", "solution": f"{n + 1}"}) + "\n" for n in range(4))
    )
    run = tmp_path / "run"
    config = {
        "model": {"model_name_or_path": str(tmp_path / "base")},
        "data": {"dataset_name": str(tmp_path / "rows.jsonl"), "dataset_train_split": "train"},
        "rewards": {"reward_funcs": ["rising", "partly"], "reward_weights": [1.0, 1.0]},
        "training": {
            "max_steps": 1, "per_device_train_batch_size": 8, "num_generations": 4, "bf16": False,
            "max_completion_length": 4, "log_completions": True, "logging_steps": 1, "save_strategy": "no",
        },
        "tracking": {"report_to": "none"},
    }  # fmt: skip
    scorer = Scorer([ChosenReward("rising", rising), ChosenReward("partly", partly)])
    signal = SignalWatch({"rising": 1.0, "partly": 1.0}, 4)
    recorded = RecordedConfig(config)
    arguments = training_arguments(GRPOConfig, run, recorded)
    shared = trainer_arguments(run, recorded, arguments, Timings(), (("prompt",),), padding_side="left")
    shared["callbacks"].insert(0, signal)
    functions = TrainerRewards(scorer, watch=signal.count).functions()
    GRPOTrainer(reward_funcs=functions, **shared).train()

    (path,) = (run / "completions").glob("*.parquet")
    table = pyarrow.parquet.read_table(path).to_pydict()
    assert [bool(fault) for fault in table["fault"]] == [n in (1, 6) for n in range(8)]
    assert [json.loads(row) for row in table[COLUMNS]] == [{"solution": one} for one in table["solution"]]
    for fault, advantage in zip(table["fault"], table["advantage"], strict=True):
        assert (advantage == 0.0) == bool(fault), table["advantage"]
    metrics = json.loads((run / "metrics.jsonl").open().readline())
    assert (metrics["faults"], metrics["reward_stats/partly/fault"]) == (2.0, 0.25)
    assert (metrics["reward_stats/rising/mean"], metrics["reward_stats/rising/max"]) == (3.5, 7.0)
    assert "warning" not in metrics and signal.dead_steps == 0


def test_a_step_of_which_much_was_not_judged_says_why(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    late = "not judged: code: the budget of the step, code.budget, was used up"
    scorer = Scorer([ChosenReward("code", lambda completions, **kwargs: [1.0, None])])
    counts = {"programs": 4, "programs_ms": 2000, "running_ms": 3000, "queue_ms": 400, "program_faults": 1}
    scores = Scores({"code": [1.0, None]}, [None, late], {}, counts)
    scores.outcomes["code"] = Outcome([1.0, None], [None, late])
    monkeypatch.setattr(scorer, "score_on_all", lambda *words, **columns: [scores])
    metrics: dict[str, float] = {}
    (function,) = TrainerRewards(scorer).functions()
    trl = {"log_metric": metrics.__setitem__, "log_extra": lambda *words: None}
    assert function(completions=["a", "b"], **trl) == [1.0, None]
    assert f"warning: 50% of the completions of this step were {late}" in capfd.readouterr().err
    assert metrics["faults"] == 0.0
    found = {name.removeprefix("code/"): value for name, value in metrics.items() if name.startswith("code/")}
    assert found == {
        "programs": 4.0, "fault_share": 0.25, "inconclusive": 0.5, "seconds": 2.0,
        "concurrency": 1.5, "queue": 0.1,
    }  # fmt: skip


def test_the_json_of_columns_is_left_out_of_what_trl_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    from trl.trainer import grpo_trainer

    from r1cli.train.grpo import leave_out_of_log

    printed: list[Any] = []
    monkeypatch.setattr(
        grpo_trainer, "print_prompt_completions_sample", lambda *words, extra: printed.append((words, extra))
    )
    leave_out_of_log(COLUMNS)
    grpo_trainer.print_prompt_completions_sample("prompts", extra={COLUMNS: ["{}"], "fault": [""]})
    assert printed == [(("prompts",), {"fault": [""]})]
