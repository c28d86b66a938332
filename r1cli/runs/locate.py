"""Run directories: found below a folder, by name, or by the number of a Slurm job."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path
from r1cli.runs.run_dir import read_status
from r1cli.runs.slurm_queue import SlurmJob, find_job
from r1cli.runs.start_time import started

#: The script of a run that was submitted.
SCRIPT = Path("launch", "job.sh")
#: Where runs lie unless the user says otherwise.
RUNS = Path("runs")

# Folders of a run directory that contain no run, or only shares of the same run.
_PARTS = re.compile(r"shares|launch|logs|completions|checkpoint-\d+")


def find_runs(folder: Path) -> list[Path]:
    """The run directories below a folder, the newest first; the folder itself where it is one.

    Links to folders are not followed: a run is found where it lies.
    """
    found = []
    for name, folders, files in os.walk(folder):
        if "run.yaml" in files:
            found.append(Path(name))
            folders[:] = [one for one in folders if not _PARTS.fullmatch(one)]
    return sorted(found, key=started, reverse=True)


def find_run(name: str | None) -> Path:
    """The run directory that a user means.

    Args:
        name: a path, a name below ./runs, or the number of a job; None for the newest run below ./runs.

    Raises:
        R1Error: there is no such run.
    """
    if name is None:
        return _newest()
    found = _in_places(name)
    if found:
        return found
    if re.fullmatch(r"\d+(_\d+)?", name):
        return _run_of_job(name)
    known = [*map(short_name, find_runs(RUNS)), *(path.parent.name for path in Path().glob("*/run.yaml"))]
    otherwise = (
        "`r1 runs list [FOLDER]` shows the runs: name one by its path, or by the number of its Slurm job"
    )
    below = next((path for path in _places(name) if path.is_dir() and find_runs(path)), None)
    is_file = Path(name).expanduser().is_file()
    plain = name.removeprefix(f"{RUNS}/")
    # As `grpo` of quick/grpo, the newest first.
    within = next((one for one in known if one.endswith(f"/{plain}")), "")
    other = "a folder of runs, and not a run" if below else "a file, and not a run" if is_file else ""
    raise R1Error(
        f"'{name}' is {other}" if other else f"there is no run '{name}'",
        where=str(below.absolute()) if below else f"{Path(name).absolute()}, {RUNS.absolute()}",
        fix=f"did you mean {within}?" if within else did_you_mean(plain, known, otherwise),
    )


def find_named(names: Sequence[str]) -> list[Path]:
    """The runs that are named, in their order.

    Raises:
        R1Error: some of them do not exist: all of those are in it.
    """
    found, errors = [], []
    for name in names:
        try:
            found.append(find_run(name))
        except R1Error as error:
            errors.append(error)
    if errors:
        raise R1Error.together(errors)
    return found


def run_of_script(job: SlurmJob) -> Path | None:
    """The run directory of a job, by the path of its script; None for a job of something else."""
    script = Path(job.script)
    try:
        run_dir = script.parent.parent.resolve()
        return run_dir if run_dir / SCRIPT == script.resolve() and holds_run(run_dir) else None
    except (OSError, ValueError):  # another user's folder, or no path at all
        return None


def holds_run(path: Path) -> bool:
    return (path / "run.yaml").is_file()


def short_name(run_dir: Path) -> str:
    """What a user types for a run: its name below ./runs, its path below this folder, or all of its path."""
    path = run_dir.absolute()
    for base in (RUNS.absolute(), Path.cwd()):
        if path.is_relative_to(base) and path != base:
            name = str(path.relative_to(base))
            # Another run of this name may come first.
            if _in_places(name) in (None, path):
                return name
    return str(path)


def command_of(run_dir: Path) -> str:
    """The command that a run is of, without reading all of its config; empty where it does not say."""
    with suppress(OSError), (run_dir / "run.yaml").open(encoding="utf-8", errors="replace") as file:
        # It is the first thing that r1 writes.
        found = re.match(r"command: (\S.*)$", file.readline())
        return found[1] if found else ""
    return ""


def _places(name: str) -> tuple[Path, Path]:
    return Path(name).expanduser(), RUNS / name


def run_named(name: str) -> Path | None:
    """The run directory of a path, or of a name below ./runs; None for anything else."""
    return next((path for path in (existing_path(name), RUNS / name) if path and holds_run(path)), None)


def folder_named(name: str) -> Path:
    """The run, or folder of runs, of a path or a name below ./runs; the path itself where it is neither."""
    return run_named(name) or next((path for path in _places(name) if path.is_dir()), Path(name))


def _in_places(name: str) -> Path | None:
    """The run of a name, where it is that of a folder."""
    found = run_named(name)
    return found.absolute() if found else None


def _newest() -> Path:
    found = find_runs(RUNS)
    if not found:
        raise R1Error(
            "no run was found",
            where=str(RUNS.absolute()),
            fix="name a run by its path or the number of its Slurm job",
        )
    return found[0].absolute()


def _run_of_job(number: str) -> Path:
    for run_dir in find_runs(RUNS):
        if read_status(run_dir).get("job_id") == number:
            return run_dir.absolute()
    try:
        job = find_job(number)
    except R1Error as error:
        raise R1Error(
            f"no run here is of Slurm job {number}, and Slurm does not answer: {error.what}",
            where=str(RUNS.absolute()),
            fix="name the run by its path, or ask again on a login node of the cluster",
        ) from None
    run_dir_of_job = run_of_script(job) if job else None
    if run_dir_of_job is None:
        what = "is not a run of r1" if job else "is not known"
        raise R1Error(
            f"Slurm job {number} {what}",
            where="Slurm",
            fix="`r1 slurm list` shows the runs; name an old one by its run directory",
        )
    return run_dir_of_job
