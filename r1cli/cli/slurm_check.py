"""``r1 slurm check``: a short job that tries the cluster out."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_command, takes_keys
from r1cli.cli.output import emit, print_table, say
from r1cli.commands import COMMANDS

if TYPE_CHECKING:
    from r1cli.prepare.request import Prepared
    from r1cli.runs.slurm_queue import SlurmJob

_HEADINGS = (
    "rank", "node", "host", "address", "port", "python", "r1", "torch", "GPUs", "MB/s", "gloo s", "nccl s",
    "sandbox",
)  # fmt: skip
#: What the self-test is, to the registry.
_ROW = COMMANDS["check"]
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@takes_keys(of_command(_ROW.name), _ROW.options, _ROW)
def check(
    keys: Keys,
    config: options.ConfigFile = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Test the cluster with a short job: r1 slurm check --nodes 4 --partition gpu.

    It takes every key of the group slurm as an option. On each node it checks the environment, the GPUs,
    writing to the run directory, and the communication between all ranks; with --code also the sandbox for
    programs. Exits 1 if it finds a problem; Ctrl-C cancels the job.
    """
    from r1cli.prepare.request import prepare
    from r1cli.prepare.target import SLURM

    try_out(
        prepare(_ROW.name, options.request(keys, None, None, config), SLURM), dry_run=dry_run, as_json=as_json
    )


def try_out(prepared: "Prepared", *, dry_run: bool, as_json: bool) -> None:
    """Submits a self-test, waits for its end, and says what does not fit; exits 1 then."""
    from r1cli.cli.slurm_submit import show_script
    from r1cli.cluster.check_report import problems, read_ranks
    from r1cli.launch.slurm.submit import submit

    job, place = prepared.job, prepared.place
    if dry_run:
        show_script(prepared, as_json=as_json)
        return
    number = submit(job)
    say(f"run directory: {job.run_dir}")
    ended = None
    if number:
        with _cancelled_on_the_way(number):
            ended = _wait(number)
    else:
        say("this check has finished already")
    ranks = read_ranks(Path(job.run_dir), place.nodes)
    wrong = list(problems(ranks, place.nodes, len(place.gpus)))
    if number and (ended is None or ended.state != "COMPLETED"):
        wrong.append(_how_it_ended(Path(job.run_dir)))
    if as_json:
        emit(json.dumps({"ranks": list(ranks.values()), "problems": wrong}, indent=2))
    else:
        print_table(_HEADINGS, map(_row, ranks.values()))
    for problem in wrong:
        say(f"problem: {problem}")
    if wrong:
        raise typer.Exit(1)
    say(f"{place.nodes} nodes, {place.nodes} ranks: no problems found")


def _wait(number: str) -> "SlurmJob | None":
    """Waits for a job to end, and says what becomes of it meanwhile."""
    from r1cli.cli.runs import watched

    last = None
    for job in watched(number):
        last = job
    return last


@contextmanager
def _cancelled_on_the_way(number: str) -> Iterator[None]:
    """Cancels a job when this process is stopped while it waits for it."""
    from r1cli.runs.slurm_queue import cancel_job

    def stop(signum: int, frame: FrameType | None) -> None:
        cancel_job(number)
        say(f"job {number} is cancelled")
        raise SystemExit(128 + signum)

    old = {one: signal.signal(one, stop) for one in _SIGNALS}
    try:
        yield
    finally:
        for one, handler in old.items():
            signal.signal(one, handler)


def _how_it_ended(run_dir: Path) -> str:
    from r1cli.runs.failure import error_of
    from r1cli.runs.state import look_at

    run = look_at(run_dir)
    return f"the job {run.headline()}\n{error_of(run) or ''}".rstrip()


def _row(found: Any) -> tuple[str, ...]:
    seconds = [f"{found[name]['seconds']:.2f}" if name in found else "" for name in ("gloo", "nccl")]
    speed = f"{found['megabytes_per_second']:.0f}" if "megabytes_per_second" in found else ""
    gpus = f"{found.get('gpus', '')} {found.get('gpu', '')}".strip()
    names = ("rank", "node", "host", "address", "port", "python", "r1", "torch")
    sandbox = found.get("sandbox", {})
    isolation = "none" if "error" in sandbox else sandbox.get("isolation", "")
    return (*(str(found[name]) for name in names), gpus, speed, *seconds, isolation)
