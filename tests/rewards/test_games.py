"""Countdown and reasoning-gym."""

import json
from pathlib import Path

import pytest
from r1_rewards.games import equation, reasoning_gym


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
@pytest.mark.parametrize(
    "answer",
    ["__import__('pathlib').Path('{}').touch()", "exec(chr(112))", "9**9**9**9", "(9**9)**(9**9)**9"],
)
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
