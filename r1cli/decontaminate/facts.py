"""What decides a search, in a line each: for people who look at a plan."""

from r1cli.config.config import DATASET, Config
from r1cli.data.hub import DATASET as ON_HUB
from r1cli.data.hub import HubItem, is_here
from r1cli.data.source import find_source
from r1cli.decontaminate.against import Column, every_benchmark, find_against
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import benchmark_items
from r1cli.launch.place import Place
from r1cli.plugins.types import Benchmark


def facts(config: Config, place: Place) -> list[tuple[str, str]]:
    """What is searched for, which of it this machine would have to download, and what cannot be searched."""
    settings = config.section(Decontaminate)
    wanted, refused = every_benchmark() if not settings.against else (find_against(settings.against), [])
    away: list[str] = []
    for one in wanted:
        try:
            away += [] if all(map(is_here, _items(one, settings.data_dir))) else [one.name]
        except R1Error as error:
            refused = [*refused, *error.all()]
    found = [
        ("dataset", str(config.get(DATASET) or "a mixture")),
        ("method", settings.method),
        ("searched for", ", ".join(one.name for one in wanted)),
        ("to be downloaded", ", ".join(away)),
        ("not searched", "; ".join(f"{error.where}: {error.what}" for error in refused)),
    ]
    return [(name, value) for name, value in found if value]


def _items(one: Benchmark | Column, data_dir: str | None) -> list[HubItem]:
    """What of it the Hub has, and no folder of this machine."""
    if isinstance(one, Benchmark):
        return benchmark_items(one, data_dir)
    is_away = find_source(one.dataset, "").kind == "hub"
    return [HubItem(ON_HUB, one.dataset)] if is_away else []
