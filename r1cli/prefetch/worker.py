"""The child of `r1cli.prefetch.download`: asks the Hub for sizes, and downloads what is missing.

It gets one request, ``{"items": [...], "list_only": bool}``, and sends a message for each event. Each has an
``event``, and the number of its ``item``:

- ``found``: ``commit``, ``bytes`` and ``files`` of the item, and how many bytes are ``missing`` here
- ``begun``; regularly ``progress``, with the ``bytes`` received since; ``done``, with the ``commit``
- ``failed``, with the fields of an `R1Error` as ``error``; the item is None when it is about all of them
"""

import errno
import glob
import os
import shutil
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from r1cli.children import Channel, connect
from r1cli.data.hub import MODEL, HubItem, endpoint, needed_files
from r1cli.data.source import cached_folders
from r1cli.environment import hub_cache
from r1cli.errors import R1Error

#: Seconds to wait for each answer of the Hub, and between two messages of progress.
PATIENCE, EVERY = 10.0, 1.0
# With this error, downloading another item would fail too.
_UNREACHABLE = "the connection to the Hub was lost"


class Report:
    """Writes the events. When nobody reads them any more, the process ends."""

    def __init__(self, parent: Channel) -> None:
        self.parent = parent

    def __call__(self, event: str, item: int | None, **fields: Any) -> None:
        self.parent.send({"event": event, "item": item, **fields})


class Work:
    """One item: what the Hub has of it, and its download."""

    def __init__(self, item: HubItem) -> None:
        self.item = item
        self.commit = ""
        self.sizes: dict[str, int] = {}
        #: Missing bytes: of the files, and everything that will be written.
        self.missing = self.room = 0
        self.builder: Any = None

    def find(self) -> None:
        """Asks the Hub for commit, files and sizes."""
        from huggingface_hub import HfApi

        ask = HfApi().model_info if self.item.kind == MODEL else HfApi().dataset_info
        info = ask(self.item.name, revision=self.item.revision, files_metadata=True, timeout=PATIENCE)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        self.commit = str(info.sha)
        if self.item.kind == MODEL:
            self.sizes = {name: sizes[name] for name in needed_files(list(sizes))}
            self.missing = self.room = self._absent()
            return
        if self.item.files:
            absent = [name for name in self.item.files if name not in sizes]
            if absent:
                raise ValueError(f"it has no file '{absent[0]}'")
            self.sizes = {name: sizes[name] for name in self.item.files}
            # The rows are also written as Arrow files when they are first read.
            self.missing, self.room = self._absent(), 2 * self._absent()
            return
        from datasets import load_dataset_builder

        self.builder = load_dataset_builder(self.item.name, self.item.config)
        files = (file for split in self.builder.config.data_files.values() for file in split)
        # Written hf://datasets/OWNER/NAME@COMMIT/FILE; the size of files from elsewhere is unknown.
        names = (file.partition("@")[2].partition("/")[2] for file in files)
        self.sizes = {name: sizes[name] for name in names if name in sizes}
        if not Path(self.builder.cache_dir, "dataset_info.json").exists():
            self.missing = self._absent()
            # The rows are also written as Arrow files.
            self.room = self.missing + sum(self.sizes.values())

    def download(self) -> None:
        """Downloads what is missing, and prepares a dataset for offline use."""
        if self.builder:
            self.builder.download_and_prepare()
            return
        from huggingface_hub import snapshot_download

        patterns = [glob.escape(name) for name in self.sizes]
        path = snapshot_download(
            self.item.name,
            repo_type=self.item.kind,
            revision=self.item.revision,
            allow_patterns=patterns,
        )
        self.commit = Path(path).name

    def on_disk(self) -> int:
        """Bytes that the Hub's client has stored of the repository, partial files included."""
        return sum(file.stat().st_size for file in (self._folder() / "blobs").glob("*") if file.exists())

    def half_done(self) -> list[Path]:
        """Partially written files, which are useless unless they are completed."""
        prepared = cached_folders(self.item.name) if self.builder else []
        return [
            *(self._folder() / "blobs").glob("*.incomplete"),
            *(path for folder in prepared for path in folder.glob("*/*/*.incomplete")),
        ]

    def _absent(self) -> int:
        snapshot = self._folder() / "snapshots" / self.commit
        return sum(size for name, size in self.sizes.items() if not (snapshot / name).exists())

    def _folder(self) -> Path:
        name = self.item.name.replace("/", "--")
        return hub_cache("HF_HUB_CACHE", "hub") / f"{self.item.kind}s--{name}"


def main() -> None:
    """Handles the request of the parent."""
    # Without its parent it tidies up first.
    parent = connect(orphaned=signal.SIGTERM)
    report, request = Report(parent), parent.receive()
    works = [Work(HubItem(**{**item, "files": tuple(item["files"])})) for item in request["items"]]
    began = time.time()
    current: list[Work] = []
    signal.signal(signal.SIGTERM, lambda *_: _leave(current, began))
    found = _find_all(works, report)
    if request["list_only"] or not found or _is_full(list(found.values()), report):
        return
    threading.Thread(target=_watch, args=(report, works, current, began), daemon=True).start()
    for number, work in found.items():
        current[:] = [work]
        report("begun", number)
        try:
            work.download()
        except Exception as error:  # whatever the libraries raise is reported, and the next item is tried
            explained = explain(work.item, error)
            report("failed", number, error=explained.fields())
            if explained.what == _UNREACHABLE:
                return
        else:
            report("done", number, commit=work.commit)
        finally:
            current.clear()


def _find_all(works: list[Work], report: Report) -> dict[int, Work]:
    """The items that the Hub has, by number."""
    found: dict[int, Work] = {}
    for number, work in enumerate(works):
        try:
            work.find()
        except Exception as error:  # as above
            explained = explain(work.item, error)
            report("failed", number, error=explained.fields())
            if explained.what == _UNREACHABLE:
                return {}
            continue
        found[number] = work
        report(
            "found",
            number,
            commit=work.commit,
            bytes=sum(work.sizes.values()),
            files=len(work.sizes),
            missing=work.missing,
        )
    return found


def _is_full(works: list[Work], report: Report) -> bool:
    """Whether the disk is too small for what is missing; reports it."""
    needed = sum(work.room for work in works)
    cache = hub_cache("HF_HUB_CACHE", "hub")
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if needed <= free:
        return False
    what = f"this needs about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
    error = R1Error(what, where=str(cache), fix="download to another disk with --to FOLDER", exit_code=1)
    report("failed", None, error=error.fields())
    return True


def _watch(report: Report, works: list[Work], current: list[Work], began: float) -> None:
    """Reports progress until nobody reads it."""
    before = {id(work): work.on_disk() for work in works}
    while True:
        time.sleep(EVERY)
        for work in list(current):
            try:
                report("progress", works.index(work), bytes=work.on_disk() - before[id(work)])
            except EOFError:
                _leave(current, began)


def _leave(current: list[Work], began: float) -> NoReturn:
    """Ends the process in the middle of its work, and removes the partial files that it wrote."""
    for work in current:
        for path in work.half_done():
            if path.stat().st_mtime >= began:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    os._exit(128 + signal.SIGTERM)


def explain(item: HubItem, error: Exception) -> R1Error:
    """The error that a user sees for what a library raised."""
    from datasets.exceptions import DatasetNotFoundError
    from httpx2 import TransportError
    from huggingface_hub import errors

    words: Mapping[str, Any] = {"where": f"{item.title} at {endpoint()}", "exit_code": 1}
    page = f"{endpoint()}/{'' if item.kind == MODEL else 'datasets/'}{item.name}"
    # `datasets` drops the cause, and has its own message for it.
    said_gated = isinstance(error, DatasetNotFoundError) and "gated" in str(error)
    if isinstance(error, errors.GatedRepoError) or said_gated:
        fix = f"accept its terms at {page}, then set HF_TOKEN, or log in with `hf auth login`"
        return R1Error(f"the {item.kind} '{item.name}' is gated, and you have no access", fix=fix, **words)
    if isinstance(error, errors.RevisionNotFoundError):
        what = f"the {item.kind} '{item.name}' has no revision '{item.revision}'"
        return R1Error(what, fix=f"{page} lists its branches and tags", **words)
    if isinstance(error, errors.RepositoryNotFoundError | DatasetNotFoundError):
        what = f"the Hub has no {item.kind} '{item.name}' that you can access"
        return R1Error(what, fix="check the id; if it is private, set HF_TOKEN", **words)
    chain = (error, error.__cause__, error.__context__)
    if any(isinstance(one, TransportError | TimeoutError | ConnectionError) for one in chain):
        return R1Error(_UNREACHABLE, fix="run the same command again: it resumes the download", **words)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return R1Error("the disk is full", fix="download to another disk with --to FOLDER", **words)
    what = "\n".join(str(error).splitlines()[:2]) or type(error).__name__
    fix = f"write dataset:{item.name}:CONFIG" if "onfig" in what else ""
    return R1Error(f"the {item.kind} '{item.name}' cannot be downloaded: {what}", fix=fix, **words)


if __name__ == "__main__":
    main()
