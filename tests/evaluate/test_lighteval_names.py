"""lighteval's names of tasks stand for r1's benchmarks."""

import pytest

from r1cli import Benchmark
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import benchmark_names, check_benchmark, find_benchmarks


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("gpqa", "gpqa:diamond"),
        ("lighteval|math_500|0|0", "math_500"),
        ("custom|gpqa:diamond|0|0", "gpqa:diamond"),
        ("lighteval|aime24|0", "aime24"),
        ("aime24|0", "aime24"),
        ("extended|lcb:codegeneration|0|0", "lcb:v4_v5"),
        ("lcb:codegeneration_v4", "lcb:v4"),
        ("lcb_v4", "lcb:v4"),
        ("extended|lcb:codegeneration_release_v6|0|0", "lcb"),
    ],
)
def test_other_names(typed: str, name: str) -> None:
    assert [one.name for one in find_benchmarks([typed])] == [name]


@pytest.mark.parametrize(
    ("typed", "what", "fix"),
    [
        ("lighteval|gsm8k|5|0", "asks for 5 examples", "evaluate gsm8k"),
        ("leaderboard|mmlu|5|0", "asks for 5 examples", "r1 evaluate list"),
        ("lighteval|aime24@n=4|0|0", "sets parameters", "evaluate aime24 with --samples"),
        ("lighteval|math_50|0|0", "no benchmark for lighteval's task 'math_50'", "did you mean math_500"),
        ("extended|lcb:codegeneration_v1_v3|0|0", "outside of a sandbox", "--evaluate.dates"),
        ("lighteval|math_500", "is not a task of lighteval", "SUITE|TASK|0|0"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_a_reason(typed: str, what: str, fix: str) -> None:
    with pytest.raises(R1Error) as caught:
        find_benchmarks([typed], "argument BENCHMARK")
    assert what in caught.value.what and fix in caught.value.fix


def test_a_plugin_cannot_bring_a_task_that_runs_programs_unprotected() -> None:
    with pytest.raises(R1Error, match="outside of a sandbox"):
        check_benchmark(Benchmark("mine", summary="", lighteval="extended|lcb:codegeneration|0"))


def test_all_names_are_known() -> None:
    assert {"gpqa", "gpqa:diamond", "lcb_v4", "code", "tiny"} <= {*benchmark_names()}
