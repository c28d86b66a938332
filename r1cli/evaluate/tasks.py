"""What one evaluation measures: each benchmark with its problems, its verifier and its sampling."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.lighteval import load_lighteval_problems
from r1cli.evaluate.problems import Problem, load_problems
from r1cli.evaluate.protocol import find_protocol
from r1cli.evaluate.results import DATASET
from r1cli.plugins.registry import parameter_group
from r1cli.plugins.types import Benchmark

# Where nobody says more: the model's own distribution.
_DEFAULTS = {"temperature": 1.0, "top_p": 1.0, "max_new_tokens": 512}


@dataclass(frozen=True)
class Task:
    """One thing to measure.

    Args:
        name: of the benchmark.
        problems: in their order.
        rewards: a config's ``rewards`` group; the first reward is the score.
        sampling: ``temperature``, ``top_p``, ``max_tokens`` and ``seed``.
        samples: completions of each problem.
        prompt: the template that a protocol has put in place of the benchmark's own.
        lighteval: the benchmark, where lighteval judges the completions.
    """

    name: str
    problems: list[Problem]
    rewards: Mapping[str, Any]
    sampling: dict[str, Any]
    samples: int
    prompt: str | None = None
    lighteval: Benchmark | None = None


def tasks_of(config: Mapping[str, Any], tokenizer: Any) -> Iterator[Task]:
    """The tasks of run.yaml's ``config``: its benchmarks, or its dataset with its rewards.

    Args:
        config: of an evaluation.
        tokenizer: loads the model's tokenizer, which says whether the model takes chats.
    """
    settings = config["evaluate"]
    if not settings.get("benchmarks"):
        samples, sampling = settings.get("samples") or 1, _sampling(settings, {})
        yield Task(DATASET, _dataset(config, tokenizer()), config["rewards"], sampling, samples)
    for benchmark in find_benchmarks(settings.get("benchmarks") or (), "evaluate.benchmarks"):
        yield _task(benchmark, config)


def _task(benchmark: Benchmark, config: Mapping[str, Any]) -> Task:
    settings = config["evaluate"]
    name = settings.get("protocol")
    fixed = find_protocol(name, "evaluate.protocol").settings(benchmark.name) if name else {}
    if fixed.get("prompt"):
        benchmark = replace(benchmark, prompt=fixed["prompt"])
    load = load_lighteval_problems if benchmark.lighteval else load_problems
    problems = load(benchmark, settings.get("num_problems"), settings.get("data_dir"))
    system = config.get("data", {}).get("system_prompt")
    if system:
        opening = {"role": "system", "content": system}
        problems = [Problem(one.id, [opening, *one.prompt], one.columns) for one in problems]
    rewards = {
        "reward_funcs": [benchmark.verifier],
        "reward_weights": [1.0],
        parameter_group(benchmark.verifier): dict(benchmark.parameters),
    }
    samples = settings.get("samples") or fixed.get("samples") or benchmark.samples
    sampling = _sampling(settings, {**benchmark.sampling, **fixed})
    prompt, judged_there = fixed.get("prompt"), benchmark if benchmark.lighteval else None
    if judged_there:
        # What lighteval asks is lighteval's: a protocol's template counts as a deviation.
        prompt = None
    return Task(benchmark.name, problems, rewards, sampling, samples, prompt, judged_there)


def _sampling(settings: Mapping[str, Any], recommended: Mapping[str, Any]) -> dict[str, Any]:
    """What the user says, else what the benchmark recommends, else the defaults."""
    said = {name: settings[name] for name in _DEFAULTS if settings.get(name) is not None}
    open_ = {name: value for name, value in recommended.items() if value is not None}
    chosen = {**_DEFAULTS, **open_, **said}
    return {
        "temperature": chosen["temperature"],
        "top_p": chosen["top_p"],
        "max_tokens": int(chosen["max_new_tokens"]),
        "seed": settings["seed"],
    }


def _dataset(config: Mapping[str, Any], tokenizer: Any) -> list[Problem]:
    from r1cli.data.load import load_train_and_test, shape_rows
    from r1cli.data.mixture import read_test_split

    data = config["data"]
    # What is held out of training is what a model is measured on.
    train, test = load_train_and_test(data, wants_test=read_test_split(data) is not None)
    rows = train if test is None else test
    wanted = config["evaluate"].get("num_problems") or len(rows)
    chosen = rows.select(range(min(wanted, len(rows))))
    return [
        Problem(str(number), row.pop("prompt"), row)
        for number, row in enumerate(shape_rows(chosen, data.get("system_prompt"), tokenizer))
    ]
