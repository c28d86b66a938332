"""Removing runs: only what r1 has written, never through a link, and never a run that is still active."""

import os
import shutil
import stat
from contextlib import ExitStack
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.runs.cancel import is_active
from r1cli.runs.job import SHARES
from r1cli.runs.locate import find_runs, holds_run
from r1cli.runs.run_dir import claim, read_run, read_status
from r1cli.runs.state import look_at, shares_of

_RECORD = "run.yaml"
# What is read or opened of a run, and of each of its shares.
_OPENED = (_RECORD, "launch", "launch/lock")


def check_removable(run_dir: Path) -> Path:
    """Whether a run may be removed.

    Returns:
        Its path, which leads through no link: the one to remove.

    Raises:
        R1Error: it is not r1's own, lies behind a link, contains other runs, is active, or may be.
    """
    # A path with ".." behind a link means another folder to the system than to a reader.
    path = Path(os.path.normpath(run_dir.absolute()))
    if path != run_dir.resolve():
        fix = f"name the folder: {run_dir.resolve()}"
        raise _refusal(path, "the path leads through a symbolic link", fix)
    _refuse_links(path)
    read_run(path)
    whole = path.parent.parent
    if path.parent.name == SHARES and holds_run(whole):
        raise _refusal(path, "it is a share of another run", f"remove the whole run: {whole}")
    others = [other for other in find_runs(path) if other != path]
    if others:
        raise _refusal(path, f"the folder contains another run: {others[0]}", "remove that one first")
    _refuse_active(path)
    return path


def remove(run_dir: Path) -> int:
    """Removes a run with all that it has written.

    Returns:
        The bytes that this frees.

    Raises:
        R1Error: it may not be removed, or the system refuses.
    """
    run_dir = check_removable(run_dir)
    doomed = run_dir.with_name(f"{run_dir.name}.removed-{os.getpid()}")
    try:
        with ExitStack() as held:
            for one in (run_dir, *shares_of(run_dir)):
                held.enter_context(claim(one))
            # It may have been started, and have ended, since it was looked at.
            _refuse_active(run_dir, is_claimed=True)
            freed = size_of(run_dir)
            before = run_dir.lstat()
            # Whoever starts a run here from now on finds no folder, and never half of one.
            run_dir.rename(doomed)
        if not os.path.samestat(before, doomed.lstat()):
            raise _refusal(doomed, "another folder was put in the place of the run", "look at it first")
        _delete(doomed)
    except OSError as error:
        place = str(error.filename or run_dir)
        what = f"the run cannot be removed: {error.strerror or error}"
        raise R1Error(what, where=place, fix="see who may write there", exit_code=1) from error
    return freed


def size_of(run_dir: Path) -> int:
    """The bytes of all files of a run; those that links lead to are not its own."""
    files = (Path(folder, name) for folder, _, names in os.walk(run_dir) for name in names)
    return sum(found.st_size for file in files if stat.S_ISREG((found := file.lstat()).st_mode))


def _refuse_links(run_dir: Path) -> None:
    """The locks are opened before anything is removed: none may be that of something else."""
    shares = run_dir / SHARES
    for one in (run_dir, *shares.glob("*")):
        links = [part for part in (one, *(one / name for name in _OPENED)) if part.is_symlink()]
        links += [shares] if shares.is_symlink() else []
        if links:
            name = links[0].relative_to(run_dir)
            raise _refusal(run_dir, f"{name} is a symbolic link, which r1 does not write", "look at it first")
        if not one.is_dir():
            name = one.relative_to(run_dir)
            raise _refusal(run_dir, f"{name} is not a folder, as r1 writes it", "look at it first")


def _refuse_active(run_dir: Path, is_claimed: bool = False) -> None:
    status = read_status(run_dir)
    # Slurm need not be asked; and of a run without a record, the claim says that nobody runs it.
    if status.get("state") == "finished" or (is_claimed and not status):
        return
    try:
        run = look_at(run_dir)
    except R1Error as error:
        raise _refusal(run_dir, f"its Slurm job may still run\n{error.what}", error.fix) from error
    if not run.confirmed:
        fix = "call this on the cluster that has its job; delete the folder yourself if none has"
        raise _refusal(run_dir, f"its Slurm job may still wait: {run.reason}", fix)
    # Whether a lost one runs nevertheless, `claim` finds out.
    if run.state != "lost" and is_active(run):
        fix = "cancel it with `r1 runs cancel`, or wait"
        if run.is_by_hand:
            fix = "end it where it was started, or wait"
        raise _refusal(run_dir, f"the run is {run.headline()}", fix)


def _delete(folder: Path) -> None:
    """Deletes a run directory, its record last: when that is interrupted, it is still a run to remove."""
    for entry in list(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != _RECORD:
            entry.unlink()
    (folder / _RECORD).unlink()
    folder.rmdir()


def _refusal(run_dir: Path, why: str, fix: str) -> R1Error:
    return R1Error(f"this is not removed: {why}", where=str(run_dir), fix=fix)
