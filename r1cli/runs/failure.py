"""Why a run failed, in the words of its workers."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from r1cli.commands import COMMANDS
from r1cli.errors import R1Error
from r1cli.files import DISK_FULL, write_text
from r1cli.runs.run_dir import read_run
from r1cli.runs.state import Run, failed_share

# Bytes in which no log fits.
_NOTHING = 1 << 14
# Lines of a log that are shown, of exceptions before them, and of a traceback at most.
_END, _RAISED, _FRAMES = 15, 5, 1000
_TRACEBACK = "Traceback (most recent call last):"
# How vLLM's server refers to what has ended its engine.
_REFERS = "root cause above"


def write_error(run_dir: Path, error: R1Error) -> None:
    """Leaves what the user can fix for whoever launched the run; only the first message counts."""
    path = error_file(run_dir)
    if not path.exists():
        with suppress(OSError):  # a full disk: the log says so, and it is read in place of this
            write_text(path, json.dumps(error.fields()))


def error_file(run_dir: Path) -> Path:
    return run_dir / "launch" / "error.json"


def failure(run_dir: Path, logs: Iterable[Path] | None = None, how: str = "") -> R1Error:
    """The error that ended a run: the worker's own words, or the end of its log.

    Args:
        run_dir: the run.
        logs: where to look; all the logs of the run when not given.
        how: what has ended, and with which exit code or signal, if that is known.
    """
    own = error_file(run_dir)
    if own.exists():
        return R1Error.from_fields(json.loads(own.read_text(encoding="utf-8")))
    log, text = _telling_log(run_dir / "logs", logs)
    lines = text.splitlines()
    end = "\n".join(lines[-_END:])
    # A server writes many lines between the exception that ends it and its end.
    earlier = [one for one in _raised(lines) if one not in end][-_RAISED:]
    words = "\n".join([*earlier, end])
    reason = words if _REFERS in end else end
    if _disk_is_full(run_dir, reason):
        fix = "free some space, then repeat the command with this --output-dir: it resumes the run"
        return R1Error("the disk is full", where=str(run_dir), fix=fix, exit_code=1)
    what = f"the run failed: {how}" if how else "the run failed"
    fix = _out_of_memory(run_dir, log) if "out of memory" in reason.lower() else _how_to_resume(text)
    return R1Error(f"{what}\n{words}", where=str(log), fix=fix, exit_code=1)


def error_of(run: Run) -> R1Error | None:
    """The error that ended a run that has failed, on this machine or in a Slurm job."""
    if run.state != "failed":
        return None
    failed = failed_share(run.run_dir)
    if failed:
        return failure(failed)
    logs = run.run_dir / "logs"
    # Where no role has written anything, the job's own output tells why.
    written = any(log.stat().st_size for log in logs.glob("*.log"))
    return failure(run.run_dir, None if written else sorted(logs.glob("slurm-*.out"))[-1:])


def _raised(lines: Sequence[str]) -> list[str]:
    """The last line of each traceback, each once; a logger's prefix is left out."""
    found: dict[str, None] = {}
    for number, line in enumerate(lines):
        prefix, mark, _ = line.partition(_TRACEBACK)
        if mark:
            frames = range(number + 1, min(number + _FRAMES, len(lines)))
            of_it = (lines[at][len(prefix) :] for at in frames if lines[at].startswith(prefix))
            last = next((one.strip() for one in of_it if one and not one[0].isspace()), "")
            found.update({last[:500]: None} if last else {})
    return list(found)


def _disk_is_full(run_dir: Path, words: str) -> bool:
    """Whether the system has said so, or could not, because the log is on that disk."""
    said = any(os.strerror(number) in words for number in DISK_FULL)
    return said or shutil.disk_usage(run_dir).free < _NOTHING


def _out_of_memory(run_dir: Path, log: Path) -> str:
    """The role's own advice, where it is a command's: a server runs beside other roles."""
    row = COMMANDS.get(re.split(r"[-.]", log.name)[0]) or COMMANDS.get(read_run(run_dir)["command"])
    return row.out_of_memory if row else "use a machine with more memory"


def _how_to_resume(text: str) -> str:
    again = "repeated with this --output-dir, the command resumes the run"
    return f"the log has the whole traceback; {again}" if _TRACEBACK in text else again


def _telling_log(folder: Path, logs: Iterable[Path] | None) -> tuple[Path, str]:
    """The log that tells most: the first with a traceback, a rank's before the launcher's; and its text."""
    ranks = sorted(folder.glob("*-rank*.log"), key=lambda log: log.stat().st_mtime)
    given = [*ranks, *folder.glob("*.log")] if logs is None else logs
    candidates = [log for log in given if log.exists() and log.stat().st_size]
    if not candidates:
        return folder, "nothing was logged"
    texts = {log: log.read_text(encoding="utf-8", errors="replace") for log in candidates}
    log = next((log for log, text in texts.items() if _TRACEBACK in text), candidates[0])
    return log, texts[log]
