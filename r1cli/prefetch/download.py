"""Downloads models and datasets from the Hub, with a worker that imports the Hub's libraries."""

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from types import FrameType
from typing import Any

from r1cli.children import Child
from r1cli.data.hub import HubItem, endpoint, hub_silence, is_here, offline_variable
from r1cli.environment import hub_cache
from r1cli.errors import R1Error
from r1cli.prefetch.manifest import enter, manifest_path, read_manifest

#: Called with an item and an event of it: see `prefetch.worker`.
Watcher = Callable[[HubItem, dict[str, Any]], None]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 5.0


@dataclass
class Outcome:
    """What the Hub has of each item, by title; the complete items; and the errors."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    downloaded: list[dict[str, Any]] = field(default_factory=list)
    errors: list[R1Error] = field(default_factory=list)


def check_hub(items: Sequence[HubItem], home: str | None) -> str:
    """Why the Hub cannot be reached; empty when it can. That is an error only if something is missing here.

    Raises:
        R1Error: something is missing, and the Hub must not be called or does not answer.
    """
    forbids = offline_variable()
    silent = f"{forbids} is set" if forbids else hub_silence()
    missing = [item.title for item in items if not is_here(item, home)]
    if not silent or not missing:
        return silent
    what = f"calling the Hub is forbidden: {silent}" if forbids else f"the Hub cannot be reached: {silent}"
    fix = f"unset {forbids}" if forbids else "use a machine with internet, or set HF_ENDPOINT to a mirror"
    raise R1Error(f"{what}\nmissing here: {', '.join(missing)}", where=endpoint(), fix=fix, exit_code=1)


def download(items: Sequence[HubItem], home: str | None, list_only: bool, watch: Watcher) -> Outcome:
    """Downloads what is missing, and adds each item to the manifest as soon as it is complete.

    Args:
        items: models and datasets on the Hub.
        home: the folder to download to, for use as HF_HOME; None for this machine's own cache.
        list_only: only ask the Hub for sizes.
        watch: called with every event.

    Raises:
        R1Error: the Hub's libraries are not installed, or the worker crashed.
        SystemExit: a signal stopped the work, with 128 + its number; complete items stay.
    """
    absent = [name for name in ("huggingface_hub", "datasets") if find_spec(name) is None]
    if absent:
        fix = "`pip install 'r1cli[train]'`, or in a checkout `pip install -e '.[train]'`"
        raise R1Error(f"{' and '.join(absent)} not installed", where=sys.prefix, fix=fix)
    read_manifest(home)  # fails now, not after the download, if it cannot be read
    outcome = Outcome()
    with closing(_events(items, home, list_only)) as events:
        for line in events:
            if line["event"] == "failed":
                outcome.errors.append(R1Error.from_fields(line["error"]))
            if line["item"] is None:
                continue
            item = items[line["item"]]
            if line["event"] == "found":
                outcome.found[item.title] = line
            elif line["event"] == "done":
                known = outcome.found[item.title]
                outcome.downloaded.append(enter(home, item, line["commit"], known["bytes"], known["files"]))
            watch(item, line)
    return outcome


def _events(items: Sequence[HubItem], home: str | None, list_only: bool) -> Generator[dict[str, Any]]:
    """The worker's events, until it ends."""
    request = {"items": [asdict(item) for item in items], "list_only": list_only}
    caches = {
        "HF_HUB_CACHE": str(hub_cache("HF_HUB_CACHE", "hub", home).absolute()),
        "HF_DATASETS_CACHE": str(hub_cache("HF_DATASETS_CACHE", "datasets", home).absolute()),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    if not list_only:
        manifest_path(home).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as output:
        worker = Child("r1cli.prefetch.worker", env={**os.environ, **caches}, output=output)
        with _ended_with_us(worker):
            with suppress(EOFError):  # what it printed says why
                worker.send(request)
            yield from worker.messages()
            code = worker.wait()
        if code:
            output.seek(0)
            words = output.read().decode(errors="replace").splitlines()[-15:]
            raise R1Error("the worker failed\n" + "\n".join(words), where="r1 prefetch", exit_code=1)


@contextmanager
def _ended_with_us(worker: Child) -> Iterator[None]:
    """Ends the worker when this process fails or gets a signal."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    old = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(_GRACE)
        for number, handler in old.items():
            signal.signal(number, handler)
