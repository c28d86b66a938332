"""Benchmarks that are lighteval tasks: problems and verdicts, from lighteval's own interpreter."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from r1cli.engines.locate import engine_version, find_engine
from r1cli.errors import R1Error
from r1cli.evaluate.problem import Problem
from r1cli.files import read_json_lines, write_json_lines
from r1cli.plugins.types import Benchmark
from r1cli.sampling.store import Sample

_ADAPTER = Path(__file__).with_name("lighteval_adapter.py")


@dataclass(frozen=True)
class Judgement:
    """lighteval's values for one sample, or for several if its task judges several together.

    ``metrics`` have lighteval's names. ``parsed``: whether it found an answer in the text; None if its metric
    does not extract one.
    """

    problem: str
    samples: tuple[int, ...]
    metrics: Mapping[str, float]
    parsed: bool | None


@dataclass(frozen=True)
class Judged:
    """lighteval's results for all samples: the value of each metric, and each judgement.

    ``metric`` is the first one of the task, ``version`` the version of lighteval.
    """

    version: str
    metric: str
    metrics: Mapping[str, float]
    judgements: tuple[Judgement, ...]


def export_problems(benchmark: Benchmark, home: str | None = None) -> list[Problem]:
    """The problems of a task, with lighteval's prompts, in lighteval's order, which is shuffled.

    ``columns`` has ``solution``, the gold as lighteval reads it, and ``lighteval``, with the input of its
    metrics, ``generation_size`` and ``stop_sequences``. The first N problems are those that lighteval's own
    ``--max-samples N`` takes.

    Args:
        benchmark: with the name of the task, or ``FILE.py:NAME``, in ``lighteval``.
        home: a folder of datasets, HOME/OWNER/NAME, in their published layout; others come from the Hub or
            its cache.

    Raises:
        R1Error: lighteval or the dataset is missing or does not work; there is no such task, or its metrics
            need more than text.
    """
    engine = find_engine("lighteval")
    with TemporaryDirectory(prefix="r1-lighteval-") as folder:
        file = Path(folder, "problems.jsonl")
        words = ["--data-dir", str(Path(home).expanduser())] if home else []
        _run(engine, benchmark, "export", benchmark.lighteval, str(file), *words)
        return [Problem(**line) for line in read_json_lines(file)]


def judge(benchmark: Benchmark, problems: Sequence[Problem], samples: Sequence[Sample]) -> Judged:
    """Judges the samples with lighteval's own metrics. Needs no model and no dataset.

    Args:
        benchmark: the benchmark of the problems.
        problems: from `export_problems`, or stored ones.
        samples: of these problems; for each a multiple of the number that the task judges together.

    Raises:
        R1Error: lighteval is missing or fails, or a problem has too few samples.
    """
    engine = find_engine("lighteval")
    with TemporaryDirectory(prefix="r1-lighteval-") as folder:
        inputs, outputs, result = (Path(folder, name) for name in ("problems", "samples", "result"))
        write_json_lines(inputs, map(asdict, problems))
        write_json_lines(outputs, map(asdict, samples))
        _run(engine, benchmark, "score", benchmark.lighteval, str(inputs), str(outputs), str(result))
        judged: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    scores = judged.pop("scores")
    judgements = (Judgement(**{**score, "samples": tuple(score["samples"])}) for score in scores)
    return Judged(**judged, judgements=tuple(judgements))


def lighteval_version() -> str:
    """The version of lighteval that judges."""
    return engine_version("lighteval", find_engine("lighteval"))


def _run(engine: str, benchmark: Benchmark, *words: str) -> None:
    """Runs the adapter in lighteval's interpreter; lighteval's messages go to standard error."""
    where = f"benchmark {benchmark.name}, {engine}"
    try:
        done = subprocess.run([engine, str(_ADAPTER), *words], stdout=subprocess.PIPE, check=False)
    except OSError as error:
        fix = "set R1_LIGHTEVAL_PYTHON to lighteval's interpreter"
        raise R1Error(f"lighteval cannot be started: {error}", where=where, fix=fix) from error
    if done.returncode == 0:
        return
    try:
        error_fields = json.loads(done.stdout)
    except ValueError:
        what = f"lighteval ended with exit code {done.returncode}"
        error_fields = {"what": what, "fix": "see its log above"}
    fix = error_fields["fix"] or f"on a machine with internet: r1 prefetch {benchmark.name}"
    raise R1Error(error_fields["what"], where=where, fix=fix, exit_code=2 if done.returncode == 2 else 1)
