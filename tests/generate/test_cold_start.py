"""The recipes' texts: formats, rules, and what is kept of a pipeline's rows."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.errors import R1Error
from r1cli.generate.cold_start.layout import joined, split
from r1cli.generate.cold_start.registry import RECIPES
from r1cli.generate.output_rows import parts_of
from r1cli.generate.pipeline_records import FLAW, OUTCOME, ROW, flaw, records_of, request_flaw
from r1cli.generate.pipeline_source import check_pipeline, parse_pipeline
from r1cli.generate.schema import RECIPE_NAMES, SPECIAL_TOKEN, THINK
from tests.conftest import RunR1
from tests.generate.runs import PROBLEMS, write_rows

#: A text of either part: without its own marks, and without blanks around it.
PART = st.text(st.characters(exclude_characters="<>[]|◁▷"), min_size=1).map(str.strip).filter(bool)


@given(PART, PART, st.sampled_from([THINK, SPECIAL_TOKEN]))
def test_the_parts_of_a_completion_are_found_in_either_format(
    thoughts: str, answer: str, format: str
) -> None:
    assert split(joined(thoughts, answer, format)) == (thoughts, answer)


@pytest.mark.parametrize(
    ("completion", "parts"),
    [
        ("<think>\na\n</think>\n<answer>b</answer>\n\nProblem 2", ("a", "b")),
        ("a</think><answer>b", ("a", "b")),
        ("<think>a</think>", None),
        ("b", None),
        ("<think>a", None),
        ("<think></think>b", None),
    ],
)
def test_a_completion_without_both_parts_has_none(completion: str, parts: tuple[str, str] | None) -> None:
    assert split(completion) == parts


def test_the_answer_column_has_no_tags() -> None:
    assert parts_of("<think>\na\n</think>\n<answer>\nb\n</answer>") == ("a", "b")
    assert parts_of("<think>a</think>\n\\boxed{1}") == ("a", "\\boxed{1}")


def test_the_schema_knows_all_recipes() -> None:
    assert tuple(RECIPES) == RECIPE_NAMES


def test_what_is_kept_of_a_row() -> None:
    outcome = {"finish_reason": "stop", "tokens": 3, "failure": "", "message": "", "passing": False}
    failed = {**outcome, "failure": "filtered"}
    row = {
        ROW: 4, "id": "q", "prompt": "p", "solution": "1", "generation": "text", "topic": "x",
        "model_name": "m", OUTCOME.format("a"): json.dumps(outcome), OUTCOME.format("b"): None,
    }  # fmt: skip
    (kept,) = records_of(row, ["a", "b"], ["solution"])
    assert (kept["row"], kept["completion"], kept["tokens"], kept["failure"]) == (4, "text", 3, "")
    assert kept["more"] == {"topic": "x"}
    grouped = {
        **row,
        "generation": ["one", None],
        OUTCOME.format("a"): [json.dumps(outcome), json.dumps(failed)],
    }
    first, second = records_of(grouped, ["a"], ["solution"])
    assert (first["completion"], second["failure"]) == ("one", "filtered")
    assert second["step"] == "a" and not request_flaw("a", grouped)
    lost = request_flaw("a", {OUTCOME.format("a"): json.dumps(failed)})
    assert (lost["failure"], lost["step"], lost["passing"]) == ("filtered", "a", False)
    (flawed,) = records_of({**row, "generation": None, FLAW: flaw("a", "odd", "why")}, ["a"], [])
    assert (flawed["failure"], flawed["message"], flawed["step"]) == ("odd", "why", "a")
    # The completion that it has is not the result, as a later step has failed.
    (late,) = records_of({**row, FLAW: flaw("c", "raised", passing=True, where="f.py:1")}, ["a"], [])
    assert (late["failure"], late["passing"], late["tokens"], late["where"]) == ("raised", True, 3, "f.py:1")
    # It failed before any step had made a column for its completion.
    (early,) = records_of({ROW: 4, FLAW: flaw("a", "odd")}, ["a"], [])
    assert (early["failure"], early["completion"]) == ("odd", None)
    for column, error in ((ROW, "drops the column"), ("generation", "neither a column generation")):
        with pytest.raises(R1Error, match=error):
            list(records_of({name: value for name, value in row.items() if name != column}, [], []))


@pytest.mark.parametrize(
    ("text", "name", "error"),
    [
        ("def build(llm): ...", "build", ""),
        ("from elsewhere import build", "build", ""),
        ("build = partial(other, 3)", "build", ""),
        ("def build(): ...", "build", "build takes no arguments"),
        ("def bild(llm): ...", "build", "there is no function 'build'"),
        ("def build(llm)", "build", "this is not Python"),
        ("x = '\0'", "build", "this is not Python"),
    ],
)
def test_a_pipeline_file_is_checked_without_running_it(
    text: str, name: str, error: str, tmp_path: Path
) -> None:
    file = tmp_path / "my pipeline.py"
    file.write_text(text)
    assert parse_pipeline(f"{file}:{name}") == (file, name)
    assert parse_pipeline(str(file)) == (file, "build")
    if not error:
        check_pipeline(f"{file}:{name}", "")
        return
    with pytest.raises(R1Error, match=error):
        check_pipeline(f"{file}:{name}", "")


def test_what_recipes_and_pipelines_lack_is_refused_at_once(main: RunR1, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", PROBLEMS)
    start = ("generate", "--model", "Qwen/Qwen3-0.6B", "--dataset", rows, "--data.columns.prompt", "problem")
    for words, said in (
        (("--recipe", "refine"), ["needs a reward that says so", "needs a column completion"]),
        (
            ("--recipe", "direct", "--pipeline", "no.py"),
            ["both requested", "there is no pipeline file 'no.py'"],
        ),
        (
            ("--generate.format", "think", "--examples", "no.jsonl"),
            ["works with a recipe only", "no file of"],
        ),
        (("--recipe", "teacher", "--engine", "in_process"), ["share the model"]),
        (("--recipe", "few_shot"), ["few-shot"]),
    ):
        done = main(*start, *words, "--dry-run")
        text = " ".join(done.stderr.replace("│", " ").split())
        assert done.returncode == 2 and all(part in text for part in said), (words, done.stderr)


def test_a_recipe_is_planned_with_a_server(main: RunR1, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", PROBLEMS)
    words = ("--model", "Qwen/Qwen3-0.6B", "--dataset", rows, "--data.columns.prompt", "problem")
    done = main("generate", *words, "--recipe", "direct", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    roles = [role["name"] for role in json.loads(done.stdout)["job"]["roles"]]
    assert roles == ["serve", "generate"]
