"""What decides a search, in a line each: for people who look at a plan."""

from r1cli.config.config import DATASET, Config
from r1cli.data.source import cached_folders, find_source
from r1cli.decontaminate.against import every_benchmark, find_against
from r1cli.decontaminate.schema import Decontaminate
from r1cli.evaluate.benchmark_files import are_cached
from r1cli.evaluate.task import local_or_hub
from r1cli.launch.place import Place
from r1cli.plugins.types import Benchmark


def facts(config: Config, place: Place) -> list[tuple[str, str]]:
    """What is searched for, and which of it this machine would have to download."""
    settings = config.section(Decontaminate)
    wanted = find_against(settings.against) if settings.against else every_benchmark()[0]
    benchmarks = [one for one in wanted if isinstance(one, Benchmark)]
    away = [one.name for one in benchmarks if not _is_here(one, settings.data_dir)]
    found = [
        ("dataset", str(config.get(DATASET) or "a mixture")),
        ("method", settings.method),
        ("searched for", ", ".join(one.name for one in wanted)),
    ]
    return [*found, ("to be downloaded", ", ".join(away))] if away else found


def _is_here(benchmark: Benchmark, data_dir: str | None) -> bool:
    if not benchmark.dataset or are_cached(benchmark):
        return True
    source = find_source(local_or_hub(benchmark.dataset, data_dir), f"benchmark {benchmark.name}")
    return source.kind != "hub" or bool(cached_folders(source.name))
