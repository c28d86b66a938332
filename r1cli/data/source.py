"""What ``--dataset`` refers to, and what is known about it without loading it."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from r1cli.data.local_rows import LOADERS, first_columns, suffix_of, whole_table, with_commas
from r1cli.environment import hub_cache
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path, near_names
from r1cli.yaml12 import parse_scalar

# The loaders, in the order in which a folder's files are looked for.
_FORMATS = tuple(dict.fromkeys(LOADERS.values()))
REASONING_GYM = "reasoning_gym:"
#: The folder of a run directory that has the dataset which the run made.
DATASET = "dataset"
# Files that `datasets` takes for other splits than the one to train on, and for that one.
_OTHER_SPLITS = re.compile(r"(?<![a-z])(test|testing|eval|evaluation|dev|validation|valid|val)(?![a-z])")
_TRAIN = re.compile(r"(?<![a-z])(train|training)(?![a-z])")
# Files beside the data that `datasets` does not take for data.
_NO_DATA = ("config.json", "dataset_info.json", "dataset_infos.json")
# The body of a dataclass in a source file, and a field in it.
_DATACLASS = re.compile(r"^@dataclass.*\nclass .*:\n((?: .*\n|\n)*)", re.MULTILINE)
_FIELD = re.compile(r"^    (\w+) *:", re.MULTILINE)
REASONING_GYM_COLUMNS = ("prompt", "solution", "task", "metadata")


@dataclass(frozen=True)
class Source:
    """A dataset as the user named it.

    ``kind`` is "file", "folder" (of files), "saved" (by ``save_to_disk``), "reasoning_gym" or "hub".
    ``folder`` is where a folder of files is: for a run that made a dataset, within its directory.
    """

    kind: str
    name: str
    files: tuple[Path, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None


def find_source(name: str, where: str) -> Source:
    """Finds out what kind of dataset a name refers to.

    Raises:
        R1Error: the file or task does not exist, or its format is not supported.
    """
    if name.startswith(REASONING_GYM):
        return _reasoning_gym(name, where)
    path = existing_path(name)
    if path and path.is_dir():
        return _folder(path, name)
    if path:
        if suffix_of(path) not in LOADERS:
            fix = with_commas(name, "\t") if path.suffix == ".tsv" else _formats()
            raise R1Error(f"cannot read {path.suffix or 'this'} files", where=name, fix=fix)
        return Source("file", name, (path,))
    if "," in name:
        from r1cli.config.config import as_mixture

        raise R1Error(f"'{name}' is not one dataset", where=where, fix=as_mixture(name.split(",")))
    if suffix_of(Path(name)) in LOADERS or is_local_path(name):
        fix = did_you_mean(name, neighbours(name), "check the path")
        raise R1Error(f"there is no dataset file '{name}'", where=where, fix=fix)
    _refuse_run(name, where)
    return Source("hub", name)


def _refuse_run(name: str, where: str) -> None:
    """Refuses the name of a run below ./runs, which no Hub has.

    Raises:
        R1Error: with the path of the dataset that it made, or with what it made instead.
    """
    path = existing_path(f"runs/{name}")
    if path and path.is_dir():
        _folder(path, str(path))
        what = f"'{name}' is a folder below ./runs, and a dataset is named by its path or its Hub id"
        raise R1Error(what, where=where, fix=f"name it runs/{name}")


def is_local_path(name: str) -> bool:
    """Whether a name that does not exist must be meant as a path, not as a Hub id (``owner/name``)."""
    looks_so = name.startswith(("/", ".", "~", "runs/")) or name.endswith("/") or name.count("/") > 1
    # runs/my-sfft next to runs/my-sft is a typo, whatever the Hub has.
    return looks_so or ("/" in name and bool(did_you_mean(name, neighbours(name))))


def neighbours(name: str) -> list[str]:
    """What is next to a path that does not exist and has a similar name."""
    folder = existing_path(str(Path(name).parent))
    if folder is None or not folder.is_dir():
        return []
    return [str(Path(name).parent / near) for near in near_names(Path(name).name, folder)]


def near_paths(name: str, otherwise: str) -> str:
    """The fix for a path that does not exist: what is called alike here or below ./runs, or ``otherwise``."""
    near = [*neighbours(name), *neighbours(f"runs/{name}")]
    return did_you_mean(name, near, otherwise, cutoff=0)


def _formats() -> str:
    return f"a dataset is a Hub id, {REASONING_GYM}TASK, or a file or folder of {', '.join(LOADERS)}"


def _folder(path: Path, name: str) -> Source:
    if (path / "run.yaml").exists() and (path / DATASET).is_dir():
        path = path / DATASET
    elif (path / "run.yaml").exists():
        fix = f"`r1 runs show {shlex.quote(name)}` names the dataset that it read"
        raise R1Error("this is a run, which has made no dataset", where=name, fix=fix)
    if (path / "state.json").exists() or (path / "dataset_dict.json").exists():
        return Source("saved", name, (path,))
    return _folder_of_files(path, name)


def _folder_of_files(path: Path, name: str) -> Source:
    # Hidden files, such as those of a dataset that is being written, are not data.
    found = [file for file in sorted(path.rglob("*")) if "/." not in f"/{file.relative_to(path)}"]
    by_format = {
        loader: files
        for loader in _FORMATS
        if (files := _data_files([file for file in found if LOADERS.get(suffix_of(file)) == loader], path))
    }
    if (path / "dataset_info.json").exists() and "parquet" in by_format:
        by_format = {"parquet": by_format["parquet"]}
    if not by_format:
        raise R1Error("the folder does not contain a dataset", where=name, fix=_formats())
    if len(by_format) > 1 and not _has_layout(path):
        # `datasets` reads the most frequent one, and says nothing of the others.
        what = f"the folder has files of several formats: {', '.join(by_format)}"
        raise R1Error(what, where=name, fix="keep one format in it, or name one of the files")
    return Source("folder", name, tuple(next(iter(by_format.values()))), folder=path)


def _data_files(files: Sequence[Path], root: Path) -> list[Path]:
    """Those files of a folder that `datasets` reads: first the training split, which sets the columns."""
    below = {file: _below(file, root) for file in files if file.name not in _NO_DATA}
    # Where some are named after a split, it leaves the others out.
    of_split = [file for file, name in below.items() if _TRAIN.search(name) or _OTHER_SPLITS.search(name)]
    return sorted(of_split or below, key=lambda file: bool(_OTHER_SPLITS.search(below[file])))


def _below(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix().lower()


def _reasoning_gym(name: str, where: str) -> Source:
    task, _, query = name.removeprefix(REASONING_GYM).partition("?")
    options = {key: parse_scalar(value) for key, value in parse_qsl(query, keep_blank_values=True)}
    spec = find_spec("reasoning_gym")
    if spec and spec.origin:
        tasks = _reasoning_gym_tasks(Path(spec.origin).parent)
        if task not in tasks:
            fix = did_you_mean(
                task, tasks, f"there are {len(tasks)} tasks, among them chain_sum and countdown"
            )
            raise R1Error(f"unknown reasoning-gym task '{task}'", where=where, fix=fix)
        _check_options(task, options, tasks[task], where)
    return Source("reasoning_gym", task, options=options)


@cache
def _reasoning_gym_tasks(package: Path) -> dict[str, Path]:
    """Where each task is defined, from the package's source: importing it takes seconds."""
    pattern = re.compile(r'^DATASET_NAME = "(\w+)"', re.MULTILINE)
    return {
        name: file
        for file in package.rglob("*.py")
        for name in pattern.findall(file.read_text(encoding="utf-8"))
    }


def _check_options(task: str, options: Mapping[str, Any], file: Path, where: str) -> None:
    """Whether a task of reasoning-gym has these options: the fields of its dataclass.

    Raises:
        R1Error: names those that it does not have.
    """
    # Not by `ast`, which can fail where several threads use it at once (Python 3.11).
    classes = _DATACLASS.findall(file.read_text(encoding="utf-8"))
    known = [name for body in classes for name in _FIELD.findall(body)]
    wrong = [name for name in options if name not in known] if known else []
    if wrong:
        raise R1Error.together(
            [
                R1Error(
                    f"reasoning-gym's task '{task}' has no option '{name}'",
                    where=where,
                    fix=did_you_mean(name, known, f"its options are {', '.join(known)}"),
                )
                for name in wrong
            ]
        )


def peek_columns(source: Source, config: str | None = None) -> list[str] | None:
    """The dataset's column names, or None when they cannot be known without downloading.

    Args:
        source: the dataset.
        config: which of a Hub dataset's configs.

    Raises:
        R1Error: the file is empty, or not of the format that its name says.
    """
    if source.kind == "reasoning_gym":
        return list(REASONING_GYM_COLUMNS)
    if source.kind == "hub":
        return _cached_columns(source.name, config)
    file = source.files[0]
    if source.kind == "saved":
        try:
            columns = _saved_columns(file)
        except (AttributeError, ValueError, OSError) as error:
            raise R1Error(f"this is not a saved dataset: {error}", where=str(file)) from None
    else:
        columns = first_columns(file)
    if columns == []:
        raise no_rows(str(file))
    return columns


def no_rows(where: str) -> R1Error:
    """The error for an empty dataset."""
    return R1Error("the dataset has no rows", where=where, fix="check the file, or name another dataset")


def training_files(source: Source) -> list[Path]:
    """The files on this machine that a dataset's training split is made of; none where that is not known."""
    if source.kind == "file":
        return list(source.files)
    root = source.folder
    if source.kind != "folder" or root is None or _has_layout(root):
        return []
    return [file for file in source.files if not _OTHER_SPLITS.search(_below(file, root))]


def _has_layout(root: Path) -> bool:
    """Whether a folder's card may say which of its files are the dataset."""
    card = root / "README.md"
    return card.exists() and not (root / "lineage.json").exists()


def other_layout(source: Source) -> R1Error | None:
    """What is wrong with a folder of which a JSON file can only be read by itself; None if there is none."""
    file = next((file for file in source.files if whole_table(file) is not None), None)
    if file is None:
        return None
    what = "in a folder, a JSON file has one row a line, or a list of rows"
    fix = 'write it so, as pandas\' to_json(orient="records"), or name this file in place of the folder'
    return R1Error(what, where=str(file), fix=fix)


def other_columns(source: Source) -> R1Error | None:
    """What is wrong with a folder whose files do not have the same columns; None if they do."""
    first: list[str] | None = None
    for file in source.files if training_files(source) else ():
        columns = first_columns(file)
        first = first or columns
        if columns is None or first is None:
            continue
        if more := [column for column in columns if column not in first]:
            return R1Error(
                f"the files of the folder have different columns: {source.files[0].name} does not have "
                f"{', '.join(more)}",
                where=str(file),
                fix="give all files the same columns, or name one of the files",
            )
    return None


def _saved_columns(folder: Path) -> list[str] | None:
    """The columns of a dataset that ``save_to_disk`` wrote."""
    info = next(iter(sorted(folder.rglob("dataset_info.json"))), None)
    return list(json.loads(info.read_text(encoding="utf-8")).get("features") or {}) if info else None


def cached_folders(name: str, home: str | None = None) -> list[Path]:
    """Where `datasets` has a Hub dataset ready for use, in this machine's cache or in the one of ``home``."""
    cache = hub_cache("HF_DATASETS_CACHE", "datasets", home)
    # The cache writes MyData as my_data; without underscores and in lower case they are equal.
    plain = name.replace("/", "").replace("_", "").lower()
    return sorted(folder for folder in cache.glob("*") if folder.name.replace("_", "").lower() == plain)


def _cached_columns(name: str, config: str | None) -> list[str] | None:
    """The columns of a Hub dataset in the cache of `datasets`, or None."""
    for folder in cached_folders(name):
        for file in sorted(folder.glob("*/*/*/dataset_info.json")):
            with suppress(OSError, ValueError):
                info = json.loads(file.read_text(encoding="utf-8"))
                if info.get("features") and config in (None, info.get("config_name")):
                    return list(info["features"])
    return None
