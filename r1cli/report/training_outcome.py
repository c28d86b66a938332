"""What came out of a training, in a few lines."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from r1cli.report.run_list import span
from r1cli.runs.locate import short_name
from r1cli.runs.metrics import curve, last_figures
from r1cli.runs.run_dir import read_status
from r1cli.runs.start_time import started

_OF_A_REWARD = ("rewards/", "/mean")
# Figures by their names in the metrics; those that a trainer does not log are left out.
_FIGURES = {
    "loss": "loss",
    "mean_token_accuracy": "token accuracy",
    "eval_loss": "loss on the test split",
    "eval_reward": "reward on the test split",
}


def outcome(run_dir: Path) -> list[tuple[str, str]]:
    """A name and a line for each thing that is known of a finished training."""
    figures = last_figures(run_dir)
    return [
        ("steps", f"{figures['step']:,.0f}{_time(run_dir, figures)}" if "step" in figures else ""),
        ("tokens", f"{figures['num_tokens']:,.0f}" if "num_tokens" in figures else ""),
        *(_rewards(run_dir, figures) if "reward" in figures else _losses(run_dir, figures)),
        ("faults", f"{figures['faults']:.0f} in the last step" if figures.get("faults") else ""),
        ("model", short_name(run_dir)),
    ]


def _losses(run_dir: Path, figures: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    for key, name in _FIGURES.items():
        if key in figures:
            yield name, f"{figures[key]:.4g}{_first(run_dir, key)}"


def _rewards(run_dir: Path, figures: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """The loss of GRPO says nothing of how well a model does."""
    yield "reward", f"{figures['reward']:.3f}{_first(run_dir, 'reward')}"
    before, after = _OF_A_REWARD
    for key, value in figures.items():
        if key.startswith(before) and key.endswith(after):
            yield key.removeprefix(before).removesuffix(after), f"{value:.3f}"
    if "eval_reward" in figures:
        yield _FIGURES["eval_reward"], f"{figures['eval_reward']:.3f}"


def _first(run_dir: Path, figure: str) -> str:
    """What the first step had, of the figure that tells whether a run learns."""
    name, points = curve(run_dir)
    return f", {points[0][1]:.4g} in step {points[0][0]}" if name == figure and len(points) > 1 else ""


def _time(run_dir: Path, figures: Mapping[str, float]) -> str:
    """From the start to the end of the last attempt, with what it spent on loading."""
    attempts = 1 + len(list((run_dir / "logs").glob("attempt-*")))
    took = " in " if attempts == 1 else f"; the last of {attempts} attempts took "
    status: dict[str, Any] = read_status(run_dir)
    steps = figures.get("train_runtime", 0.0)
    if "time" not in status:
        return took + span(steps)
    whole = datetime.fromisoformat(status["time"]).timestamp() - started(run_dir)
    in_all = f"{span(max(whole, steps))}, of which {span(steps)} for steps" if steps else span(whole)
    return took + in_all
