"""The completions of a run: of a training's steps, an evaluation, a measurement, or a generated dataset."""

import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from r1cli.commands import COMMANDS, as_typed
from r1cli.config.config import REWARDS
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import RecordedConfig
from r1cli.config.schema import schema_of
from r1cli.data.source import DATASET
from r1cli.errors import R1Error
from r1cli.evaluate.result_files import SCORES, read_results, read_scored
from r1cli.files import read_json_lines
from r1cli.pass_rate.measurement import GENERATIONS, HELD_OUT, INFO, MEASUREMENT, OWN, SAMPLES
from r1cli.plugins.registry import parameter_group
from r1cli.rewards.learning_signal import PROBED
from r1cli.rewards.parquet import read_parquet
from r1cli.runs.locate import RUNS, command_of, find_runs, holds_run, short_name
from r1cli.runs.run_dir import read_run
from r1cli.sampling.share import FOLDER
from r1cli.train.completions_table import COLUMNS, REFERENCE

_FILE = re.compile(r"completions_(\d+)\.parquet")
# What an evaluation and a probe keep apart.
_IN_PARTS = re.compile(r"(samples|scores|problems)(-\d+)?\.jsonl")
# What TRL and r1 write into the table of a training, beside rewards and what they log.
_OF_THE_TABLE = ("step", "prompt", "completion", "answer", "fault", COLUMNS, REFERENCE)
# What a generated dataset says of a completion; its other columns are those of the source.
_OF_A_SAMPLE = ("finish_reason", "completion_tokens", "source_id", "sample")
_GENERATED = (
    *_OF_A_SAMPLE, *OWN, "id", "prompt", "completion", "reasoning", "answer", "prompt_tokens", "seconds",
    "seed", "model", "model_revision", "server", "temperature", "top_p", "max_new_tokens", "rewards",
    "reward", "fault",
)  # fmt: skip


@dataclass(frozen=True)
class RunCompletion:
    """A completion, and what its run knows of it.

    Args:
        place: where it is in the run: its step, or its benchmark and problem.
        prompt: a chat, or text.
        completion: the same.
        columns: of its row, as the rewards got them.
        scores: by reward; None where one does not apply.
        reward: the weighted sum; None with a fault, and where the weights are not recorded.
        answer: that was read in it; None where nothing was read or recorded.
        fault: why it has no score; empty without one.
        notes: what else rewards have logged.
        reads_answers: whether a reward of the run does: if so, an answer that is None was not to be read.
    """

    place: Mapping[str, Any]
    prompt: Any
    completion: Any
    columns: Mapping[str, Any]
    scores: Mapping[str, float | None]
    reward: float | None = None
    answer: str | None = None
    fault: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    reads_answers: bool = True

    @property
    def reference(self) -> Any:
        """The reference answer; None for a row without it."""
        return self.columns.get(REFERENCE)


def recorded_rewards(run_dir: Path) -> Rewards:
    """The rewards that a run's record names."""
    return RecordedConfig(read_run(run_dir)["config"]).section(Rewards)


def read_run_completions(run_dir: Path, step: int | None = None) -> list[RunCompletion]:
    """The completions of a run, in the order in which they were sampled.

    Args:
        run_dir: of the run.
        step: of a training, whose completions are read; those of all steps when not given.

    Raises:
        R1Error: the directory contains no run, or none with completions; or there is no such step.
    """
    read_run(run_dir)
    files = {
        int(named[1]): path
        for path in run_dir.glob("completions/*.parquet")
        if (named := _FILE.fullmatch(path.name))
    }
    if files:
        return list(_of_training(run_dir, _chosen(files, step)))
    found = _of_evaluation(run_dir) or _of_probe(run_dir) or list(_of_dataset(run_dir))
    if not found:
        raise _no_completions(run_dir)
    if step is not None:
        raise R1Error("only a training has steps", where="flag --step", fix="leave it out")
    return found


def has_completions(run_dir: Path) -> bool:
    """Whether a run has sampled completions that are shown, without reading them."""
    places = (
        "completions/completions_*.parquet", f"{FOLDER}/*/{SCORES}", PROBED, f"{DATASET}/{INFO}",
        f"{MEASUREMENT}/{INFO}",
    )  # fmt: skip
    if any(any(run_dir.glob(place)) for place in places):
        return True
    made = next(run_dir.glob(f"{DATASET}/data/*.parquet"), None)
    if made is None:
        return False
    import pyarrow.parquet

    # Datasets that were filtered or cleaned have rows that nobody sampled here.
    return {*_OF_A_SAMPLE} <= {*pyarrow.parquet.read_schema(made).names}


def run_around(file: Path) -> Path | None:
    """The run whose completions a file has a part of: without their problems, or without their text.

    None for any other file.
    """
    around = next(filter(holds_run, file.absolute().parents), None)
    return around if around and _IN_PARTS.fullmatch(file.name) and has_completions(around) else None


def expand_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a file; of a training's table with the columns of the dataset that it has as JSON."""
    if not {"step", "advantage", COLUMNS} <= row.keys():
        return dict(row)
    others = {name: value for name, value in row.items() if name != COLUMNS}
    return {**others, **_columns_of(row)}


def _chosen(files: Mapping[int, Path], step: int | None) -> list[Path]:
    if step is None:
        return [files[number] for number in sorted(files)]
    if step not in files:
        nearest = min(files, key=lambda number: (abs(number - step), number))
        raise R1Error(
            f"there are no completions of step {step}",
            where="flag --step",
            fix=f"the steps with completions are {min(files)} to {max(files)}; the nearest is {nearest}",
        )
    return [files[step]]


def _of_training(run_dir: Path, files: Sequence[Path]) -> Iterator[RunCompletion]:
    weights = _weights(run_dir)
    for path in files:
        try:
            rows = read_parquet(path)
        except R1Error:
            if path == files[-1] != files[0]:
                return  # it is being written
            raise
        for index, row in enumerate(rows):
            names = [name for name in weights if name in row] or _logged_rewards(row)
            known = {*_OF_THE_TABLE, *names, *(f"{name}_raw" for name in names)}
            fault = row.get("fault") or ""
            values = {name: _number(row.get(f"{name}_raw", row.get(name))) for name in names}
            yield RunCompletion(
                {"step": row.get("step"), "index": index},
                _plain_chat(row.get("prompt")),
                _plain_chat(row.get("completion")),
                _columns_of(row),
                values,
                None if fault else _total(values, weights),
                row.get("answer"),
                fault,
                {name: value for name, value in row.items() if name not in known},
                "answer" in row,
            )


def _columns_of(row: Mapping[str, Any]) -> dict[str, Any]:
    own = {REFERENCE: row[REFERENCE]} if row.get(REFERENCE) is not None else {}
    try:
        found = json.loads(row.get(COLUMNS) or "{}")
    except (TypeError, ValueError):
        return own
    return {**own, **found} if isinstance(found, dict) else own


def _logged_rewards(row: Mapping[str, Any]) -> list[str]:
    """The rewards of a run whose record does not name them."""
    return [name for name in row if f"{name}_raw" in row]


def _of_evaluation(run_dir: Path) -> list[RunCompletion]:
    # Another name is of another reward on the same completions.
    benchmarks = [
        one.benchmark for one in read_results(run_dir) if (run_dir / FOLDER / one.benchmark).is_dir()
    ]
    weights = _weights(run_dir)
    return [_evaluated(name, line, weights) for name in benchmarks for line in read_scored(run_dir, name)]


def _evaluated(benchmark: str, line: Mapping[str, Any], weights: Mapping[str, float]) -> RunCompletion:
    answer = line.get("answer")
    if answer == "right":
        # Right answers have one name, so that they can be counted.
        from r1cli.scoring.math import answer_of

        found = answer_of(line["completion"])
        answer = found.text if found else answer
    scores = {parameter_group(name): value for name, value in line["scores"].items()}
    return RunCompletion(
        {"benchmark": benchmark, "problem": line["problem"], "sample": line["sample"]},
        line["prompt"],
        line["completion"],
        line["columns"],
        scores,
        None if line["fault"] else _total(scores, weights),
        answer,
        line["fault"] or "",
        {"finish_reason": line["finish_reason"], "tokens": line["tokens"]},
    )


def _of_probe(run_dir: Path) -> list[RunCompletion]:
    path, weights = run_dir / PROBED, _weights(run_dir)
    lines = read_json_lines(path) if path.is_file() else ()
    return [_probed(index, line, weights) for index, line in enumerate(lines)]


def _probed(index: int, line: Mapping[str, Any], weights: Mapping[str, float]) -> RunCompletion:
    scores = {parameter_group(name): value for name, value in line["scores"].items()}
    cut = {"finish_reason": "length"} if line["truncated"] else {}
    return RunCompletion(
        {"group": line["group"], "index": index},
        line["prompt"],
        line["completion"],
        {REFERENCE: line["gold"]} if "gold" in line else {},
        scores,
        None if line["fault"] else _total(scores, weights),
        line["notes"].get("answer"),
        line["fault"] or "",
        {**cut, **{name: value for name, value in line["notes"].items() if name != "answer"}},
        "answer" in line["notes"],
    )


def _measured(row: Mapping[str, Any], weights: Mapping[str, float]) -> Iterator[RunCompletion]:
    """All that was sampled of a row whose pass rate was measured."""
    samples = [*zip(row[GENERATIONS], row[SAMPLES], strict=True)]
    samples += ((sample["completion"], sample) for sample in row[HELD_OUT])
    for completion, sample in samples:
        scores = {parameter_group(name): _number(value) for name, value in sample["rewards"].items()}
        yield RunCompletion(
            {"row": row["id"], "sample": sample["sample"]},
            _plain_chat(row["prompt"]),
            completion,
            {name: value for name, value in row.items() if name not in _GENERATED},
            scores,
            None if sample["fault"] else _total(scores, weights),
            fault=sample["fault"] or "",
            notes={name: sample[name] for name in _OF_A_SAMPLE[:2]},
            reads_answers=False,
        )


def _of_dataset(run_dir: Path) -> Iterator[RunCompletion]:
    # What was measured has more rows than what was selected of it.
    folder = run_dir / (MEASUREMENT if (run_dir / MEASUREMENT / INFO).is_file() else DATASET)
    # Other datasets may have been made of rows that were measured, whose columns they keep.
    is_measurement, weights = (folder / INFO).is_file(), _weights(run_dir)
    for path in sorted((folder / "data").glob("*.parquet")):
        for row in read_parquet(path):
            if is_measurement:
                yield from _measured(row, weights)
                continue
            if "completion" not in row:
                return
            yield RunCompletion(
                {"row": row.get("source_id"), "sample": row.get("sample")},
                _plain_chat(row.get("prompt")),
                row["completion"],
                {name: value for name, value in row.items() if name not in _GENERATED},
                {parameter_group(name): _number(value) for name, value in (row.get("rewards") or {}).items()},
                _number(row.get("reward")),
                row.get("answer"),
                row.get("fault") or "",
                {name: row[name] for name in _OF_A_SAMPLE[:2] if name in row},
            )


def _no_completions(run_dir: Path) -> R1Error:
    """Says what a run has in place of completions, and what can be looked at."""
    command, name = command_of(run_dir), shlex.quote(short_name(run_dir))
    newest = next(filter(has_completions, find_runs(RUNS)), None)
    other = f"name a run that has completions{f', as {short_name(newest)}' if newest else ''}"
    what, fix = f"this run is of '{as_typed(command)}', which samples no completions", other
    row = COMMANDS.get(command)
    if row and schema_of(row).has(REWARDS):
        what = f"this run of '{as_typed(command)}' has no completions that can be shown"
        fix = f"`r1 runs show {name}` says how far it came; or {other}"
    elif row and row.trains:
        fix = f"`r1 evaluate tiny --run {name}` samples from its model, in another run; or {other}"
    return R1Error(what, where=str(run_dir), fix=fix)


def _plain_chat(value: Any) -> Any:
    """A chat without the keys that only other messages of its file have."""
    if not isinstance(value, list):
        return value
    return [
        {"content": "", **{name: found for name, found in turn.items() if found is not None}}
        if isinstance(turn, Mapping)
        else turn
        for turn in value
    ]


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _weights(run_dir: Path) -> dict[str, float]:
    return {parameter_group(name): weight for name, weight in recorded_rewards(run_dir).weighted.items()}


def _total(values: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    given = {name: value for name, value in values.items() if value is not None}
    if len(values) > 1 and not values.keys() <= weights.keys():
        return None
    return sum(weights.get(name, 1.0) * value for name, value in given.items()) if given else None
