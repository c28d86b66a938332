"""What to download: resolves the names that a user types to models and datasets on the Hub."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from r1cli.checks.offline import hub_items
from r1cli.commands import COMMANDS, visible_commands
from r1cli.config.config import Config
from r1cli.config.presets import all_presets
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import schema_of
from r1cli.data.hub import HubItem, read_item
from r1cli.errors import R1Error, did_you_mean
from r1cli.evaluate.benchmarks import benchmark_items, benchmark_names, find_benchmarks
from r1cli.evaluate.lighteval_names import is_task
from r1cli.files import existing_path

_WHERE = "argument WHAT"


def find_items(names: Sequence[str], request: Request) -> list[HubItem]:
    """The models and datasets on the Hub that names and a config refer to, without duplicates.

    Args:
        names: each a preset, YAML file, benchmark, group of benchmarks, ``model:ID`` or ``dataset:ID``.
        request: a preset and files that form one config; may be empty.

    Raises:
        R1Error: lists every mistake.
    """
    found: dict[HubItem, None] = {}
    errors: list[R1Error] = []
    sources: list[Request | str] = [request] if request.preset or request.files else []
    sources += names
    for one in sources:
        try:
            items = _of_name(one) if isinstance(one, str) else _of_config(one)
            found.update(dict.fromkeys(items))
        except R1Error as error:
            errors += error.all()
    if errors:
        raise R1Error.together(errors)
    return list(found)


def _of_name(name: str) -> Iterator[HubItem]:
    item = read_item(name)
    benchmarks = benchmark_names()
    presets = [preset.name for preset in all_presets() if preset.kind in COMMANDS]
    if item:
        yield item
    elif name in presets:
        yield from _of_config(Request(name))
    elif name in benchmarks or is_task(name):
        for benchmark in find_benchmarks([name], _WHERE):
            yield from benchmark_items(benchmark)
    elif (path := existing_path(name)) and path.is_file():
        yield from _of_config(Request(files=(path,)))
    else:
        raise _unknown(name, [*presets, *benchmarks])


def _of_config(request: Request) -> list[HubItem]:
    """What a config needs from the Hub, read as a config of the command that fits it best.

    A file does not have to say which command it is for.
    """
    drafts = [gather(schema_of(row), request) for row in visible_commands()]
    best = min(drafts, key=lambda draft: len(draft.errors))
    if best.errors:
        raise R1Error.together(best.errors)
    config: Config = best.config(None)
    return [item for item, _ in hub_items(config)]


def _unknown(name: str, known: list[str]) -> R1Error:
    kinds = "a preset, a YAML file, a benchmark, model:OWNER/NAME or dataset:OWNER/NAME"
    if "/" in name and Path(name).suffix not in (".yaml", ".yml"):
        kinds = f"if it is on the Hub, write model:{name} or dataset:{name}"
    return R1Error(f"'{name}' is not recognised", where=_WHERE, fix=did_you_mean(name, known, kinds))
