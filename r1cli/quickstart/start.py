"""What a preset for the quickstart's models starts from, where the user names neither a model nor rows.

Such a preset says in ``about.start`` which recipe makes them, which of its rows it takes, and after which
preset it comes: ``{recipe: tiny, rows: grpo, after: tiny-sft}``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from r1cli.checks.subject import NOTHING_PROMISED, Promised
from r1cli.commands import Command
from r1cli.config.config import DATASET, MIXTURE, MODEL
from r1cli.config.presets import read_preset
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import schema_of
from r1cli.config.settings import FLAGS, Setting
from r1cli.errors import R1Error
from r1cli.launch.place import Place, local_place
from r1cli.prepare.request import prepare
from r1cli.prepare.target import exactly
from r1cli.quickstart.recipe import find_recipe, start_model
from r1cli.runs.job import Job
from r1cli.runs.locate import RUNS, short_name
from r1cli.runs.model import newest_trained_run
from r1cli.runs.run_dir import read_run, read_status


@dataclass(frozen=True)
class Start:
    """A request with what it starts from.

    Args:
        request: names a model and rows.
        job: makes them; None where they are the user's own.
        promised: what the job will have made.
        note: what the user should know of it.
    """

    request: Request
    job: Job | None = None
    promised: Promised = NOTHING_PROMISED
    note: str = ""


def with_start(row: Command, request: Request) -> Start:
    """The request, with the start model and the rows of its preset where it names none.

    Raises:
        R1Error: the preset comes after another, of which no run has finished here.
    """
    if not row.default_preset:
        return Start(request)
    drafted = gather(schema_of(row), request, row.default_preset)
    start, preset = drafted.about.get("start"), str(drafted.preset)
    if not isinstance(start, Mapping) or not {"recipe", "rows"} <= start.keys():
        return Start(request)
    recipe, after = str(start["recipe"]), str(start.get("after") or "")
    folder = (RUNS / f"start-{recipe}").absolute()
    untrained, rows = start_model(recipe, folder / "model"), folder / "data" / f"{start['rows']}.jsonl"
    made = {}
    if not drafted.values.get(MODEL):
        made[MODEL] = _newest_run(after, preset) if after else untrained
    if not (drafted.values.get(DATASET) or drafted.values.get(MIXTURE)):
        beside = _beside_rows_of(made[MODEL], rows.name) if after and MODEL in made else None
        made[DATASET] = beside or rows
    settings = tuple(Setting(key, str(path), f"preset {preset}", FLAGS) for key, path in made.items())
    whole = replace(request, flags=(*request.flags, *settings))
    found = made.get(MODEL, untrained)
    note = f"model: {short_name(found)}, the newest finished run of {after}" if found != untrained else ""
    to_make = {untrained, rows} & set(made.values())
    if not to_make or _is_made(folder, to_make):
        return Start(whole, note=note)
    columns = find_recipe(recipe).columns[start["rows"]]
    promised = Promised(frozenset({str(untrained)}), {str(rows): columns})
    return Start(whole, _making(recipe, folder, untrained), promised, note)


def _making(recipe: str, folder: Path, model: Path) -> Job:
    """The job that makes the start model and the problems of a recipe."""
    values = {"output_dir": folder, "base.model": recipe, "base.path": model}
    flags = tuple(Setting(key, str(value), "the preset's start", FLAGS) for key, value in values.items())
    return prepare("base", Request(flags=flags), exactly(Place(local_place(None).cores))).job


def _is_made(run_dir: Path, paths: Iterable[Path]) -> bool:
    """Whether an earlier run has made what is needed.

    Raises:
        R1Error: it has, and it is gone since.
    """
    if read_status(run_dir).get("state") != "finished":
        return False
    gone = [path for path in paths if not path.exists()]
    if gone:
        name = short_name(run_dir)
        fix = f"`r1 runs rm {name}` removes the rest, and then it is made again"
        raise R1Error(f"'{gone[0]}' was removed", where=str(run_dir), fix=fix)
    return True


def _newest_run(after: str, preset: str) -> Path:
    """The newest finished run of a preset below ./runs.

    Raises:
        R1Error: there is none.
    """
    run_dir = newest_trained_run(after)
    if run_dir is None:
        raise R1Error(
            f"preset {preset} starts from a finished run of preset {after}, and there is none",
            where=str(RUNS.absolute()),
            fix=f"run `r1 {read_preset(after, preset).kind} --preset {after}` first, or name a --model",
        )
    return run_dir.absolute()


def _beside_rows_of(run_dir: Path, name: str) -> Path | None:
    """The file of a name beside the rows that a run was trained on: disjoint from these."""
    rows = read_run(run_dir)["config"].get("data", {}).get("dataset_name")
    path = Path(rows).with_name(name) if rows else None
    return path if path and path.is_file() else None
