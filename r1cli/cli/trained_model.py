"""A run or a folder in a model's place: named as a word, or found because no model is named."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from r1cli.cli.output import say
from r1cli.commands import Command
from r1cli.config.config import ENDPOINT, MODEL
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import schema_of
from r1cli.config.settings import FLAGS, Setting
from r1cli.errors import R1Error
from r1cli.files import existing_path
from r1cli.runs.locate import find_run, find_runs, run_named, short_name
from r1cli.runs.model import model_folder, newest_trained_run


def without_model(words: Sequence[str], trained: Path | None) -> tuple[list[str], Path | None]:
    """The words that name no run and no model's folder, and the one that they or ``--run`` name.

    The name of a benchmark is the benchmark's, also where a folder bears it: an evaluation's often does.

    Raises:
        R1Error: two are named.
    """
    found = {word: path for word in words if (path := _folder(word))}
    named = [*found.values(), *([trained] if trained else [])]
    if len(named) > 1:
        raise R1Error("two models are named", where="the command line", fix="measure one after the other")
    return [word for word in words if word not in found], (named[0] if named else None)


def _folder(word: str) -> Path | None:
    """The run or the folder with a model that a word names, unless it is the name of a benchmark.

    Raises:
        R1Error: it is a folder of runs, or a checkpoint that is not whole.
    """
    from r1cli.evaluate.benchmarks import is_benchmark

    run, path = run_named(word), existing_path(word)
    if (run is None and (path is None or not path.is_dir())) or is_benchmark(word):
        return None
    folder = run or model_folder(word)
    if folder is None and path and find_runs(path):
        find_run(word)  # says which are in it
    return folder


def with_newest_run(row: Command, request: Request) -> Request:
    """The request with the model of the newest finished run, where it names neither a model nor a server."""
    if not row.newest_run:
        return request
    values = gather(schema_of(row), request).values
    if values.get(MODEL) or values.get(ENDPOINT):
        return request
    run_dir = newest_trained_run()
    if run_dir is None:
        return request
    say(f"model: {short_name(run_dir)}, the newest finished run")
    model = Setting("model", str(run_dir.absolute()), "the newest finished run", FLAGS)
    return replace(request, flags=(*request.flags, model))
