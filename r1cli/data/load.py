"""Loading a dataset in a worker, and giving its rows the shape that TRL trains on."""

import glob
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, Value, load_dataset, load_from_disk
from datasets.exceptions import DatasetGenerationError

from r1cli.data.source import LOADERS, REASONING_GYM, Source, find_source
from r1cli.errors import R1Error, did_you_mean


def load_rows(data: Mapping[str, Any], split: str) -> Dataset:
    """The rows of one split, with the columns renamed as ``data.columns`` says.

    Args:
        data: the config's ``data`` group.
        split: name of the split; a dataset without splits is all "train".

    Raises:
        R1Error: there is no such split, or no such column.
    """
    source = find_source(data["dataset_name"], "data.dataset_name")
    rows = _load(source, data, split)
    if len(rows) == 0:
        raise R1Error("the dataset has no rows", where=data["dataset_name"])
    return _as_text(_rename(rows, data.get("columns") or {}, data["dataset_name"]))


def _load(source: Source, data: Mapping[str, Any], split: str) -> Dataset:
    loaded = _LOADS[source.kind](source, data)
    splits = loaded if isinstance(loaded, DatasetDict) else {"train": loaded}
    if split not in splits:
        mend = did_you_mean(split, splits, f"its splits are {', '.join(splits)}")
        raise R1Error(f"the dataset has no split '{split}'", where=source.name, mend=mend)
    return splits[split]


def _from_hub(source: Source, data: Mapping[str, Any]) -> DatasetDict:
    try:
        return load_dataset(source.name, data.get("dataset_config"))
    except (OSError, ValueError) as error:
        raise R1Error(
            f"cannot load the dataset '{source.name}' from the Hub: {error}",
            where="data.dataset_name",
            mend="check the id, the network, and HF_TOKEN if it is gated; or name a local file",
        ) from error


def _from_file(source: Source, data: Mapping[str, Any]) -> DatasetDict:
    file = source.files[0]
    try:
        # The name is a pattern to `datasets`, and a file may well be called "rows [1].jsonl".
        return load_dataset(LOADERS[file.suffix], data_files=glob.escape(str(file)))
    except (DatasetGenerationError, ValueError) as error:
        raise R1Error(f"cannot read the dataset: {error.__cause__ or error}", where=str(file)) from error


def _from_reasoning_gym(source: Source, data: Mapping[str, Any]) -> Dataset:
    """Rows of a reasoning-gym task: prompt, solution, task, and the metadata that its verifier needs."""
    import reasoning_gym

    try:
        items = reasoning_gym.create_dataset(source.name, **source.options)
    except (TypeError, ValueError, AssertionError) as error:
        raise R1Error(
            f"reasoning-gym refuses the options of '{source.name}': {error}",
            where=REASONING_GYM + source.name,
            mend="options are written ?size=1000&seed=1, with the names of the task's own config",
        ) from error
    return Dataset.from_list(
        [
            {
                "prompt": item["question"],
                "solution": str(item["answer"]),
                "task": source.name,
                "metadata": json.dumps(item["metadata"], default=str),
            }
            for item in items
        ]
    )


_LOADS: dict[str, Callable[[Source, Mapping[str, Any]], Dataset | DatasetDict]] = {
    "hub": _from_hub,
    "file": _from_file,
    # `datasets` finds the splits of a folder by its file names.
    "folder": lambda source, data: load_dataset(str(Path(source.name).expanduser())),
    "saved": lambda source, data: load_from_disk(str(source.files[0])),
    "reasoning_gym": _from_reasoning_gym,
}


def _rename(rows: Dataset, columns: Mapping[str, str], name: str) -> Dataset:
    for new, old in columns.items():
        if old not in rows.column_names:
            mend = did_you_mean(old, rows.column_names, f"its columns are {', '.join(rows.column_names)}")
            raise R1Error(f"the dataset has no column '{old}'", where=f"data.columns.{new}", mend=mend)
        if new in rows.column_names:
            rows = rows.remove_columns(new)
        rows = rows.rename_column(old, new)
    return rows


def _as_text(rows: Dataset) -> Dataset:
    """A csv reader makes numbers of what looks like them; a model reads and writes text."""
    for name in ("prompt", "completion", "text"):
        feature = rows.features.get(name)
        if isinstance(feature, Value) and feature.dtype != "string":
            rows = rows.cast_column(name, Value("string"))
    return rows


def shape_rows(rows: Dataset, system_prompt: str | None, tokenizer: Any) -> Dataset:
    """The rows as the model takes them: chats if its tokenizer has a chat template, else as they are.

    Raises:
        R1Error: there is a system prompt, and no chat template to put it into.
    """
    if tokenizer.chat_template is not None:
        return as_chat(rows, system_prompt)
    if system_prompt:
        raise R1Error(
            "the model has no chat template, so it takes no system prompt",
            where="data.system_prompt",
            mend="leave data.system_prompt out, or use a model with a chat template",
        )
    return rows


def as_chat(rows: Dataset, system_prompt: str | None) -> Dataset:
    """Turns plain prompts and completions into chats for the model's chat template.

    A chat that opens with no system prompt of its own gets this one. Rows of plain ``text`` have no place for
    it, and come back as they are.
    """
    column = next((name for name in ("prompt", "messages") if name in rows.column_names), None)
    if column is None:
        return rows
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []

    def turn(row: dict[str, Any]) -> dict[str, Any]:
        chat = row[column]
        if isinstance(chat, str):
            chat = [{"role": "user", "content": chat}]
        opened = chat[0]["role"] == "system"
        turned = {column: chat if opened else [*system, *chat]}
        if isinstance(row.get("completion"), str):
            turned["completion"] = [{"role": "assistant", "content": row["completion"]}]
        return turned

    return rows.map(turn)
