"""What a worker loads before its first step, for whoever watches the run: libraries' own bars included."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.runs.activity import write_activity

#: Seconds between two writes of a bar's progress.
_PAUSE = 0.25
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class _Watched:
    """The run directory of the first rank; the others say nothing."""

    run_dir: Path | None = None


def follow_loading(run_dir: Path) -> None:
    """From now on, what this process loads is written into the run directory."""
    _Watched.run_dir = run_dir
    say_loading("libraries")
    with suppress(ImportError):  # nothing that has bars is installed
        _follow_bars(_written_now_and_then())


def say_loading(what: str) -> None:
    """Says what is loaded now; without effect in a process that nobody watches."""
    if _Watched.run_dir is not None:
        with suppress(OSError):  # a full disk is reported by what has to be written
            write_activity(_Watched.run_dir, {"doing": what})


def bar_words(bar: Mapping[str, Any]) -> str:
    """A bar in words, from what tqdm formats it from: ``tokenizing 300 of 1,200 rows: train dataset``.

    How far it is comes first, since a narrow terminal shows no more.
    """
    title = str(bar.get("prefix") or "").strip().removesuffix(":")
    done, total, unit = bar.get("n") or 0, bar.get("total"), bar.get("unit")
    if unit == "B":
        count = _bytes(done) + (f" of {_bytes(total)}" if total else "")
        verb, what = "downloading", title
    else:
        count = f"{done:,}" + (f" of {total:,}" if total else "")
        count += " rows" if str(unit).strip() == "examples" else ""
        verb, _, what = title.partition(" ")
    words = " ".join(filter(None, (verb[:1].lower() + verb[1:], count)))
    return f"{words}: {what}" if what else words


def _bytes(count: float) -> str:
    size, unit = next(((size, unit) for size, unit in _BYTES if count >= size), (1, "B"))
    return f"{count / size:.1f} {unit}" if size > 1 else f"{count:.0f} B"


def _written_now_and_then() -> Callable[[Mapping[str, Any]], None]:
    written = 0.0

    def show(bar: Mapping[str, Any]) -> None:
        nonlocal written
        if time.monotonic() - written >= _PAUSE:
            written = time.monotonic()
            say_loading(bar_words(bar))

    return show


class _Nowhere:
    """Takes what a bar draws."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def _follow_bars(show: Callable[[Mapping[str, Any]], None]) -> None:
    """Has each bar of tqdm shown, on which all of Hugging Face's are built."""
    from tqdm import std  # type: ignore[import-untyped]

    begin, display = std.tqdm.__init__, std.tqdm.display

    def begun(bar: Any, *words: Any, **more: Any) -> None:
        if more.get("disable", False) is None:
            # That of a download, which stays away from logs: it is followed all the same.
            more |= {"disable": False, "file": _Nowhere()}
        begin(bar, *words, **more)

    def shown(bar: Any, *words: Any, **more: Any) -> Any:
        show(bar.format_dict)
        return display(bar, *words, **more)

    std.tqdm.__init__, std.tqdm.display = begun, shown
