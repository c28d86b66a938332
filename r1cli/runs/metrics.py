"""``metrics.jsonl``: how far a run has come, its figures, and their curve."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.runs.state import shares_of

# The end of the file is read alone: it holds many lines of the longest kind.
_TAIL = 1 << 16
# The figure that tells whether a run learns: the first that it has.
_CURVES = ("reward", "loss")
# What is shown of a run that samples, beside how far it has come; only what is not 0.
_OF_SAMPLING = ("tokens_per_second", "cut_off", "failed", "cost")


def last_step(run_dir: Path) -> dict[str, Any]:
    """The last line of a run's metrics that names a step; empty when there is none yet.

    Of a run that is split into shares, the steps of all shares together.
    """
    entries = [lines[-1] for share in shares_of(run_dir) if (lines := _last_lines(share))]
    if entries:
        return {name: sum(entry.get(name, 0) for entry in entries) for name in ("step", "max_steps")}
    return next(reversed(_last_lines(run_dir)), {})


def last_figures(run_dir: Path) -> dict[str, float]:
    """The numbers of a run's last step, those included with which the trainer sums the run up."""
    lines = _last_lines(run_dir)
    figures: dict[str, Any] = {}
    for line in lines:
        if line["step"] == lines[-1]["step"]:
            figures.update(line)
    return {name: value for name, value in figures.items() if name != "time" and _is_number(value)}


def curve(run_dir: Path, most: int = 500) -> tuple[str, list[tuple[int, float]]]:
    """The figure that tells whether a run learns: its name, and its value by step.

    Args:
        run_dir: the run.
        most: the number of points that is enough; a longer curve is thinned out.
    """
    curves: dict[str, list[tuple[int, float]]] = {name: [] for name in _CURVES}
    with suppress(FileNotFoundError), (run_dir / "metrics.jsonl").open("rb") as file:
        for line in _steps(file):
            for name, points in curves.items():
                if _is_number(line.get(name)):
                    points.append((line["step"], line[name]))
    name = next((name for name in _CURVES if curves[name]), _CURVES[0])
    points = curves[name]
    every = 1 + len(points) // most
    # The first and the last step stay.
    return name, points[:-1:every] + points[-1:]


def summary(line: Mapping[str, Any]) -> str:
    """The figures of a metrics line that tell whether the run learns, as one text."""
    return "  ".join(figures_of(line))


def figures_of(line: Mapping[str, Any]) -> list[str]:
    """The figures of a metrics line that tell whether the run learns, the most telling ones first."""
    names = {"loss": "loss", "mean_token_accuracy": "token accuracy", "reward": "reward"}
    figures = [(label, line.get(key)) for key, label in names.items()]
    figures += [("FAULTS", line["faults"])] if line.get("faults") else []
    figures += [(name.replace("_", " "), line[name]) for name in _OF_SAMPLING if line.get(name)]
    figures += [
        (key.removeprefix("rewards/").removesuffix("/mean"), value)
        for key, value in line.items()
        if key.startswith("rewards/") and key.endswith("/mean")
    ]
    token = ["token {} of {}".format(*line["token"])] if "token" in line else []
    return [f"{label} {_rounded(value)}" for label, value in figures if _is_number(value)] + token


def _last_lines(run_dir: Path) -> list[dict[str, Any]]:
    """The lines that name a step, of the end of a run's metrics."""
    with suppress(FileNotFoundError), (run_dir / "metrics.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _TAIL))
        return list(_steps(file))
    return []


def _steps(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The lines that name a step; one that is cut off, or still being written, is left out."""
    for line in lines:
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and "step" in entry:
                yield entry


def _rounded(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
