"""What a run was, how far it came, how it ended, and what can be done with it next."""

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from r1cli.config.config import DATASET, MIXTURE, MODEL, REWARDS
from r1cli.config.model_files import text_config
from r1cli.data.lineage import recorded_datasets
from r1cli.errors import R1Error
from r1cli.evaluate.result_files import RESULTS, read_results
from r1cli.report.run_list import duration, progress, tree_of
from r1cli.runs.data_facts import read_data_facts
from r1cli.runs.failure import error_of
from r1cli.runs.locate import SCRIPT
from r1cli.runs.metrics import curve, last_figures, summary
from r1cli.runs.model import model_of_run
from r1cli.runs.run_dir import read_run, read_status
from r1cli.runs.slurm_words import job_facts
from r1cli.runs.start_time import started
from r1cli.runs.state import Run

# What a run was made from, by the leaf of its config.
_MADE_FROM = {
    "model": MODEL,
    "dataset": DATASET,
    "mixture": MIXTURE,
    "benchmarks": "evaluate.benchmarks",
    "rewards": REWARDS,
}
# Digits of a hash that are shown.
_DIGITS = 12
# Tokens of context that a benchmark of mathematics requires.
_ROOMY = 2048


@dataclass(frozen=True)
class NextCommand:
    """A command that is useful now, ready for a shell, and what it does."""

    line: str
    what: str


def facts_of(run: Run) -> list[tuple[str, str]]:
    """What `show` tells of a run, a name and a line each, apart from its curve and its scores."""
    record = read_run(run.run_dir)
    status = read_status(run.run_dir)
    made_from = [(name, _text(_leaf(record, path))) for name, path in _MADE_FROM.items()]
    return [
        ("run", str(run.run_dir)),
        ("command", str(record.get("command", ""))),
        ("preset", _text(record.get("preset"))),
        *made_from,
        ("datasets", ", ".join(map(_content, recorded_datasets(run.run_dir)))),
        ("rows", "; ".join(map(str, read_data_facts(run.run_dir).get("lines", ())))),
        ("planned" if _is_planned(run) else "started", _when(started(run.run_dir))),
        ("ended", _ended(run, status)),
        ("host", str(status.get("host", ""))),
        *state_facts(run),
        ("figures", summary(last_figures(run.run_dir))),
    ]


def summary_tree(run: Run) -> dict[str, Any]:
    """All that `show` tells of a run, for JSON."""
    record = read_run(run.run_dir)
    figure, points = curve(run.run_dir)
    return {
        **tree_of(run),
        "preset": record.get("preset"),
        **{name: _leaf(record, path) for name, path in _MADE_FROM.items()},
        "datasets": recorded_datasets(run.run_dir),
        "error": str(error_of(run) or ""),
        "figures": last_figures(run.run_dir),
        "curve": {"figure": figure, "points": points},
        "results": [result.to_dict() for result in read_results(run.run_dir)],
        "next": [asdict(one) for one in next_commands(run)],
    }


def state_facts(run: Run) -> list[tuple[str, str]]:
    """The state of a run and the reason, its job, its last step, its error; a fact may be empty."""
    unsure = "" if run.confirmed else ", as recorded: Slurm does not confirm it"
    return [
        ("state", f"{run.state or 'not started'}{unsure}"),
        ("reason", run.reason),
        *(job_facts(run.job) if run.job else [("job", run.job_id)]),
        ("step", progress(run)),
        ("error", str(error_of(run) or "")),
    ]


def next_commands(run: Run) -> Iterator[NextCommand]:
    """What can be done with a run as it stands."""
    name = _name(run.run_dir)
    if run.may_run:
        yield _next("follow its log", "r1", "runs", "tail", "-f", name)
        if not run.is_by_hand:
            yield _next("end it", "r1", "runs", "cancel", name)
        return
    if _is_planned(run):
        yield NextCommand(resume_command(run.run_dir), "start it")
        return
    if run.state != "finished":
        yield _next("the end of its log", "r1", "runs", "tail", name)
        yield NextCommand(resume_command(run.run_dir), "resume it")
    if (run.run_dir / RESULTS).exists():
        yield _next("look at completions that failed", "r1", "inspect", name, "--failed")
    elif any(run.run_dir.glob("completions/*.parquet")):
        yield _next(
            "look at its completions, the lowest rewards first", "r1", "inspect", name, "--sort", "reward"
        )
    with suppress(R1Error):
        model = model_of_run(run.run_dir)
        yield _next("measure its model", "r1", "evaluate", _benchmark(model), "--run", name)
        yield _next("serve its model", "r1", "serve", name)
    yield _next("repeat it in a new run directory", "r1", "rerun", name)


def resume_command(run_dir: Path) -> str:
    """What resumes a run, ready for a shell."""
    name = _name(run_dir)
    return shlex.join(["r1", "rerun", name, "--output-dir", name])


def _is_planned(run: Run) -> bool:
    """Whether a run was only written: neither started nor submitted."""
    return not run.state and not (run.run_dir / SCRIPT).exists()


def _name(run_dir: Path) -> str:
    """A run's path as a user of this folder would type it."""
    name = os.path.relpath(run_dir)
    return str(run_dir) if name.startswith("..") else name


def _benchmark(model: Path) -> str:
    """A benchmark whose prompts and answers fit into a model's context."""
    context = text_config(str(model)).get("max_position_embeddings")
    return "tiny" if isinstance(context, int) and context < _ROOMY else "math_500"


def _next(what: str, *words: str) -> NextCommand:
    return NextCommand(shlex.join(words), what)


def _leaf(record: Mapping[str, Any], path: str) -> Any:
    group, _, name = path.partition(".")
    leaves = (record.get("config") or {}).get(group)
    return leaves.get(name) if isinstance(leaves, Mapping) else None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _content(dataset: Mapping[str, Any]) -> str:
    """A dataset that a run read, with the first digits of its hash or commit."""
    kind, _, digits = str(dataset["hash"]).rpartition(":")
    return f"{dataset['name']} ({kind}:{digits[:_DIGITS]})"


def _when(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds).astimezone()
    return f"{at:%Y-%m-%d %H:%M %Z}, {duration(time.time() - seconds)} ago"


def _ended(run: Run, status: Mapping[str, Any]) -> str:
    """When a run ended, where it said so itself: nobody knows when a lost one did."""
    if run.may_run or run.state == "lost" or "corrected" in status or "time" not in status:
        return ""
    seconds = datetime.fromisoformat(status["time"]).timestamp()
    return f"{_when(seconds)}, after {duration(seconds - started(run.run_dir))}"
