"""Tasks of lighteval's: its problems and its verdicts, through the adapter in its own interpreter."""

import csv
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from r1cli import Benchmark, R1Error
from r1cli.engines.locate import ENGINES
from r1cli.evaluate import lighteval_adapter as adapter
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.lighteval import Judged, judge
from r1cli.evaluate.load_problems import load_problems
from r1cli.evaluate.problem import Problem
from r1cli.sampling.store import Sample
from tests.conftest import drawn

DIRECT = """
import json, sys
from lighteval.models.model_output import ModelResponse
from lighteval.tasks.requests import Doc
from lighteval.tasks.tasks.aime import aime24

found = []
for gold, text in json.load(sys.stdin):
    response = ModelResponse(text=[text], text_post_processed=[text.split("</think>")[-1]])
    doc = Doc(query="", choices=[gold], gold_index=0)
    found.append({})
    for metric in aime24.metrics:
        found[-1] |= {k: float(v) for k, v in metric.compute_sample(model_response=response, doc=doc).items()}
print(json.dumps(found))
"""

TASKS = """
from dataclasses import replace
from lighteval.metrics.metrics import Metrics
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc

def prompt(row, task_name=None):
    return Doc(task_name=task_name, query=row["question"], choices=[row["answer"]], gold_index=0)

sums = LightevalTaskConfig(
    name="sums", prompt_function=prompt, hf_repo="me/sums", hf_subset=None, hf_avail_splits=["train", "test"],
    evaluation_splits=["test"], few_shots_split="train", metrics=[Metrics.expr_gold_metric],
)
TASKS_TABLE = [
    sums,
    replace(sums, name="likely", metrics=[Metrics.loglikelihood_acc]),
    replace(sums, name="columns", prompt_function=lambda row, name=None: row["problem"]),
    replace(sums, name="splits", evaluation_splits=["dev"]),
    replace(sums, name="absent", hf_repo="me/absent"),
]
"""

AIME: list[dict[str, Any]] = [
    {
        "id": 60 + number,
        "problem": f"Find the number of $n$ such that $n^2 < {number}$.",
        "solution": f"It is {answer}. $\\boxed{{{answer}}}$",
        "answer": answer,
        "url": "https://example.org",
        "year": "2024",
    }
    for number, answer in enumerate(("204", "025", "809", "116", "9"))
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The datasets of lighteval's tasks, in the shape in which they are published."""
    home = tmp_path_factory.mktemp("datasets")
    write_aime(home, AIME)

    files = home / "HuggingFaceH4/MATH-500"
    files.mkdir()
    row = {"problem": "Half of seven?", "solution": r"$\boxed{\frac{7}{2}}$", "answer": r"\frac{7}{2}"}
    (files / "test.jsonl").write_text(json.dumps(row | {"subject": "Algebra", "level": 1}) + "\n")

    configs = {name: {"train": f"{name}.csv"} for name in ("gpqa_main", "gpqa_diamond")}
    files = write_card(home / "Idavidrein/gpqa", configs)
    columns = ["Question", "Correct Answer", *(f"Incorrect Answer {number}" for number in (1, 2, 3))]
    questions = [[f"What is seven times {n}?", f"{7 * n} in all", "five", "six", "eight"] for n in range(6)]
    for name in configs:
        with (files / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns, *questions])

    parts = ("train", "test")
    configs = {name: {part: f"{name}/{part}-*" for part in parts} for name in ("main", "socratic")}
    files = write_card(home / "openai/gsm8k", configs)
    rows = [{"question": "1,000 and seven?", "answer": "1000+7 = <<1000+7=1007>>1007\n#### 1,007"}]
    for name in configs:
        for part in parts:
            Dataset.from_list(rows).to_parquet(files / f"{name}/{part}-00000-of-00001.parquet")
    return home


def write_aime(home: Path, rows: list[dict[str, Any]]) -> None:
    files = write_card(home / "HuggingFaceH4/aime_2024", {"default": {"train": "data/train-*"}})
    Dataset.from_list(rows).to_parquet(files / "data/train-00000-of-00001.parquet")


def write_card(folder: Path, configs: Mapping[str, Mapping[str, str]]) -> Path:
    """The README.md of a dataset, which says which files belong to which config and split."""
    lines = ["---", "configs:"]
    for name, splits in configs.items():
        lines += [f"- config_name: {name}", "  data_files:"]
        for split, pattern in splits.items():
            lines += [f"  - split: {split}", f"    path: {pattern}"]
            (folder / pattern).parent.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]))
    return folder


def builtin(name: str) -> Benchmark:
    (benchmark,) = find_benchmarks([name])
    return benchmark


def sample(problem: str, number: int, completion: str, finish_reason: str = "stop") -> Sample:
    return Sample(f"{problem}-{number}", problem, number, completion, finish_reason, len(completion))


def answers(*numbers: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"problem": problem, "sample": number} for problem, number in numbers]


def test_as_many_samples_are_judged_at_once_as_the_task_asks_for() -> None:
    stored = answers(("b", 1), ("a", 3), ("a", 0), ("b", 0), ("b", 2), ("a", 1), ("a", 2), ("b", 3))
    ones = adapter.divide(["a", "b"], stored, 1)
    numbers = [(problem, part[0]["sample"]) for problem, part in ones]
    assert numbers == [(problem, number) for problem in "ab" for number in range(4)]
    pairs = adapter.divide(["a", "b"], stored, 2)
    assert [[sample["sample"] for sample in part] for _, part in pairs] == [[0, 1], [2, 3]] * 2
    assert [problem for problem, _ in pairs] == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("stored", "size", "what"),
    [
        (answers(("a", 0), ("b", 0), ("c", 0)), 1, "which does not exist"),
        (answers(("a", 0), ("b", 0), ("a", 0)), 1, "two samples 0 of problem a"),
        (answers(("a", 0)), 1, "problem b has 0 samples"),
        (
            answers(("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2)),
            2,
            "b has 3 samples, but lighteval judges groups of 2",
        ),
    ],
)
def test_samples_that_cannot_be_judged(stored: list[dict[str, Any]], size: int, what: str) -> None:
    with pytest.raises(adapter.Refused, match=what):
        adapter.divide(["a", "b"], stored, size)


@pytest.mark.parametrize(
    ("task", "file", "name"),
    [
        ("aime24", "", "aime24"),
        ("gpqa:diamond", "", "gpqa:diamond"),
        ("aime24@k=1@n=4", "", "aime24"),
        ("lighteval|gsm8k|5", "", "gsm8k"),
        ("my/tasks.py:sums:small@n=4|2", "my/tasks.py", "sums:small"),
    ],
)
def test_what_a_task_is_called(task: str, file: str, name: str) -> None:
    assert (adapter.split_task(task)[0], adapter.name_of(task)) == (file, name)


def test_an_interpreter_without_lighteval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_LIGHTEVAL_PYTHON", sys.executable)
    with pytest.raises(R1Error, match="lighteval is not installed in") as caught:
        judge(builtin("aime24"), [], [])
    assert "R1_LIGHTEVAL_PYTHON" in caught.value.fix and caught.value.exit_code == 2
    monkeypatch.setenv("R1_LIGHTEVAL_PYTHON", "/no/such/python")
    with pytest.raises(R1Error, match="cannot be started"):
        judge(builtin("aime24"), [], [])


def test_adapter_and_engine_know_the_same_versions() -> None:
    engine = ENGINES["lighteval"]
    assert (engine.first, engine.below) == ((0, 13), (0, 14)) and adapter.KNOWN == "0.13"


def test_a_dataset_that_is_not_here_is_named_before_lighteval_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    # This interpreter has no lighteval, and that is not what is complained about.
    with pytest.raises(R1Error, match=r"'HuggingFaceH4/aime_2024' is not on this machine") as caught:
        load_problems(builtin("aime24"), data_dir=str(tmp_path))
    assert "r1 prefetch aime24" in caught.value.fix


def given(gold: str) -> list[tuple[str, str, float, float, bool]]:
    """Answers: text, how it ended, pass@1, which leaves thoughts out, avg@1, which does not, and parsed."""
    return [
        (f"<think>$\\boxed{{7}}$?</think> It is $\\boxed{{{gold}}}$.", "stop", 1.0, 1.0, True),
        ("<think>Hm.</think> It is $\\boxed{1234}$.", "stop", 0.0, 0.0, True),
        ("<think>First we", "length", 0.0, 0.0, False),
        (f"<think>It is {gold}, but", "length", 1.0, 1.0, True),
        ("I do not know.", "stop", 0.0, 0.0, False),
        (f"<think>$\\boxed{{{gold}}}$</think> I do not know.", "stop", 0.0, 1.0, False),
    ]


def assert_lighteval_says_so_itself(
    python: str, folder: Path, problems: Sequence[Problem], samples: Sequence[Sample], said: Judged
) -> None:
    """Calls the metrics of the task as lighteval defines them, past pipeline and adapter."""
    golds = {problem.id: problem.columns["solution"] for problem in problems}
    pairs = [(golds[one.problem], one.completion) for one in samples]
    script = folder / "direct.py"
    script.write_text(DIRECT)
    done = subprocess.run(
        [python, script], input=json.dumps(pairs), capture_output=True, text=True, check=True, timeout=800
    )
    assert [dict(one.metrics) for one in said.judgements] == json.loads(done.stdout.splitlines()[-1])


# Each call of lighteval takes 10 to 30 seconds, most of them for its imports.
@pytest.mark.slow
def test_aime24_from_a_folder_to_its_own_metric(lighteval: str, home: Path, tmp_path: Path) -> None:
    aime24 = builtin("aime24")
    problems = load_problems(aime24, data_dir=str(home))
    assert {problem.id: problem.columns["solution"] for problem in problems} == {
        str(number): row["answer"] for number, row in enumerate(AIME)
    }
    for problem in problems:
        ((role, text),) = [(turn["role"], turn["content"]) for turn in problem.prompt]
        assert role == "user" and "Therefore, the final answer is: $\\boxed{ANSWER}$" in text
        assert text.endswith(f"\n\n{AIME[int(problem.id)]['problem']}\n")
    samples = [
        sample(problem.id, number, completion, finish_reason)
        for problem in problems
        for number, (completion, finish_reason, *_) in enumerate(given(problem.columns["solution"]))
    ]
    said = judge(aime24, problems, samples)
    assert (said.metric, said.version) == ("pass@k:k=1", "0.13.0")
    expected = [
        (problem.id, (number,), {"pass@k:k=1": without, "avg@n:n=1": raw}, parsed)
        for problem in problems
        for number, (*_, without, raw, parsed) in enumerate(given(problem.columns["solution"]))
    ]
    assert [(one.problem, one.samples, one.metrics, one.parsed) for one in said.judgements] == expected
    assert said.metrics == {"pass@k:k=1": 2 / 6, "avg@n:n=1": 3 / 6}
    assert_lighteval_says_so_itself(lighteval, tmp_path, problems, samples, said)
    # Another folder of that name is not taken for the first.
    write_aime(tmp_path, [row | {"answer": "1"} for row in AIME])
    others = load_problems(aime24, 2, str(tmp_path))
    assert [(other.id, other.columns["solution"]) for other in others] == [(p.id, "1") for p in problems[:2]]
    # What lighteval judges several at a time: pass@1 of a problem is then the mean of its samples.
    of_six = Benchmark("six", summary="", lighteval="aime24@n=6")
    together = judge(of_six, problems, samples)
    assert together.metrics == pytest.approx(said.metrics)
    assert [one.samples for one in together.judgements] == [tuple(range(6))] * len(problems)
    with pytest.raises(R1Error, match=f"problem {problems[0].id} has 5 samples, but lighteval"):
        judge(of_six, problems, samples[1:])


@pytest.mark.parametrize(
    ("name", "metric", "right", "wrong"),
    drawn(
        [
            ("math_500", "pass@k:k=1&n=1", "ANSWER: $\\frac{7}{2}$", "ANSWER: 7"),
            ("gpqa:diamond", "gpqa_pass@k:k=1", "Answer: {gold}", "Answer: {other}"),
            ("gsm8k", "extractive_match", "The answer is 1,007.", "The answer is 1,006."),
        ]
    ),
)
def test_the_other_tasks(lighteval: str, home: Path, name: str, metric: str, right: str, wrong: str) -> None:
    benchmark = builtin(name)
    problems = load_problems(benchmark, None, str(home))
    assert "seven" in problems[0].prompt[0]["content"]
    # The order of the choices is drawn again by every process, from the same seed.
    assert problems == load_problems(benchmark, None, str(home))
    samples = [
        sample(
            problem.id, number, text.replace("{gold}", gold).replace("{other}", "B" if gold == "A" else "A")
        )
        for problem in problems
        for gold in [problem.columns["solution"]]
        for number, text in enumerate((right, wrong))
    ]
    said = judge(benchmark, problems, samples)
    assert said.metric == metric
    assert [one.metrics[metric] for one in said.judgements] == [1.0, 0.0] * len(problems)


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of tasks, and with their dataset."""
    folder = tmp_path_factory.mktemp("sums")
    (folder / "tasks.py").write_text(TASKS)
    rows = [{"question": f"{n} + {n}", "answer": str(2 * n)} for n in range(20)]
    (folder / "me" / "sums").mkdir(parents=True)
    for split in ("train", "test"):
        Dataset.from_list(rows).to_json(folder / "me" / "sums" / f"{split}.jsonl")
    return folder


def task_of(folder: Path, name: str) -> Benchmark:
    return Benchmark("mine", summary="", lighteval=f"{folder}/tasks.py:{name}")


@pytest.mark.slow
def test_tasks_of_a_file(lighteval: str, sums: Path) -> None:
    mine = task_of(sums, "sums|2")
    problems = load_problems(mine, 5, str(sums))
    # Two problems with their answers come first, and scoring needs them no more.
    assert [turn["role"] for turn in problems[0].prompt] == ["user", "assistant"] * 2 + ["user"]
    samples = [sample(problem.id, 0, f"It is {2 * int(problem.id)}.") for problem in problems]
    said = judge(mine, problems, samples)
    assert said.metrics == {"extractive_match": 1.0} and len(said.judgements) == 5


@pytest.mark.parametrize(
    ("name", "what", "fix"),
    drawn(
        [
            ("sum", "has no task 'sum'", "did you mean sums"),
            ("likely", "needs more than the text of completions: LOGPROBS", "lighteval itself"),
            ("columns", "has no column 'problem'", "prefetch mine"),
            ("splits", "has no split 'dev', only train, test", "prefetch mine"),
            ("absent", r"'me/absent' .*cannot be loaded", "prefetch mine"),
        ]
    ),
)
def test_tasks_that_cannot_be_used(lighteval: str, sums: Path, name: str, what: str, fix: str) -> None:
    with pytest.raises(R1Error, match=what) as caught:
        load_problems(task_of(sums, name), None, str(sums))
    assert fix in caught.value.fix and caught.value.exit_code == 2
