"""Benchmarks that are tasks of lighteval: their problems and its verdicts, from its own interpreter."""

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
    """lighteval's values of one sample; of several, where its task judges several at a time.

    ``metrics`` bear lighteval's names. ``parsed``: whether it found an answer in the text; None where its
    metric looks for none.
    """

    problem: str
    samples: tuple[int, ...]
    metrics: Mapping[str, float]
    parsed: bool | None


@dataclass(frozen=True)
class Judged:
    """What lighteval says of all samples: the value of each of its metrics, and each judgement.

    ``metric`` is the one that its task names first, ``version`` lighteval's.
    """

    version: str
    metric: str
    metrics: Mapping[str, float]
    judgements: tuple[Judgement, ...]


def export_problems(benchmark: Benchmark, home: str | None = None) -> list[Problem]:
    """The problems of a task, with lighteval's prompts, in lighteval's order, which is shuffled.

    In ``columns`` are ``solution``, the gold as lighteval reads it, and ``lighteval``, with what its metrics
    need, and its ``generation_size`` and ``stop_sequences``. The first N of them are those that lighteval's
    own ``--max-samples N`` takes.

    Args:
        benchmark: with the name of the task, or ``FILE.py:NAME``, in ``lighteval``.
        home: a folder of datasets, HOME/OWNER/NAME, in the shape they are published in; what is not there
            comes from the Hub or its cache.

    Raises:
        R1Error: lighteval or the dataset is not there or not as it should be; there is no such task, or its
            metrics need more than text.
    """
    engine = find_engine("lighteval")
    with TemporaryDirectory(prefix="r1-lighteval-") as folder:
        file = Path(folder, "problems.jsonl")
        words = ["--data-dir", str(Path(home).expanduser())] if home else []
        _run(engine, benchmark, "export", benchmark.lighteval, str(file), *words)
        return [Problem(**line) for line in read_json_lines(file)]


def judge(benchmark: Benchmark, problems: Sequence[Problem], samples: Sequence[Sample]) -> Judged:
    """What lighteval's own metrics say of the samples. No model and no dataset is needed.

    Args:
        benchmark: whose problems these are.
        problems: as `export_problems` gave them, or as they were stored.
        samples: of these problems; as many of each as the task judges at a time, or that many times over.

    Raises:
        R1Error: lighteval is not there or fails, or a problem has too few samples.
    """
    engine = find_engine("lighteval")
    with TemporaryDirectory(prefix="r1-lighteval-") as folder:
        asked, answered, result = (Path(folder, name) for name in ("problems", "samples", "result"))
        write_json_lines(asked, map(asdict, problems))
        write_json_lines(answered, map(asdict, samples))
        _run(engine, benchmark, "score", benchmark.lighteval, str(asked), str(answered), str(result))
        said: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    scores = said.pop("scores")
    judgements = (Judgement(**{**score, "samples": tuple(score["samples"])}) for score in scores)
    return Judged(**said, judgements=tuple(judgements))


def lighteval_version() -> str:
    """The version of lighteval that judges."""
    return engine_version("lighteval", find_engine("lighteval"))


def _run(engine: str, benchmark: Benchmark, *words: str) -> None:
    """Runs the adapter in lighteval's interpreter; lighteval's talk goes where this process's does."""
    where = f"benchmark {benchmark.name}, {engine}"
    try:
        done = subprocess.run([engine, str(_ADAPTER), *words], stdout=subprocess.PIPE, check=False)
    except OSError as error:
        fix = "name lighteval's interpreter in R1_LIGHTEVAL_PYTHON"
        raise R1Error(f"lighteval cannot be started: {error}", where=where, fix=fix) from error
    if done.returncode == 0:
        return
    try:
        said = json.loads(done.stdout)
    except ValueError:
        what = f"lighteval ended with exit code {done.returncode}"
        said = {"what": what, "fix": "what it logged may say why"}
    fix = said["fix"] or f"where there is internet: r1 prefetch {benchmark.name}"
    raise R1Error(said["what"], where=where, fix=fix, exit_code=2 if done.returncode == 2 else 1)
