"""The texts of benchmarks: where they come from, and how missing ones are reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.decontaminate.against import Column, find_against
from r1cli.decontaminate.benchmark_texts import ANSWER, QUESTION, SOLUTION, load_texts, searched_texts
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error


@pytest.fixture(autouse=True)
def _nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_by_default_every_benchmark_is_needed_and_those_that_are_missing_are_listed() -> None:
    with pytest.raises(R1Error) as caught:
        load_texts(Decontaminate())
    errors = caught.value.all()
    assert "8 benchmarks cannot be searched" in errors[0].what
    assert "--against tiny_sum,tiny_equation,tiny_countdown" in errors[0].fix
    assert "--allow-missing" in errors[0].fix
    (unreached,) = errors[1:]
    assert unreached.where == (
        "benchmarks aime24, aime25, math_500, gpqa:diamond, gsm8k, lcb, ioi24, codeforces"
    )
    assert "r1 prefetch aime24 aime25 math_500 gpqa:diamond gsm8k" in unreached.fix


def test_missing_benchmarks_may_be_allowed() -> None:
    loaded = load_texts(Decontaminate(allow_missing=True))
    assert loaded.rows == {"tiny_sum": 100, "tiny_equation": 100, "tiny_countdown": 100}
    assert len(loaded.missing) == 8
    assert {one.field for one in loaded.texts} == {QUESTION, ANSWER}


def test_a_lighteval_benchmark_is_read_without_lighteval(tmp_path: Path) -> None:
    row = {"problem": "What is x?", "solution": "It is 3, as one sees.", "answer": "3", "subject": "Algebra"}
    write(tmp_path / "sets/HuggingFaceH4/MATH-500/test.jsonl", row)
    loaded = load_texts(Decontaminate(against=["math_500"], data_dir="sets"))
    assert [(one.field, one.text) for one in loaded.texts] == [
        (QUESTION, row["problem"]),
        (SOLUTION, row["solution"]),
        (ANSWER, row["answer"]),
    ]


def test_a_column_of_another_dataset(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "Hello there"}, {"role": "assistant", "content": "Hi"}]
    file = write(tmp_path / "own/mine.jsonl", {"messages": chat}, {"messages": []})
    loaded = load_texts(Decontaminate(against=[f"{file}:messages"]))
    # A card names it, and must not name folders of this machine.
    assert loaded.rows == {"mine.jsonl:messages": 2}
    assert [one.text for one in loaded.texts] == ["Hello there\nHi", ""]


def test_names() -> None:
    assert [one.name for one in find_against(["tiny", "tiny_sum", "gpqa:diamond"])] == [
        "tiny_sum",
        "tiny_equation",
        "tiny_countdown",
        "gpqa:diamond",
    ]
    # Whatever lies here by that name.
    Path("gsm8k").mkdir()
    assert [one.name for one in find_against(["gsm8k"])] == ["gsm8k"]
    assert find_against(["owner/name:problem"]) == [Column("owner/name", "problem")]
    assert find_against(["reasoning_gym:chain_sum:prompt"]) == [Column("reasoning_gym:chain_sum", "prompt")]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("aime42", "unknown benchmark 'aime42'"),
        ("gpqa:dimond", "unknown benchmark 'gpqa:dimond'"),
        ("missing.jsonl:problem", "there is no dataset file 'missing.jsonl'"),
        ("held-out.jsonl", "'held-out.jsonl' is a dataset, and not a column of it"),
    ],
)
def test_names_of_nothing(name: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("held-out.jsonl").write_text('{"problem": "1+1?"}\n')
    with pytest.raises(R1Error, match=what):
        find_against([name])


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("Which one?\nA) this\nB) that", "Which one?\n"),
        ("Which one? (A) this (B) that", "Which one? "),
        ("Which one?\nA. this\nB. that", "Which one?\n"),
        ("Let f(a) = 1 and g(b) = 2.", None),
        ("It starts at A. Then B. is next.", None),
        ("A) this\nB) that", None),
    ],
)
def test_a_question_is_searched_without_its_choices_too(text: str, stem: str | None) -> None:
    assert searched_texts(text, QUESTION) == ([text] if stem is None else [text, stem])
    assert searched_texts(text, ANSWER) == [text]
