"""What a run takes from the Hub, and must find on its disks when it is offline."""

import shlex
from collections.abc import Iterator

from r1cli.checks.subject import BENCHMARKS, Subject
from r1cli.config.config import DATASET, MIXTURE, MODEL, Config
from r1cli.config.groups.data import Data
from r1cli.config.groups.launch import Launch
from r1cli.config.groups.sampling import Backend
from r1cli.config.groups.slurm import Slurm
from r1cli.data import hub
from r1cli.data.hub import HubItem
from r1cli.data.mixture import read_mixture
from r1cli.data.source import find_source, is_local_path
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import benchmark_items, find_benchmarks
from r1cli.evaluate.schema import Evaluate
from r1cli.files import existing_path

_OFFLINE = "launch.offline"


def check_offline(subject: Subject) -> Iterator[R1Error]:
    """Names each model and dataset that would have to come from the Hub, and is not here yet."""
    config = subject.config
    launch, slurm = config.find(Launch), config.find(Slurm)
    if launch is None or not launch.offline:
        return
    home = slurm.cache_dir if slurm else None
    for item, path in hub_items(config):
        if not hub.is_here(item, home):
            to = f" --to {shlex.quote(str(home))}" if home else ""
            yield R1Error(
                f"the {item.kind} '{item.name}' is not on this machine, and the run is offline",
                where=f"{subject.where(path)}; offline by {subject.where(_OFFLINE)}",
                fix=f"on a machine with internet: r1 prefetch {item.title}{to}; if this machine has it, set "
                "--launch.offline false",
            )


def hub_items(config: Config) -> Iterator[tuple[HubItem, str]]:
    """The models and datasets that a config takes from the Hub, and the leaves that name them.

    What cannot be read is left out: other checks say so.
    """
    model = config.get(MODEL) if config.has(MODEL) else None
    sampling = config.find(Backend)
    if (
        model
        and not (sampling and sampling.endpoint)
        and existing_path(model) is None
        and not is_local_path(model)
    ):
        yield HubItem(hub.MODEL, model, revision=config.get("model.model_revision")), MODEL
    try:
        for name, of_it, path in _datasets(config):
            if find_source(name, path).kind == "hub":
                yield HubItem(hub.DATASET, name, of_it), path
        evaluate = config.find(Evaluate)
        for benchmark in find_benchmarks(evaluate.benchmarks) if evaluate else ():
            for item in benchmark_items(benchmark, evaluate.data_dir if evaluate else None):
                yield item, BENCHMARKS
    except R1Error:
        return


def _datasets(config: Config) -> Iterator[tuple[str, str | None, str]]:
    """The name of each dataset, its config, and the leaf that names it."""
    data = config.find(Data)
    if data and data.dataset_mixture:
        for part in read_mixture(data.dataset_mixture, MIXTURE).parts:
            yield part.id, part.config, MIXTURE
    elif data and data.dataset_name:
        yield data.dataset_name, data.dataset_config, DATASET
