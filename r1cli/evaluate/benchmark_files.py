"""The files of a benchmark whose dataset `datasets` cannot load by itself, read in a worker."""

import glob
from pathlib import Path

from datasets import Dataset, load_dataset
from datasets.exceptions import DatasetGenerationError

from r1cli.data.lineage import Input, content_hash, public_name
from r1cli.data.local_rows import LOADERS, bad_line, suffix_of
from r1cli.errors import R1Error
from r1cli.plugins.types import Benchmark


def read_files(benchmark: Benchmark, place: str) -> Dataset:
    """The rows of a benchmark's files, in the order of the files.

    Args:
        benchmark: one with ``files``.
        place: the dataset's folder, or its id on the Hub.

    Raises:
        R1Error: a file is missing or cannot be read.
    """
    paths = [_path(benchmark, place, name) for name in benchmark.files]
    options = {"parse_agent_traces": False} if LOADERS[suffix_of(paths[0])] == "json" else {}
    try:
        return load_dataset(
            LOADERS[suffix_of(paths[0])],
            data_files=[glob.escape(str(path)) for path in paths],
            split="train",
            **options,
        )
    except (DatasetGenerationError, StopIteration, ValueError, OSError) as error:
        raise next(filter(None, map(bad_line, paths)), None) or R1Error(
            f"cannot read the dataset: {error.__cause__ or error}",
            where=f"benchmark {benchmark.name}, {place}",
        ) from error


def are_cached(benchmark: Benchmark) -> bool:
    """Whether this machine's cache of the Hub has the files of a benchmark that has some."""
    return bool(benchmark.files) and all(_cached(benchmark, name) for name in benchmark.files)


def input_of_files(benchmark: Benchmark, place: str, rows: int) -> Input:
    """What the record of a run says of the files: their contents, or their commit on the Hub."""
    paths = [_path(benchmark, place, name) for name in benchmark.files]
    snapshot = paths[0].parent
    on_hub = not Path(place).is_dir() and snapshot.parent.name == "snapshots"
    return Input(
        public_name(benchmark.dataset), f"commit:{snapshot.name}" if on_hub else content_hash(paths), rows
    )


def _path(benchmark: Benchmark, place: str, name: str) -> Path:
    """A file of the folder, or of the Hub, where it is downloaded if the cache does not have it."""
    where = f"benchmark {benchmark.name}"
    if Path(place).is_dir():
        path = Path(place, name)
        if not path.is_file():
            raise R1Error(
                f"the file '{name}' of the dataset is missing",
                where=f"{where}, {place}",
                fix=f"it needs {', '.join(benchmark.files)}",
            )
        return path
    return Path(_cached(benchmark, name) or _download(where, benchmark, name))


def _cached(benchmark: Benchmark, name: str) -> str:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(benchmark.dataset, name, repo_type="dataset")
    return found if isinstance(found, str) else ""


def _download(where: str, benchmark: Benchmark, name: str) -> str:
    from httpx2 import HTTPError
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        return hf_hub_download(benchmark.dataset, name, repo_type="dataset")
    except LocalEntryNotFoundError as error:
        file = f"the file '{name}' of '{benchmark.dataset}'"
        what = f"{file} is not on this machine, and the Hub cannot be reached"
        fix = f"on a machine with internet: r1 prefetch {benchmark.name}"
        raise R1Error(what, where=where, fix=fix) from error
    except (HfHubHTTPError, HTTPError, OfflineModeIsEnabled, OSError) as error:
        what = f"cannot download '{name}' of the dataset '{benchmark.dataset}': {error}"
        fix = f"check the network; on a machine with internet: r1 prefetch {benchmark.name}"
        raise R1Error(what, where=where, fix=fix) from error
