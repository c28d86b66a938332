"""How far a run that samples has come: lines of metrics.jsonl, and its end before a time limit."""

import json
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.files import write_text
from r1cli.runs.run_dir import STOP, STOPPED
from r1cli.sampling.backend import Engine, InProcess

#: Seconds without a completion after which this is said.
SILENCE = 60.0


class SamplingProgress:
    """Writes the number of completions about once a second.

    Args:
        run_dir: of the run.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.title, self.total, self.done, self.written = "", 0, 0, 0.0
        self.parts: Sequence[int] = ()
        self.part = 0
        self.shown, self.figures = 0, dict[str, float]()
        # A thread writes too: see `keep_current`.
        self._lock = threading.RLock()

    def is_silent(self) -> bool:
        """Whether there is work to do, of which nothing was done for a while."""
        return self.done < self.total and time.monotonic() - self.written > SILENCE

    def warn(self, text: str) -> None:
        """Shows a warning to whoever watches the run."""
        self._write(warning=text)

    def expect(self, parts: Sequence[int]) -> None:
        """How much there is to do in each part of the work, where there are several."""
        self.parts = parts

    def begin(self, title: str, total: int, done: int) -> None:
        """The next part of the work begins, of which some is stored already."""
        with self._lock:
            self.title, self.total, self.done, self.figures = title, total, done, {}
            self.part += 1
            self._write()

    def one_more(self, **figures: float) -> None:
        """A completion has arrived; ``figures`` are shown beside the number."""
        with self._lock:
            self.done, self.figures = self.done + 1, figures
            if self._is_time() or self.done == self.total:
                self._write()

    def catch_up(self) -> None:
        """Shows what came within a second of the last line, as all of a batch but its first does."""
        with self._lock:
            if self.shown != self.done and self._is_time():
                self._write()

    def token(self, number: int, most: int) -> None:
        """A batch has come to this token: nothing of it is done before its last one."""
        if self._is_time():
            self._write(token=[number, most])

    def advance(self, by: int, **figures: float) -> None:
        """That much more is done, maybe nothing; ``figures`` are shown beside the number."""
        with self._lock:
            self.done, self.figures = self.done + by, figures
            self._write()

    def scores(self) -> None:
        """The completions of the part have come, and are scored now."""
        self._write(title=f"scoring {self.title}")

    def _is_time(self) -> bool:
        return time.monotonic() - self.written > 1

    def _write(self, **more: Any) -> None:
        with self._lock, (self.run_dir / "metrics.jsonl").open("a", encoding="utf-8") as file:
            self.written, self.shown = time.monotonic(), self.done
            step, steps = self.done, self.total
            places: dict[str, int] = {}
            if len(self.parts) > 1 and self.part:
                step, steps = step + sum(self.parts[: self.part - 1]), sum(self.parts)
                places = {"part": self.part, "parts": len(self.parts)}
            line = {"step": step, "max_steps": steps, "time": time.time(), "title": self.title, **places}
            file.write(json.dumps({**line, **self.figures, **more}) + "\n")


def warn_of_silence(progress: SamplingProgress) -> None:
    """Says once, from a thread, that nothing comes: a server may accept requests and never answer."""

    def watch() -> None:
        while not progress.is_silent():
            time.sleep(1)
        progress.warn(
            f"no completion in the last {SILENCE:.0f} s: the server may be gone, overloaded, or hang; "
            "--timeout SECONDS limits each request"
        )

    threading.Thread(target=watch, daemon=True).start()


def watch_run(progress: SamplingProgress, engine: Engine) -> None:
    """Stops a run that samples when asked, keeps its progress current, and warns if its server is silent.

    Args:
        progress: of the run.
        engine: what samples; in this process, a batch may take its time, and its tokens are shown.
    """
    stop_when_asked(progress)
    keep_current(progress)
    if isinstance(engine, InProcess):
        engine.on_token = progress.token
    else:
        engine.on_lost = lambda what: progress.warn(f"{what}; trying again")
        warn_of_silence(progress)


def stop_when_asked(progress: SamplingProgress) -> None:
    """Ends this process shortly before its time limit, from a thread: all completions so far are stored."""

    def wait() -> None:
        while not (progress.run_dir / STOP).exists():
            time.sleep(0.5)
        stored = f"{progress.done} completions of {progress.title}" if progress.title else ""
        write_text(progress.run_dir / STOPPED, json.dumps({"checkpoint": stored}))
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def keep_current(progress: SamplingProgress) -> None:
    """Shows from a thread what `SamplingProgress.one_more` has left out."""

    def watch() -> None:
        while True:
            time.sleep(0.5)
            with suppress(OSError):  # the next line of the run itself says what is wrong
                progress.catch_up()

    threading.Thread(target=watch, daemon=True).start()
