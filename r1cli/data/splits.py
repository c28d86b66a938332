"""The splits of one dataset, loaded in a worker."""

import glob
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import datasets
from datasets import Dataset, DatasetDict, Value, load_dataset, load_from_disk
from datasets.exceptions import DatasetGenerationError

from r1cli.data.mixture import TEST_SIZE
from r1cli.data.source import LOADERS, REASONING_GYM, Source, find_source
from r1cli.errors import R1Error, did_you_mean


def read_splits(name: str, config: str | None, where: str) -> Mapping[str, Dataset]:
    """All splits of a dataset by name; a dataset without splits has only "train".

    Args:
        name: as ``--dataset`` takes it.
        config: the config of a Hub dataset, or of a folder with the layout of one.
        where: where the name comes from, for messages.

    Raises:
        R1Error: it cannot be found or read.
    """
    source = find_source(name, where)
    if source.kind == "hub":
        loaded = _from_hub(source, config, where)
    elif source.kind == "folder":
        loaded = _from_folder(source, config)
    else:
        loaded = _LOADS[source.kind](source)
    return loaded if isinstance(loaded, DatasetDict) else {"train": loaded}


def pick_split(splits: Mapping[str, Dataset], split: str, name: str) -> Dataset:
    """One split of the dataset, which messages call ``name``.

    Raises:
        R1Error: there is no such split, or it has no rows.
    """
    if split not in splits:
        held_out = f"{TEST_SIZE}, or a mixture's test_split_size, holds rows out as a test split"
        otherwise = f"its splits are {', '.join(splits)}; {held_out}"
        raise R1Error(
            f"the dataset has no split '{split}'", where=name, fix=did_you_mean(split, splits, otherwise)
        )
    if len(splits[split]) == 0:
        raise _no_rows(name)
    return splits[split]


def _no_rows(where: str) -> R1Error:
    return R1Error("the dataset has no rows", where=where, fix="check the file, or name another dataset")


def no_column(name: str, rows: Dataset, where: str) -> R1Error:
    """The error for a missing column."""
    fix = did_you_mean(name, rows.column_names, f"its columns are {', '.join(rows.column_names)}")
    return R1Error(f"the dataset has no column '{name}'", where=where, fix=fix)


def to_text(rows: Dataset, columns: Iterable[str]) -> Dataset:
    """The rows with these columns as text, if they hold single values."""
    for name in columns:
        feature = rows.features.get(name)
        if isinstance(feature, Value) and feature.dtype != "string":
            rows = rows.cast_column(name, Value("string"))
    return rows


def _from_hub(source: Source, config: str | None, where: str) -> DatasetDict:
    try:
        return load_dataset(source.name, config)
    except (OSError, ValueError) as error:
        raise R1Error(
            f"cannot load the dataset '{source.name}' from the Hub: {error}",
            where=where,
            fix="check the id, the network, and HF_TOKEN if it is gated; or name a local file",
        ) from error


def _from_file(source: Source) -> DatasetDict:
    file = source.files[0]
    try:
        # `datasets` treats the name as a glob pattern, and a file may be called "rows [1].jsonl".
        return load_dataset(LOADERS[file.suffix], data_files=glob.escape(str(file)))
    except StopIteration:  # how `datasets` finds that there is no first row
        raise _no_rows(str(file)) from None
    except (DatasetGenerationError, ValueError) as error:
        raise R1Error(f"cannot read the dataset: {error.__cause__ or error}", where=str(file)) from error


def _from_folder(source: Source, config: str | None) -> DatasetDict:
    folder = (source.folder or Path(source.name)).absolute()
    try:
        # `datasets` derives the splits of a folder from its file names, and the configs from its README.md.
        return load_dataset(str(folder), config, cache_dir=str(_cache_of(folder)))
    except StopIteration:
        raise _no_rows(source.name) from None
    except (DatasetGenerationError, ValueError) as error:
        raise R1Error(f"cannot read the dataset: {error.__cause__ or error}", where=source.name) from error


def _cache_of(folder: Path) -> Path:
    """A cache for the folder's present contents: `datasets` confuses folders of the same name with a card."""
    # Hidden files, such as .git, are not data.
    below = (file for file in folder.rglob("*") if "/." not in f"/{file.relative_to(folder)}")
    files = sorted(file for file in below if file.is_file())
    stamps = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    digest = hashlib.sha256(json.dumps(stamps).encode()).hexdigest()[:16]
    return Path(datasets.config.HF_DATASETS_CACHE, "folders", digest)


def _from_reasoning_gym(source: Source) -> Dataset:
    """Rows of a reasoning-gym task: prompt, solution, task and the metadata that its verifier needs."""
    import reasoning_gym

    try:
        items = reasoning_gym.create_dataset(source.name, **source.options)
    except (TypeError, ValueError, AssertionError) as error:
        raise R1Error(
            f"reasoning-gym rejects the options of '{source.name}': {error}",
            where=REASONING_GYM + source.name,
            fix="write options as ?size=1000&seed=1, with the names of the task's config",
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


_LOADS: dict[str, Callable[[Source], Dataset | DatasetDict]] = {
    "file": _from_file,
    "saved": lambda source: load_from_disk(str(source.files[0])),
    "reasoning_gym": _from_reasoning_gym,
}
