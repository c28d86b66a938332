"""Which benchmarks names and groups mean, and the benchmarks that come with r1."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from r1_benchmarks import r1_benchmarks

from r1cli import Benchmark
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import check_benchmark, find_benchmarks
from r1cli.evaluate.load_problems import load_problems
from r1cli.evaluate.problem import Problem
from r1cli.plugins import registry
from r1cli.plugins.registry import Plugin, find_reward

MATH = ["aime24", "aime25", "math_500", "gsm8k"]
TINY = [benchmark for benchmark in r1_benchmarks() if "tiny" in benchmark.groups]


def names(found: list[Benchmark]) -> list[str]:
    return [benchmark.name for benchmark in found]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (["gsm8k", "aime24"], ["gsm8k", "aime24"]),
        (["math"], MATH),
        (["r1"], ["aime24", "math_500", "gpqa:diamond"]),
        (["math_500", "math", "r1"], ["math_500", "aime24", "aime25", "gsm8k", "gpqa:diamond"]),
    ],
)
def test_groups_unfold_and_each_runs_once(asked: list[str], meant: list[str]) -> None:
    assert names(find_benchmarks(asked)) == meant


def test_every_slip_is_named_with_the_nearest_name_of_a_benchmark_or_group() -> None:
    with pytest.raises(R1Error) as caught:
        find_benchmarks(["aime42", "gsm8k", "mathh"], "argument BENCHMARK")
    first, second = caught.value.all()
    assert (first.what, first.where) == ("unknown benchmark 'aime42'", "argument BENCHMARK")
    assert first.fix == "did you mean aime25 or aime24?"
    assert second.what == "unknown benchmark 'mathh'" and "math or math_500" in second.fix


@pytest.fixture
def also(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Adds a plugin with benchmarks to those that are installed."""

    def add(title: str, *benchmarks: Benchmark) -> None:
        plugins = (*registry.load_plugins(), Plugin(title, title, "1.0", {"benchmark": benchmarks}))
        monkeypatch.setattr(registry, "load_plugins", lambda: plugins)
        monkeypatch.setattr(registry.load_plugins, "cache_clear", lambda: None, raising=False)

    return add


def tiny(name: str, **more: Any) -> Benchmark:
    return Benchmark(
        name, **{"summary": "", "dataset": "reasoning_gym:chain_sum", "prompt": "{prompt}", **more}
    )


def test_a_stranger_may_join_a_group_and_claims_no_name_silently(also: Callable[..., None]) -> None:
    also("joins", tiny("mine", groups=("math", "math")))
    assert names(find_benchmarks(["math"])) == [*MATH, "mine"]
    also("takes", tiny("gsm8k"), tiny("r1"))
    assert names(find_benchmarks(["mine", "aime24"])) == ["mine", "aime24"]
    for asked in ("gsm8k", "math"):
        with pytest.raises(R1Error, match=r"'gsm8k' is claimed by benchmarks \(r1cli .*\) and takes"):
            find_benchmarks([asked])
    with pytest.raises(
        R1Error, match=r"'r1' is both a benchmark of takes \(takes 1.0\) and a group with aime24"
    ):
        find_benchmarks(["r1"])


@pytest.mark.parametrize(
    ("more", "what", "fix"),
    [
        ({"prompt": "{a.b}"}, "field {a.b} is not a name", "name of a column"),
        ({"dataset": "reasoning_gym:chain_summ"}, "unknown reasoning-gym task", "did you mean chain_sum"),
        ({"dataset": "./no_such.jsonl"}, "there is no dataset file './no_such.jsonl'", ""),
        ({"verifier": "acuracy"}, "unknown reward 'acuracy'", "did you mean accuracy"),
        ({"parameters": {"mod": "text"}}, "'accuracy' has no parameter 'mod'", "did you mean mode"),
        ({"parameters": {"mode": "latx"}}, "'accuracy': unknown mode 'latx'", "`r1 reward show accuracy`"),
        ({"parameters": {"rounding": -1}}, "'accuracy': rounding must be 0 or more", "r1 reward show"),
    ],
)
def test_mistakes_in_a_benchmark_show_before_anything_is_loaded(
    also: Callable[..., None], more: dict[str, Any], what: str, fix: str
) -> None:
    also("wrong", tiny("mine", **more))
    assert names(find_benchmarks(["gsm8k"])) == ["gsm8k"]
    with pytest.raises(R1Error) as caught:
        find_benchmarks(["mine"])
    assert what in caught.value.what and fix in caught.value.fix
    assert caught.value.where == "benchmark mine"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"dataset": ""}, "neither a dataset nor a lighteval task"),
        ({"samples": 0}, "samples must be at least 1, not 0"),
        ({"sampling": {"top_k": 3}}, "recommends 'top_k', which is not one of temperature, top_p, max_new"),
        ({"groups": "math"}, "groups must be a list of names, not 'math'"),
    ],
)
def test_what_no_benchmark_can_be_is_refused(more: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        tiny("mine", **more)


@pytest.mark.parametrize("name", ["a/b", "..", "a,b", "a b", ""])
def test_a_name_is_a_folder_and_one_of_a_list(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid benchmark name"):
        tiny(name)


def test_the_built_in_ones_can_be_run_and_say_where_they_come_from() -> None:
    for benchmark in r1_benchmarks():
        check_benchmark(benchmark)
        assert benchmark.summary and benchmark.source, benchmark.name
        assert benchmark.dataset, "what `r1 prefetch` brings"
        assert {"temperature", "max_new_tokens"} <= {*benchmark.sampling}, benchmark.name


def score(benchmark: Benchmark, problems: list[Problem], answers: list[str]) -> list[float]:
    """What the verifier gives to one answer for each problem."""
    texts = [f"<think>\n7 - 3 = 4\n</think>\n<answer>\n{answer}\n</answer>" for answer in answers]
    columns = {name: [problem.columns[name] for problem in problems] for name in problems[0].columns}
    prompts = [problem.prompt for problem in problems]
    verify = find_reward(benchmark.verifier).load()
    values = verify(completions=texts, prompts=prompts, **columns, **benchmark.parameters)
    return list(asyncio.run(_finished(values)) if inspect.isawaitable(values) else values)


async def _finished(values: Awaitable[list[float]]) -> list[float]:
    return await values


@pytest.mark.parametrize("benchmark", TINY, ids=names(TINY))
def test_a_tiny_benchmark_has_a_hundred_problems_and_knows_right_from_wrong(benchmark: Benchmark) -> None:
    problems = load_problems(benchmark)
    assert len({json.dumps(problem.prompt) for problem in problems}) == len(problems) == 100
    golds = [problem.columns["solution"] for problem in problems]
    assert set(score(benchmark, problems, golds)) == {1.0}
    assert max(score(benchmark, problems, [f"({gold}) + 1" for gold in golds])) < 0.1


def test_countdown_wants_an_equation_and_not_its_value() -> None:
    (countdown,) = find_benchmarks(["tiny_countdown"])
    problems = load_problems(countdown, 10)
    targets = [str(json.loads(problem.columns["metadata"])["target"]) for problem in problems]
    assert max(score(countdown, problems, targets)) < 0.1
