"""The splits of one dataset, loaded in a worker."""

import glob
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow
from datasets import Dataset, DatasetDict, Features, Json, List, Value, load_dataset, load_from_disk
from datasets.exceptions import DatasetGenerationError

from r1cli.data.local_rows import (
    LOADERS,
    SMALL,
    bad_line,
    first_columns,
    is_empty,
    other_separator,
    read_rows,
    size_of,
    suffix_of,
    whole_table,
)
from r1cli.data.mixture import TEST_SIZE
from r1cli.data.source import (
    REASONING_GYM,
    Source,
    find_source,
    no_rows,
    other_columns,
    other_layout,
    training_files,
)
from r1cli.errors import R1Error, did_you_mean, did_you_mean_column


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
        raise no_rows(name)
    return splits[split]


def no_column(name: str, rows: Dataset, where: str) -> R1Error:
    """The error for a missing column."""
    fix = did_you_mean_column(name, rows.column_names)
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
    except (DatasetGenerationError, OSError, ValueError) as error:
        raise R1Error(
            f"cannot load the dataset '{source.name}' from the Hub: {error.__cause__ or error}",
            where=where,
            fix="check the id, the network, and HF_TOKEN if it is gated; or name a local file",
        ) from error


def _from_file(source: Source) -> DatasetDict | Dataset:
    file = source.files[0]
    table = whole_table(file)
    if table is not None:
        return _of_rows(table, str(file))
    loader = LOADERS[suffix_of(file)]
    separator = other_separator(first_columns(file) or (), str(file)) if loader == "csv" else None
    if separator:
        raise separator
    # `datasets` treats the name as a glob pattern, and a file may be called "rows [1].jsonl".
    return _loaded(source, loader, data_files=glob.escape(str(file)))


def _of_rows(table: Sequence[Mapping[str, Any]], where: str) -> Dataset:
    if not table:
        raise no_rows(where)
    names = dict.fromkeys(name for row in table for name in row)
    rows = [{name: row.get(name) for name in names} for row in table]
    return Dataset.from_list(rows, on_mixed_types="use_json")


def _from_folder(source: Source, config: str | None) -> DatasetDict:
    folder = (source.folder or Path(source.name)).absolute()
    if different := other_layout(source):
        raise different
    # `datasets` derives the splits of a folder from its file names, and the configs from its README.md.
    return _loaded(source, str(folder), name=config, cache_dir=str(_cache_of(folder)))


def _loaded(source: Source, path: str, **options: Any) -> DatasetDict:
    """The splits of files, with every cell as the files have it."""
    options |= _OPTIONS.get(LOADERS[suffix_of(source.files[0])], {})
    where = str(source.files[0]) if source.kind == "file" else source.name
    told = datasets.logging.get_verbosity()
    # What is wrong is raised too, and r1 says it with the line.
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        splits = load_dataset(path, **options)
        exact = _exact(next(iter(splits.values())).features)
        if exact:
            splits = load_dataset(path, features=exact, **options)
        # What reading took: rows are in mapped files now.
        pyarrow.default_memory_pool().release_unused()
        for rows in splits.values() if _may_be_no_text(source) else ():
            rows.data.table.validate(full=True)
    except StopIteration:  # how `datasets` finds that there is no first row
        raise no_rows(where) from None
    except (DatasetGenerationError, ValueError, OSError, EOFError) as error:
        if why := _why(source, where):
            raise why from error
        if training_files(source) == [*source.files] and size_of(source.files) <= SMALL:
            # `datasets` cannot read a column of several types where files differ, or one has an empty line.
            rows = [row for file in source.files for _, row in read_rows(file) or ()]
            return DatasetDict({"train": _of_rows(rows, where)})
        what = f"cannot read the dataset: {error.__cause__ or error}"
        fix = "write one row to a line, without empty lines, and one type to a column"
        raise R1Error(what, where=where, fix=fix) from error
    finally:
        datasets.logging.set_verbosity(told)
    return splits


def _why(source: Source, where: str) -> R1Error | None:
    """What is wrong with files that could not be loaded, as far as it can be seen here."""
    found = next(filter(None, map(bad_line, source.files)), None)
    return found or (no_rows(where) if all(map(is_empty, source.files)) else other_columns(source))


# Without these, a file with the columns of an agent's trace needs another package, and the text "NA" is None.
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "json": {"parse_agent_traces": False},
    "csv": {"keep_default_na": False, "na_values": [""]},
}


def _may_be_no_text(source: Source) -> bool:
    """Whether the loader reads bytes that are not UTF-8, and only fails when somebody looks at the row."""
    return LOADERS[suffix_of(source.files[0])] == "json"


def _exact(features: Features) -> Features | None:
    """The features with which a loader keeps texts that look like JSON; None where these do.

    Where messages have texts and lists as their content, `datasets` stores all contents as JSON and reads the
    text "4" as a number. It keeps a whole message as it is.
    """
    mixed = [
        name
        for name, feature in features.items()
        if isinstance(feature, List)
        and isinstance(feature.feature, dict)
        and any(isinstance(field, Json) for field in feature.feature.values())
    ]
    return Features({**features, **{name: List(Json()) for name in mixed}}) if mixed else None


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
