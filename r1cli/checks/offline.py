"""What a run without the internet must find on its disks."""

from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.config.config import DATASET, MIXTURE, MODEL
from r1cli.config.model_files import model_folder
from r1cli.data.mixture import read_mixture
from r1cli.data.source import cached_folders, find_source
from r1cli.errors import R1Error


def check_offline(subject: Subject) -> Iterator[R1Error]:
    """Names each model and dataset that would have to come from the Hub, and is not here yet."""
    config = subject.config
    if not subject.has("slurm.offline") or not config.get("slurm.offline"):
        return
    home = config.get("slurm.cache_dir")
    prefix = f"HF_HOME={home} " if home else ""
    model = config.get(MODEL)
    if model and model_folder(model, home) is None:
        yield _missing("model", model, subject.where(MODEL), f"{prefix}hf download {model}")
    for name, where in _datasets(subject):
        try:
            source = find_source(name, where)
        except R1Error:
            continue  # said already
        if source.kind == "hub" and not cached_folders(name, home):
            load = f"from datasets import load_dataset; load_dataset('{name}')"
            yield _missing("dataset", name, where, f'{prefix}python -c "{load}"')


def _datasets(subject: Subject) -> Iterator[tuple[str, str]]:
    """The names of the datasets, and where they were set."""
    name, mixture = subject.config.get(DATASET), subject.config.get(MIXTURE)
    if name and not mixture:
        yield name, subject.where(DATASET)
    if mixture:
        try:
            for part in read_mixture(mixture, MIXTURE).parts:
                yield part.id, subject.where(MIXTURE)
        except R1Error:
            return  # said already


def _missing(kind: str, name: str, where: str, mend: str) -> R1Error:
    return R1Error(
        f"the {kind} '{name}' is not on this machine, and the run is offline",
        where=where,
        mend=f"where there is internet: {mend}",
    )
