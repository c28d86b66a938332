"""Completions in a file, and the file of their scores."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

from r1cli.data.column_names import kept_beside
from r1cli.data.local_rows import LOADERS, read_rows, suffix_of
from r1cli.data.source import neighbours
from r1cli.errors import R1Error, did_you_mean, did_you_mean_column
from r1cli.files import existing_path
from r1cli.plugins.types import Reward
from r1cli.rewards.choice import needed_columns
from r1cli.rewards.parquet import read_parquet
from r1cli.rewards.run_completions import RunCompletion, expand_columns, read_run_completions, run_around
from r1cli.runs.locate import run_named, short_name
from r1cli.scoring.call import as_handed_over
from r1cli.scoring.scorer import Scores
from r1cli.verdicts import VERSION

# TRL's plural names for the columns of a file.
_PLURAL = {"prompt": "prompts", "completion": "completions"}


@dataclass(frozen=True)
class Rows:
    """Completions, as chats or strings, and ``prompts`` and the other columns with one entry for each.

    ``places`` says of each where it is in a run; empty for a file.
    """

    completions: list[Any]
    columns: dict[str, list[Any]]
    places: list[Mapping[str, Any]] = field(default_factory=list)

    def part(self, indices: Sequence[int]) -> "Rows":
        """Some of the rows."""
        columns = {name: [values[i] for i in indices] for name, values in self.columns.items()}
        return Rows([self.completions[i] for i in indices], columns)


def read_completions(name: str, renamed: Mapping[str, str], rewards: Sequence[Reward]) -> Rows:
    """The rows of a jsonl, json, csv or parquet file, or the completions of a run.

    Args:
        name: the file, or a run directory. Each row has a ``completion``, text or chat, and what the rewards
            need.
        renamed: columns by their new names.
        rewards: the rewards that will score the rows.

    Raises:
        R1Error: the file cannot be read, has no rows, lacks a column, or has a completion that is neither
            text nor a chat.
    """
    path = existing_path(name)
    run_dir = run_named(name)
    if run_dir is None and (path is None or not path.is_file()):
        raise R1Error(
            f"there is no file '{name}', and no run of that name",
            where="argument FILE",
            fix=did_you_mean(name, neighbours(name), "check the path"),
        )
    places: list[Mapping[str, Any]] = []
    if run_dir is not None:
        found = read_run_completions(run_dir)
        rows, places = list(map(_row_of, found)), [one.place for one in found]
    else:
        rows = list(map(expand_columns, _read(cast(Path, path))))
    if not rows:
        raise R1Error("the file has no rows", where=name, fix="check the file")
    needed = {column for reward in rewards for column in needed_columns(reward)}
    renamed = kept_beside(renamed, {*needed, *_PLURAL})
    columns = _rename(_by_column(rows), renamed, name)
    where = f"{name}: its columns are {', '.join(columns) or 'none'}"
    for singular, plural in _PLURAL.items():
        if singular in columns:
            columns[plural] = columns.pop(singular)
    if "completions" not in columns:
        raise _missing("the file has no column 'completion'", "completion", where, path, run_dir)
    for reward in rewards:
        for column in needed_columns(reward):
            if column not in columns:
                singular = "prompt" if column == "prompts" else column
                what = f"reward '{reward.name}' needs the column '{singular}'"
                raise _missing(what, singular, where, path, run_dir)
    completions = columns.pop("completions")
    for number, completion in enumerate(completions):
        if not _is_completion(completion):
            raise R1Error(f"the completion of row {number} is neither text nor a chat", where=name)
    return Rows(completions, columns, places)


def claim_next_output(name: str) -> Path:
    """Creates the output file for the scores of a file or a run: a new one each time.

    Raises:
        R1Error: it cannot be created.
    """
    run_dir = run_named(name)
    base = str(run_dir / "completions") if run_dir else name
    for number in count(1):
        path = Path(f"{base}.scores{f'-{number}' if number > 1 else ''}.jsonl")
        if not path.exists():
            claim_output(path)
            return path
    raise AssertionError


def claim_output(path: Path) -> None:
    """Creates the output file for scores.

    Raises:
        R1Error: it exists, or cannot be created.
    """
    try:
        path.open("x").close()
    except FileExistsError:
        fix = "choose another file with --output, or delete this one first"
        raise R1Error(f"'{path}' exists already", where="flag --output", fix=fix) from None
    except OSError as error:
        raise R1Error(f"cannot write '{path}': {error.strerror}", where="flag --output") from None


def write_scores(
    path: Path,
    scores: Scores,
    places: Sequence[Mapping[str, Any]] = (),
    notes: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Writes a line of JSON for each row: its number, the value of each reward, the fault, r1's verdicts.

    Those of a run also say where it is there; ``notes`` has what rewards logged, by column.
    """
    with path.open("w", encoding="utf-8") as file:
        for index, fault in enumerate(scores.faults):
            values = {name: column[index] for name, column in scores.values.items()}
            line = {"index": index, "scores": values, "fault": fault, "verdicts": VERSION}
            if places:
                line["place"] = dict(places[index])
            if notes:
                line["notes"] = {name: column[index] for name, column in notes.items()}
            file.write(json.dumps(line, default=str) + "\n")


def _row_of(one: RunCompletion) -> dict[str, Any]:
    completion = one.completion
    if isinstance(completion, str):
        (completion,) = as_handed_over([one.prompt], [completion])
    return {**one.columns, "prompt": one.prompt, "completion": completion}


def _read(path: Path) -> list[dict[str, Any]]:
    kind = suffix_of(path)
    if kind == ".parquet":
        return read_parquet(path)
    if kind not in LOADERS:
        fix = f"use one of these formats: {', '.join(name[1:] for name in LOADERS)}"
        raise R1Error(f"cannot read {path.suffix or 'this'} files", where=str(path), fix=fix)
    return [row for _, row in read_rows(path) or ()]


def _by_column(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _rename(columns: dict[str, list[Any]], renamed: Mapping[str, str], where: str) -> dict[str, list[Any]]:
    for old in renamed.values():
        if old not in columns:
            fix = did_you_mean_column(old, columns)
            raise R1Error(f"the file has no column '{old}'", where=where, fix=fix)
    others = {name: values for name, values in columns.items() if name not in renamed.values()}
    return {**others, **{new: columns[old] for new, old in renamed.items()}}


def _missing(what: str, column: str, where: str, path: Path | None, run_dir: Path | None) -> R1Error:
    if run_dir:
        fix = (
            "the run recorded only what its own rewards read, or an earlier r1 did, which recorded no columns"
        )
        return R1Error(what, where=where, fix=f"use another reward: {fix}")
    if path and (around := run_around(path)):
        fix = f"name the run in place of its file: {shlex.quote(short_name(around))}"
        return R1Error(what, where=where, fix=fix)
    return R1Error(what, where=where, fix=f"rename an existing column with --columns.{column} COLUMN")


def _is_completion(value: Any) -> bool:
    if isinstance(value, str):
        return True
    chat = isinstance(value, list) and bool(value)
    return chat and all(isinstance(turn, dict) and isinstance(turn.get("content"), str) for turn in value)
