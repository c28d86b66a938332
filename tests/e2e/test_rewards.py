"""Every built-in reward in ``r1 reward score`` and in real ``r1 grpo`` runs, against values found by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from r1_rewards.format import tag_count

from tests.classifier import logit_by_hand, save_classifier
from tests.conftest import RunR1
from tests.judge_service import serving

#: A sum, a puzzle and a question; the columns of the others are empty.
PROBLEMS: list[dict[str, Any]] = [
    {"prompt": "What is 3 plus 4?", "solution": "7", "task": "chain_sum", "metadata": "{}"},
    {"prompt": "Make 10 of 2 and 5.", "solution": "10", "target": 10, "nums": [2, 5]},
    {"prompt": "Which letter is third?", "solution": "C"},
]
#: To each problem a right answer of 62 characters and a wrong one of 31. A tag or a character is a token, and
#: the end of an answer another: 35 and 17.
ANSWERS = [
    "<think>\nFirst, take 3. Next, +4.\n</think>\n<answer>\n7\n</answer>",
    "no no no no <answer>77</answer>",
    "<think>\nTwo times five:\n</think>\n<answer>\n2 * 5 = 10\n</answer>",
    "Adding\n<answer>\n2 + 5\n</answer>",
    "<think>\nIt goes A, then B, so C.\n</think>\n<answer>\nC\n</answer>",
    "A\n- B\n- C\n- D<answer>A</answer>",
]
#: What each reward says of each answer.
VALUES: dict[str, list[float | None]] = {
    "accuracy": [1, 0, 1, 0, 1, 0],
    # Half of max_len, right: 0.5 + 0.5 (1 + cos 90°) / 2. A quarter, wrong: -0.5 - 0.5 (1 + cos 45°) / 2.
    "cosine": [0.75, -0.926777] * 3,
    # 0.5 - (62 - 31) / (62 - 31), and for the shorter, which is wrong, min(0, 0.5).
    "length": [-0.5, 0] * 3,
    "format": [1, 0] * 3,
    # The fourth has "\n<answer>\n" and "\n</answer>" on their own lines.
    "tag_count": [1, 0, 1, 0.5, 1, 0],
    # "First," and "Next,"; three bullets.
    "reasoning_steps": [2 / 3, 0, 0, 0, 0, 1],
    # "no no no" twice among three trigrams.
    "repetition_penalty": [0, -1 / 3, 0, 0, 0, 0],
    # 20 tokens are free and 20 more allowed: (20 - 35) / 20.
    "soft_overlong_punishment": [-0.75, 0] * 3,
    # Letters that stand alone are variables: the last has no words.
    "language_consistency": [1, 1, 1, 1, 1, None],
    "equation": [None, None, 1, 0, None, None],
    # The gold is one of the two characters of 77.
    "reasoning_gym": [1, 0.5, None, None, None, None],
    "exact_match": [1, 0, 0, 0, 1, 0],
    # One of the three words 2, 5 and 10, and all of the gold: 2 * (1/3) * 1 / (1/3 + 1).
    "rouge_l": [1, 0, 0.5, 0, 1, 0],
    "multiple_choice": [None, None, None, None, 1, 0],
}
PARAMETERS = (
    "--rewards.cosine.max_len", "124", "--rewards.soft_overlong_punishment.max_completion_len", "40",
    "--rewards.soft_overlong_punishment.soft_punish_cache", "20",
)  # fmt: skip


def grade(message: str) -> int:
    """By the length of the reply in the message to grade: 3 for 62 characters, 2 for 31."""
    return 1 + len(message.partition("<reply>\n")[2].removesuffix("\n</reply>")) % 10


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classifier")
    save_classifier(path)
    return path


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that knows both answers to each problem by heart."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from r1cli.quickstart.base_model import make_tiny

    path = tmp_path_factory.mktemp("parrot")
    make_tiny(path, seed=0)
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModelForCausalLM.from_pretrained(path)
    chats = [
        [{"role": "user", "content": PROBLEMS[n // 2]["prompt"]}, {"role": "assistant", "content": answer}]
        for n, answer in enumerate(ANSWERS)
    ]
    batch = tokenizer.apply_chat_template(chats, return_dict=True, return_tensors="pt", padding=True)
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    threads = torch.get_num_threads()
    # On a busy machine, threads that share so little work wait for each other.
    torch.set_num_threads(1)
    for _ in range(60):
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    torch.set_num_threads(threads)
    model.save_pretrained(path)
    return path


def completions_of(run: Path, step: int) -> dict[str, list[Any]]:
    """The table of a step, by column; the completions as text."""
    import pyarrow.parquet

    files = sorted((run / "completions").glob("*.parquet"))
    table: dict[str, list[Any]] = pyarrow.parquet.read_table(files[step - 1]).to_pydict()
    return {**table, "completion": [chat[0]["content"] for chat in table["completion"]]}


def metrics_of(run: Path) -> list[dict[str, float]]:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "reward" in line]


@pytest.mark.slow
def test_a_file_is_scored_with_all_of_them(r1: RunR1, classifier: Path, tmp_path: Path) -> None:
    rows = [
        {**PROBLEMS[n // 2], "completion": answer, "completion_ids": [0] * (17 if n % 2 else 35)}
        for n, answer in enumerate(ANSWERS)
    ]
    assert [len(answer) for answer in ANSWERS] == [62, 31] * 3
    file = write(tmp_path / "rows.jsonl", rows)
    with serving(grade) as service:
        result = r1(
            "reward", "score", file, "--reward", ",".join([*VALUES, "judge", "reward_model"]), *PARAMETERS,
            "--rewards.judge.base_url", service.url, "--rewards.judge.model", "grader",
            "--rewards.reward_model.model", classifier,
        )  # fmt: skip
    assert result.returncode == 0, result.stderr
    written = [json.loads(line) for line in Path(f"{file}.scores.jsonl").read_text().splitlines()]
    assert {row["fault"] for row in written} == {None}
    logits = [logit_by_hand(classifier, row["prompt"], row["completion"]) for row in rows]
    # Grades from 1 to 10 become 0 to 1: (3 - 1) / 9 and (2 - 1) / 9.
    expected = {**VALUES, "judge": [2 / 9, 1 / 9] * 3, "reward_model": logits}
    for name, values in expected.items():
        assert [row["scores"][name] for row in written] == pytest.approx(values, abs=1e-5), name


@pytest.mark.slow
def test_grpo_with_all_of_them_but_the_judge(
    r1: RunR1, parrot: Path, classifier: Path, tmp_path: Path
) -> None:
    logits = [logit_by_hand(classifier, PROBLEMS[n // 2]["prompt"], text) for n, text in enumerate(ANSWERS)]
    known = {**VALUES, "reward_model": logits}
    run, dataset = tmp_path / "run", write(tmp_path / "problems.jsonl", PROBLEMS)
    result = r1(
        "grpo", "--preset", "tiny-grpo", "--model", parrot, "--dataset", dataset,
        "--reward", ",".join(known), *PARAMETERS, "--rewards.reward_model.model", classifier,
        "--max_steps", "2", "--learning_rate", "1e-6",
        "--per_device_train_batch_size", "24", "--min_p", "0.2", "--output-dir", run,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    lines = metrics_of(run)
    assert [line["step"] for line in lines] == [1, 2]
    for line in lines:
        table = completions_of(run, int(line["step"]))
        said = [ANSWERS.index(completion) for completion in table["completion"]]
        assert len(said) == 24
        assert line["faults"] == 0
        for name, values in known.items():
            expected = [values[n] for n in said]
            assert table[f"{name}_raw"] == pytest.approx(expected, abs=1e-5), name
            # What TRL trained on.
            assert table[name] == pytest.approx(expected, abs=1e-5), name
            check_figures(line, name, expected)


def check_figures(line: dict[str, float], name: str, expected: list[float | None]) -> None:
    numbers = [value for value in expected if value is not None]
    figures = {
        "mean": sum(numbers) / len(numbers),
        "min": min(numbers),
        "max": max(numbers),
        "none": expected.count(None) / len(expected),
        "fault": 0.0,
    }
    found = {figure: line[f"reward_stats/{name}/{figure}"] for figure in figures}
    assert found == pytest.approx(figures, abs=1e-5), name
    assert line[f"reward_stats/{name}/seconds"] >= 0


@pytest.mark.slow
def test_a_tag_that_the_chat_template_writes_is_judged_with_the_completion(
    r1: RunR1, parrot: Path, tmp_path: Path
) -> None:
    template = (
        "{% for message in messages %}{{ message.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}<think>\n{% endif %}"
    )
    dataset = write(tmp_path / "problems.jsonl", PROBLEMS)
    words = (
        "--preset", "tiny-grpo", "--model", parrot, "--dataset", dataset, "--reward", "tag_count",
        "--data.chat_template", template, "--min_p", "0.2", "--per_device_train_batch_size", "24",
        "--max_completion_length", "40",
    )  # fmt: skip
    trained = r1("grpo", *words, "--max_steps", "1", "--output-dir", tmp_path / "run")
    assert trained.returncode == 0, trained.stderr
    r1("reward", "probe", *words, "--output-dir", tmp_path / "run")
    table = completions_of(tmp_path / "run", 1)
    (samples,) = tmp_path.glob("run-probe*/samples.jsonl")
    (stored,) = samples.parent.glob("completions/*.jsonl")
    assert all(len(one["ids"]) == one["tokens"] for one in map(json.loads, stored.read_text().splitlines()))
    probed = [json.loads(line) for line in samples.read_text().splitlines()]
    found = [
        *zip(table["completion"], table["tag_count_raw"], strict=True),
        *((sample["completion"], sample["scores"]["tag_count"]) for sample in probed),
    ]
    for text, score in found:
        whole = text if text.lstrip().startswith("<think>") else f"<think>\n{text}"
        assert score == tag_count([whole])[0], text
    assert any(score != tag_count([text])[0] for text, score in found)


@pytest.mark.slow
def test_grpo_with_a_judge_on_the_countdown_preset(r1: RunR1, parrot: Path, tmp_path: Path) -> None:
    """The preset as it is, but for the model's size, on rows of the dataset's shape."""
    rows = [{"target": 72, "nums": [19, 36, 55]}, {"target": 7, "nums": [3, 4]}]
    run, dataset = tmp_path / "run", write(tmp_path / "countdown.jsonl", rows)
    with serving(grade) as service:
        result = r1(
            "grpo", "--preset", "qwen3b-countdown", "--model", parrot, "--dataset", dataset,
            "--reward", "format,equation,judge",
            "--rewards.judge.base_url", service.url, "--rewards.judge.model", "grader",
            "--gpus", "0", "--launch.accelerate", "null", "--attn_implementation", "null",
            "--dtype", "float32", "--bf16", "false", "--use_vllm", "false", "--max_steps", "1",
            "--num_generations", "4", "--gradient_accumulation_steps", "1", "--max_completion_length", "40",
            "--output-dir", run,
        )  # fmt: skip
    assert result.returncode == 0, result.stderr
    (line,) = metrics_of(run)
    table = completions_of(run, 1)
    assert line["faults"] == 0
    grades = [len(completion) % 10 / 9 for completion in table["completion"]]
    assert table["judge_raw"] == pytest.approx(grades)
    assert set(table["equation_raw"]) <= {0.0, 1.0}
    asked = {request["messages"][1]["content"] for request in service.requests}
    assert all(message.startswith("<conversation>\nsystem: You are a helpful") for message in asked)
    prompts = {message.partition("user: ")[2].partition(" Use each")[0] for message in asked}
    assert prompts == {
        "Make an equation that equals 72 out of the numbers [19, 36, 55].",
        "Make an equation that equals 7 out of the numbers [3, 4].",
    }
