"""Files that were changed after a run has read them, and what becomes of the run if it is finished."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from r1cli.cli.output import say
from r1cli.config.config import MEASUREMENTS, MODEL, Config
from r1cli.config.groups.data import Data
from r1cli.data.mixture import MIXTURE, read_mixture
from r1cli.data.source import find_source, training_files
from r1cli.decontaminate.against import AGAINST, Column, find_against
from r1cli.errors import R1Error
from r1cli.files import existing_path
from r1cli.pass_rate.measurement import INFO
from r1cli.prepare.request import Prepared
from r1cli.runs.run_dir import correct_status, inspect
from r1cli.runs.start_time import started


def reopen(prepared: Prepared) -> None:
    """Resumes a finished run where a file that it read has changed since; a training is only warned of.

    What is stored of the run stays good: its keys hold the texts, and the digest of the model.

    Raises:
        R1Error: the run directory is not free.
    """
    job = prepared.job
    if inspect(job) != "finished":
        return
    run_dir = Path(job.run_dir)
    since = started(run_dir)
    changed = next((file for file in _inputs(prepared.config) if file.stat().st_mtime > since), None)
    if changed is None:
        return
    if prepared.row.trains:
        say(f"warning: {changed} has changed since this run: name another --output-dir to train with it")
    else:
        say(f"{changed} has changed since this run: the run is resumed")
        correct_status(run_dir, "interrupted", f"{changed} has changed")


def _inputs(config: Config) -> Iterator[Path]:
    """The files of this machine that a run reads: those of its datasets, measurements and model."""
    for name in _datasets(config):
        with suppress(R1Error):  # the run has said so
            yield from training_files(find_source(name, ""))
    for name in config.values.get(MEASUREMENTS) or ():
        yield from Path(name).rglob(INFO)
    model = existing_path(str(config.values.get(MODEL) or ""))
    if model is not None:
        yield from model.glob("*.safetensors")


def _datasets(config: Config) -> Iterator[str]:
    data = config.find(Data)
    if data and data.dataset_name:
        yield data.dataset_name
    with suppress(R1Error):
        if data and data.dataset_mixture:
            yield from (part.id for part in read_mixture(data.dataset_mixture, MIXTURE).parts)
        against = find_against(config.values.get(AGAINST) or ())
        yield from (one.dataset for one in against if isinstance(one, Column))
