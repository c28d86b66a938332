"""Countdown and reasoning-gym."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from r1_rewards import games, gym_sandbox
from r1_rewards.games import equation
from r1_rewards.gym_sandbox import is_expression

from r1cli.errors import R1Error
from r1cli.execution import current
from r1cli.execution.current import close_executor
from r1cli.execution.program import ProgramLimits


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        # Target 24 from 3, 5, 6, 3: 3 * 5 + 6 + 3 = 24.
        ("3 * 5 + 6 + 3", 1.0),
        ("(3*5)+(6+3) = 24", 1.0),
        ("-(3 - 5) * 6 * 3", 0.0),  # 36
        ("3 * 5 + 6 + 3 = 25", 0.0),
        ("3 * 5 + 6 + 3 = 1e999999999", 0.0),
        ("3 * 5 + 9", 0.0),  # 9 was not given
        ("6 * (5 - 3 / 3)", 1.0),
        ("6 * 5 - 3", 0.0),  # one 3 is missing
        ("6 * 3 + 3 + 3 + 5 - 5", 0.0),  # 3 and 5 more often than given
        ("3 ** 5 + 6 + 3", 0.0),
        ("5 // 3 + 6 + 3", 0.0),
        ("3 / (6 - 3 - 3) + 5", 0.0),
        ("__import__('os').getcwd()", 0.0),
        ("24", 0.0),
        ("", 0.0),
    ],
)
def test_equation(answer: str, score: float) -> None:
    text = f"<think>well</think><answer>1 + 1</answer><answer>{answer}</answer>"
    row = {"target": [24], "nums": [[3, 5, 6, 3]]}
    assert equation([text], **row) == [score]
    assert equation([[{"role": "assistant", "content": text}]], **row) == [score]


def test_fractions_are_exact_and_rows_may_lack_a_target() -> None:
    # 8 / (3 - 8 / 3) = 8 / (1/3) = 24, which floating point misses.
    rows = ["<answer>8 / (3 - 8 / 3)</answer>"] * 3
    assert equation(rows, target=[24, None, "24"], nums=[[3, 3, 8, 8], [1], [8, 3, 8, 3]]) == [1.0, None, 1.0]
    assert equation([], target=[], nums=[]) == []


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("8/(3-8/3)", 1.0),
        ("So we get\n8/(3-8/3) = 24", 1.0),
        ("The answer is \\boxed{8/(3-8/3)}.", 1.0),
        ("The answer is not 8/(3-8/3).", 0.0),
        ("<think>8/(3-8/3)</think> I give up.", 0.0),
    ],
)
def test_an_equation_may_stand_where_answers_stand(text: str, score: float) -> None:
    assert equation([text], target=[24], nums=[[3, 3, 8, 8]]) == [score]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "hostile", ["9" * 100_000, "(" * 5000, "-" * 250 + "3", "9**9**9**9**9", "3 5 6 3", "\uff13"]
)
def test_hostile_equations_cost_nothing(hostile: str) -> None:
    assert equation([f"<answer>{hostile}</answer>"], target=[3], nums=[[3]])[0] in (0.0, 1.0)


def reasoning_gym(*arguments: Any, **columns: Any) -> list[Any]:
    async def score() -> list[Any]:
        try:
            return await games.reasoning_gym(*arguments, **columns)
        finally:
            await close_executor()

    return asyncio.run(score())


def gym_row(task: str) -> dict[str, list[str]]:
    """The columns of a dataset's first row, as r1 writes them."""
    import reasoning_gym as gym

    item = gym.create_dataset(task, size=1, seed=1)[0]
    return {
        "prompts": [item["question"]], "solution": [str(item["answer"])], "task": [task],
        "metadata": [json.dumps(item["metadata"], default=str)],
    }  # fmt: skip


# arc_agi compares with tuples, which JSON does not keep; prime_factorization raises at words.
@pytest.mark.parametrize("task", ["chain_sum", "countdown", "arc_agi", "prime_factorization", "sudoku"])
def test_a_task_s_own_gold_is_right_and_nonsense_is_not(task: str) -> None:
    row = gym_row(task)
    gold = row["solution"][0]
    right = f"<think>well</think>\n<answer>\n{gold}\n</answer>"
    assert reasoning_gym([right], **row) == [1.0]
    chat, prompt = [{"role": "assistant", "content": right}], [{"role": "user", "content": row["prompts"][0]}]
    assert reasoning_gym([chat], **{**row, "prompts": [prompt]}) == [1.0]
    nonsense = reasoning_gym(["<answer>ünsinn</answer>"], **row)
    assert nonsense[0] is not None
    assert nonsense[0] < 0.1


def test_the_last_line_counts_without_a_block() -> None:
    row = gym_row("chain_sum")
    assert reasoning_gym([f"so it is\n{row['solution'][0]}\n"], **row) == [1.0]
    assert reasoning_gym([""], **row) == [0.0]


def test_a_gold_within_an_answer_is_worth_its_share() -> None:
    # The gold 7 is one of the two characters of 77; +7.0 is the same number.
    row = {"prompts": ["3 + 4?"], "solution": ["7"], "task": ["chain_sum"], "metadata": ["{}"]}
    answers = ["<answer>77</answer>", "so\n+7.0", "<answer>8</answer>"]
    assert [reasoning_gym([answer], **row) for answer in answers] == [[0.5], [1.0], [0.0]]


def test_rows_of_no_task_and_of_none_that_exists() -> None:
    row = gym_row("chain_sum")
    assert reasoning_gym(["4"], **{**row, "task": [None]}) == [None]
    with pytest.raises(ValueError, match="not registered"):
        reasoning_gym(["4"], **{**row, "task": ["no_such_task"]})
    assert reasoning_gym([], [], [], [], []) == []
    for odd in ("null", "[]", "3", None):
        assert reasoning_gym(["4"], **{**row, "metadata": [odd]}) == [None]
    as_mapping = {**row, "metadata": [json.loads(row["metadata"][0])]}
    assert reasoning_gym([f"<answer>{row['solution'][0]}</answer>"], **as_mapping) == [1.0]


@pytest.mark.parametrize("task", ["countdown", "simple_integration"])
@pytest.mark.parametrize("answer", ["__import__('pathlib').Path('{}').touch()", "exec(chr(112))"])
def test_an_answer_is_never_run_as_a_program(tmp_path: Path, task: str, answer: str) -> None:
    import reasoning_gym as gym

    item = gym.create_dataset(task, size=1, seed=1)[0]
    wanted = f"<answer>{answer.format(tmp_path / 'run')}</answer>"
    right = f"<answer>{item['answer']}</answer>"
    rows = [[item["question"]] * 2, [item["answer"]] * 2, [task] * 2, [json.dumps(item["metadata"])] * 2]
    assert reasoning_gym([wanted, right], *rows) == [0.0, 1.0]
    assert not (tmp_path / "run").exists()


def test_a_row_that_cannot_be_read_has_no_score_and_costs_no_other() -> None:
    right = "<answer>1 + 2</answer>"
    assert equation([right, right, right], ["n/a", 3, 3], [[1, 2], [1, 2], ["x"]]) == [None, 1.0, None]
    assert reasoning_gym(["4"], ["?"], ["4"], ["chain_sum"], ["not json"]) == [None]


@pytest.mark.parametrize(
    ("answer", "gold", "allowed"),
    [
        ("-4*(-2*x - 8)**(3/2)/3 + C", "x", True),
        ("['52.2', '-1.0']", "['1']", True),
        ("[52.2, [1, 'a']]", "['1']", True),
        ("sqrt(2*x)/asinh(x)", "asinh(x)", True),
        ("9**9**9**9", "1", True),
        ("['52.2']", "[1]", False),
        ("sin('x')", "['1']", False),
        ("'a' * 9", "['1']", False),
        ("print(1)", "1", False),
        ("x.real", "x", False),
        ("(lambda: 1)()", "1", False),
        ("[a for a in b]", "1", False),
        ("f'{x}'", "['1']", False),
        ("exit()", "exit()", False),
        ("x if x else y", "1", False),
        ("log(x, evaluate=x)", "1", False),
        ("(" * 999, "1", False),
        ("1\0", "1", False),
    ],
)
def test_what_is_evaluated_is_a_plain_expression(answer: str, gold: str, allowed: bool) -> None:
    assert is_expression(answer, gold) is allowed


#: Tasks whose reference answers or answers are evaluated as Python, and a wrong answer to each.
EVALUATED = [
    ("number_sorting", "['1', '2']"),
    ("intermediate_integration", "x**3 + C"),
    ("countdown", "1 + 1"),
]


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.parametrize(("task", "wrong"), EVALUATED)
def test_verifiers_that_evaluate_python_run_in_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, task: str, wrong: str
) -> None:
    monkeypatch.setattr(gym_sandbox, "_LIMITS", ProgramLimits(cpu_s=0.7, memory_mb=1024))
    row = gym_row(task)
    gold = row["solution"][0]
    answers = [gold, wrong, "__import__('os').getcwd()", "9**9**9**9", gold]
    columns = {name: values * len(answers) for name, values in row.items()}
    scores = reasoning_gym([f"<answer>{each}</answer>" for each in answers], **columns)
    assert scores[0] == scores[4] == 1.0 and scores[1] < 0.1 and scores[2:4] == [0.0, 0.0]
    # What is not an expression is never evaluated, and nobody can say what such a reference answer is worth.
    assert reasoning_gym(["<answer>1</answer>"], **{**row, "solution": ["exit('1')"]}) == [None]


def test_without_a_sandbox_only_plain_arithmetic_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(section: object) -> None:
        raise R1Error("programs cannot be isolated here")

    monkeypatch.setattr(current, "open_executor", refuse)
    for task, score in (("number_sorting", None), ("simple_integration", 0.0)):
        assert reasoning_gym(["<answer>[1, 2]</answer>"], **gym_row(task)) == [score]
