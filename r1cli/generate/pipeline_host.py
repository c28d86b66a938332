"""The process that runs distilabel: ``python -m r1cli.generate.pipeline_host``, a child of the worker.

distilabel forks a process for each step, which a process with threads or a loaded model must not do.
"""

import os
import pickle
import shutil
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from r1cli.children import Channel, connect
from r1cli.errors import R1Error
from r1cli.generate.access import Access
from r1cli.generate.cold_start.registry import RECIPES
from r1cli.generate.pipeline_source import PipelineSource

# Seconds between two looks at the steps' processes.
_GLANCE = 0.5


@dataclass(frozen=True)
class Chunk:
    """Rows to send through the pipeline.

    Args:
        rows: with the columns that `pipeline_records` adds.
        columns: of the dataset.
        result: the file for the records.
        scratch: a folder for distilabel, which is removed afterwards.
    """

    rows: list[dict[str, Any]]
    columns: list[str]
    result: Path
    scratch: Path


@dataclass(frozen=True)
class Work:
    """What the worker sends: a pipeline to build, and maybe rows for it."""

    source: PipelineSource
    access: Access
    chunk: Chunk | None = None


def main() -> None:
    parent = connect(orphaned=None)
    # Its own messages are several lines for each batch.
    os.environ.setdefault("DISTILABEL_LOG_LEVEL", "WARNING")
    with suppress(EOFError):
        while True:
            work: Work = pickle.loads(parent.receive_bytes())
            parent.send(_reply(parent, work))


def _reply(parent: Channel, work: Work) -> dict[str, Any]:
    from r1cli.generate.distilabel_patches import patch

    try:
        patch(work.access.notes)
        pipeline = build(work.source, work.access)
        if work.chunk:
            run_chunk(pipeline, work.access, work.chunk, parent)
    except R1Error as error:
        traceback.print_exc()
        return {"error": error.fields()}
    except Exception as error:
        traceback.print_exc()
        return {"error": _as_r1_error(error, work.source).fields()}
    return {}


def build(source: PipelineSource, access: Access) -> Any:
    """The pipeline, whose LLMs know their steps.

    Raises:
        R1Error: its file does not make one that r1 can run.
    """
    from distilabel.pipeline.base import BasePipeline

    from r1cli.generate.distilabel_llm import R1LLM

    llm = R1LLM.of(access)
    if source.recipe:
        module, _, function = RECIPES[source.recipe].builder.partition(":")
        pipeline = getattr(import_module(module), function)(llm, source)
        _named_llms(pipeline)
        return pipeline
    assert source.file
    pipeline = getattr(_module_of(source.file.resolve()), source.function)(llm)
    if not isinstance(pipeline, BasePipeline):
        raise R1Error(
            f"{source.function} returned {type(pipeline).__name__}, not a distilabel Pipeline",
            where=str(source.file),
            fix="end it with: return pipeline",
        )
    _check(pipeline, source)
    errors = [error for one in _named_llms(pipeline) if (error := one.check_limit(str(source.file)))]
    if errors:
        raise R1Error.together(errors)
    return pipeline


@cache
def _module_of(file: Path) -> Any:
    sys.path.insert(0, str(file.parent))
    name = file.stem if file.stem not in sys.modules else f"r1_pipeline_{file.stem}"
    spec = spec_from_file_location(name, file)
    assert spec and spec.loader
    # The processes of the steps find its classes by this name.
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _check(pipeline: Any, source: PipelineSource) -> None:
    steps = _steps(pipeline)
    loads = [step.name for step in steps if step.is_generator]
    what = ""
    if not steps:
        what, fix = "the pipeline has no steps", "make them in a block `with Pipeline() as pipeline:`"
    elif loads:
        what = f"the pipeline loads its own rows, in the step {', '.join(loads)}"
        fix = "leave the step out: r1 sends the rows of --dataset through the first step"
    elif len(pipeline.dag.leaf_steps) > 1:
        what = f"the pipeline ends in several steps: {', '.join(sorted(pipeline.dag.leaf_steps))}"
        fix = "join them, for example with GroupColumns"
    if what:
        raise R1Error(what, where=str(source.file), fix=fix)


def _steps(pipeline: Any) -> list[Any]:
    return [pipeline.dag.get_step(name)["step"] for name in pipeline.dag]


def _named_llms(pipeline: Any) -> list[Any]:
    """All LLMs of r1 in a pipeline, which know their step from now on."""
    return [llm for step in _steps(pipeline) for llm in _name_llms(step, step.name)]


def _name_llms(model: Any, step: str) -> list[Any]:
    """Gives each LLM in a step's fields, or in those of another LLM there, the name of the step."""
    from distilabel.models.llms.base import LLM

    from r1cli.generate.distilabel_llm import R1LLM

    found: list[Any] = []

    def named(value: Any) -> Any:
        if isinstance(value, R1LLM):
            found.append(value.for_step(step))
            return found[-1]
        if isinstance(value, list) and any(isinstance(one, LLM) for one in value):
            return [named(one) for one in value]
        if isinstance(value, LLM):
            found.extend(_name_llms(value, step))
        return value

    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, LLM | list) and (new := named(value)) is not value:
            setattr(model, name, new)
    return found


def run_chunk(pipeline: Any, access: Access, chunk: Chunk, parent: Channel) -> None:
    """Sends rows through a pipeline.

    Raises:
        R1Error: a step has ended it.
    """
    from r1cli.generate.distilabel_llm import open_store
    from r1cli.generate.pipeline_steps import KeepRows

    asking = [step.name for step in _steps(pipeline) if hasattr(step, "llm")]
    (leaf,) = pipeline.dag.leaf_steps
    size = max([getattr(step, "input_batch_size", 0) or 0 for step in _steps(pipeline)])
    with pipeline:
        keep = KeepRows(
            name="r1_keep",
            path=str(chunk.result),
            notes=str(access.notes.path),
            llm_steps=asking,
            columns=chunk.columns,
        )
    pipeline.dag.get_step(leaf)["step"].connect(keep)
    # The names of these are remembered from before.
    for known in ("leaf_steps", "root_steps"):
        vars(pipeline.dag).pop(known, None)
    open_store(access.store)  # once, for all steps to inherit
    shutil.rmtree(chunk.scratch, ignore_errors=True)  # a kill may have left it
    pipeline._cache_dir = chunk.scratch
    pipeline._cache = lambda: None  # it writes the whole state after each batch
    try:
        with _watched(pipeline, parent):
            pipeline.run(dataset=chunk.rows, dataset_batch_size=min(size, len(chunk.rows)), use_cache=False)
    finally:
        shutil.rmtree(chunk.scratch, ignore_errors=True)
    if error := access.notes.error():
        raise error
    if pipeline._stop_called:
        raise R1Error(
            "a step of the pipeline failed, see the log",
            fix="fix the step, then resume the run: received completions are stored",
            exit_code=1,
        )


@contextmanager
def _watched(pipeline: Any, parent: Channel) -> Iterator[None]:
    """Ends this process when that of a step was killed: distilabel would wait for it forever."""
    done = threading.Event()

    def watch() -> None:
        seen: set[int] = set()
        while not done.wait(_GLANCE):
            pool = getattr(pipeline, "_pool", None)
            if pool is None or pool._state != "RUN":
                seen.clear()
                continue
            now = {process.pid for process in list(pool._pool) if process.is_alive()}
            if seen - now and pool._state == "RUN" and not done.is_set():
                error = R1Error(
                    "the process of a pipeline's step was killed",
                    fix="if the machine was short of memory, use a smaller batch; the same command resumes",
                    exit_code=1,
                )
                parent.send({"error": error.fields()})
                os._exit(1)
            seen |= now

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _as_r1_error(error: Exception, source: PipelineSource) -> R1Error:
    """What somebody's pipeline, or distilabel's check of it, has raised."""
    where = str(source.file or source.name)
    file = str(source.file.resolve()) if source.file else ""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((one.lineno for one in reversed(frames) if one.filename == file), None)
    said = " ".join(str(error).partition("For further information")[0].split())
    return R1Error(
        f"the pipeline cannot run: {type(error).__name__}: {said[:500]}",
        where=f"{where}:{line}" if line else where,
        fix="see the log for the traceback",
        exit_code=1,
    )


if __name__ == "__main__":
    main()
