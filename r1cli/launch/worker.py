"""What every worker process does first: its log, its place in the job, its end with the supervisor's."""

import atexit
import io
import os
import shlex
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn

from r1cli.commands import trains
from r1cli.errors import R1Error
from r1cli.launch.announce import follow_loading
from r1cli.runs.failure import write_error
from r1cli.runs.job import Job
from r1cli.runs.model import last_checkpoint
from r1cli.runs.run_dir import claim, read_run, write_status

# The claim of a worker without a supervisor, to its end.
_HELD = ExitStack()


def rank() -> int:
    """This process's number among all ranks, as torchrun and accelerate set it."""
    return int(os.environ.get("RANK", "0"))


def run_worker(role: str, work: Callable[[Path, dict[str, Any]], object]) -> None:
    """Runs a worker's ``work(run_dir, run)`` on the run directory named on its command line.

    What the user can fix is left in ``launch/error.json`` for the launcher to show. What ``work`` returns is
    held to the end: see `_leave`.
    """
    run_dir = Path(sys.argv[1])
    if not (run_dir / "job.json").exists():
        sys.exit(f"{run_dir} is not a run directory: `r1` makes it, and then starts this program")
    log = run_dir / "logs" / f"{role}-rank{rank()}.log"
    record = _hold(run_dir, log)
    _log_to(log)
    _end_with_supervisor()
    if rank() == 0:
        follow_loading(run_dir)
    # What lies beside a reward's file can be imported, after everything that is installed.
    sys.path.append(str(Path.cwd()))
    try:
        _check_world(Job.read(run_dir), role)
        held = work(run_dir, read_run(run_dir))
    except R1Error as error:
        traceback.print_exc()
        write_error(run_dir, error)
        record("failed", error.what, str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        record("interrupted", signal.SIGINT.name, _what_continues(run_dir))
        raise
    except Exception as error:
        record("failed", f"{type(error).__name__}: {error}")
        raise
    record("finished")
    _leave(held)


def _what_continues(run_dir: Path) -> str:
    """The command that resumes a run, or starts it again where it has nothing to resume from."""
    again = shlex.join(["r1", "rerun", str(run_dir), "--output-dir", str(run_dir)])
    if trains(Job.read(run_dir).command) and not last_checkpoint(run_dir):
        return f"there is no checkpoint yet, so that `{again}` begins from scratch"
    return f"`{again}` resumes it"


def _hold(run_dir: Path, log: Path) -> Callable[..., None]:
    """Holds the run directory where no supervisor does, as of a worker that was started by hand.

    Returns:
        What records how the run ended, and says so in the terminal, which sees nothing else; that of a
        supervisor's worker, or of another rank, does nothing.
    """
    if "R1_SUPERVISOR_PID" in os.environ or rank() != 0:
        return lambda *end: None
    try:
        with suppress(OSError):  # a file system that knows no locks
            _HELD.enter_context(claim(run_dir))
    except R1Error as error:
        sys.exit(str(error))
    terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    print(f"the output is in {log}", file=terminal, flush=True)

    def record(state: str, reason: str = "", words: str = "") -> None:
        write_status(run_dir, state, reason)
        print(": ".join(filter(None, [state, words or reason])), file=terminal, flush=True)

    return record


def _leave(held: object) -> NoReturn:
    """Ends a process that has done its work, without tearing its objects down.

    Destroying a trainer that trained over gloo waits forever, now and then, on a rank that has left already.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _log_to(path: Path) -> None:
    """Sends standard output and error of this process, libraries in C included, to a file."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(log, stream.fileno())
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the terminal's encoding is, text of models comes in any.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    os.close(log)


def _end_with_supervisor() -> None:
    """Ends this process when its supervisor was killed, so that none trains on unwatched."""
    supervisor = int(os.environ.get("R1_SUPERVISOR_PID", "0"))
    if not supervisor:
        return

    def watch() -> None:
        while True:
            time.sleep(1)
            try:
                os.kill(supervisor, 0)
            except ProcessLookupError:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _check_world(job: Job, role: str) -> None:
    """Compares what the launcher gave with what was planned, before anything is loaded."""
    planned = next(entry for entry in job.roles if entry.name == role)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world != planned.world_size or not 0 <= rank() < world:
        raise R1Error(
            f"this is rank {rank()} of {world}, and the job planned {planned.world_size} ranks",
            where=f"role {role}",
            fix="start it with `r1`, or with the exact command that --dry-run prints",
            exit_code=1,
        )
