"""Pipelines of distilabel against the scripted service: r1's recipes, and files of other people."""

import json
import os
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest

from r1cli.children import Child
from r1cli.cli.generate import show_figures
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.generate import pipeline_rows
from r1cli.generate.worker import work
from r1cli.prepare.request import Prepared, prepare
from r1cli.runs.job import SHARE
from r1cli.runs.run_dir import write_job
from tests.command_line import flags_of
from tests.completion_service import TOO_LONG, Service
from tests.conftest import PATIENCE, require
from tests.generate.runs import PROBLEMS, figures_of, generate, rows_of, write_rows

pytestmark = pytest.mark.e2e

THINKING = "<think>\nhm\n</think>\n<answer>\n\\boxed{1}\n</answer>"
#: A pipeline with its own step, two that ask the model, and settings.
FILE = """
from distilabel.pipeline import Pipeline
from distilabel.steps import StepInput, step
from distilabel.steps.tasks import TextGeneration

@step(inputs=["instruction"], outputs=["question"])
def Ask(inputs: StepInput):
    yield [{**row, "question": f"Ask about {row['instruction']}"} for row in inputs]

def build(llm):
    with Pipeline("theirs") as pipeline:
        ask = Ask()
        draft = TextGeneration(
            name="draft", llm=llm.with_settings(temperature=0.1, max_new_tokens=5),
            input_mappings={"instruction": "question"}, output_mappings={"generation": "draft"},
        )
        final = TextGeneration(
            name="final", llm=llm.with_settings(max_new_tokens=77), template="Improve {{ draft }}",
            columns=["draft"],
        )
        ask >> draft >> final
    return pipeline
"""


#: The same with a step after them that fails for a row, until there is a file beside it.
MEASURED = FILE.replace(
    "def build(llm):",
    """@step(inputs=["generation"], outputs=["length"])
def Measure(inputs: StepInput):
    for row in inputs:
        row["length"] = row.get("length", 0) + len(row["generation"])
        if row["generation"].endswith("about 5") and not Path(__file__).with_name("fixed").exists():
            raise ValueError("no five")
    yield inputs

def build(llm):""",
).replace("ask >> draft >> final", 'ask >> draft >> final >> Measure(name="measure")')
MEASURED = "from pathlib import Path\n" + MEASURED


@pytest.fixture(scope="module")
def host() -> Iterator[Child]:
    """One process with distilabel for all tests: it takes seconds to import."""
    require("distilabel", find_spec("distilabel") is not None, "pip install 'r1cli[generate]'")
    with Child("r1cli.generate.pipeline_host", guarded=True) as child:
        yield child


@pytest.fixture
def shared_host(host: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    share(host, monkeypatch)


def share(host: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has runs use one process."""

    class Shared:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            return getattr(host, name)

        def close(self) -> None:
            pass

    monkeypatch.setattr(pipeline_rows, "Child", Shared)


@pytest.fixture(scope="module")
def one_service() -> Service:
    return Service(seconds=0)


@pytest.fixture
def service(one_service: Service, shared_host: None) -> Iterator[Service]:
    one_service.bodies.clear()
    yield one_service
    one_service.fail, one_service.answer = lambda number: None, None


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", PROBLEMS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "their_pipeline.py"
    path.write_text(FILE)
    return path


def words(service: Service, rows: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return ("--dataset", rows, "--data.columns.prompt", "problem", "--endpoint", service.url, *more)


def errors_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "errors.jsonl").read_text().splitlines()]


def test_the_recipe_direct_asks_for_reflection_and_keeps_the_plain_prompt(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    service.answer = lambda body: "no thoughts" if body["messages"][0]["content"][0] == "5" else THINKING
    asked = words(service, rows, "--recipe", "direct", "--samples", "2", "--reward", "accuracy,format")
    run = generate(tmp_path / "run", *asked)
    assert "verify it" in service.bodies[0]["messages"][0]["content"]
    # Each row went through twice, with its own seeds.
    assert len({body["seed"] for body in service.bodies}) == len(service.bodies) == 24
    found = rows_of(run)
    assert [row["id"] for row in found[:3]] == ["q0-0", "q0-1", "q1-0"] and len(found) == 22
    first = found[2]
    assert first["prompt"] == [{"role": "user", "content": "1"}]
    assert (first["completion"], first["reasoning"], first["answer"]) == (THINKING, "hm", "\\boxed{1}")
    assert (first["finish_reason"], first["completion_tokens"], first["prompt_tokens"]) == ("stop", 5, 3)
    assert first["rewards"] == {"accuracy": 1.0, "format": 1.0} and first["solution"] == "1"
    assert {(error["id"], error["reason"]) for error in errors_of(run)} == {
        ("q5", "no thoughts followed by an answer")
    }
    assert figures_of(run)["failures"] == {"no thoughts followed by an answer": 2}
    lineage = json.loads((run / "dataset" / "lineage.json").read_text())
    assert lineage["steps"][0]["settings"]["recipe"] == "direct"


def test_a_recipe_that_loses_all_to_the_length_limit_says_so(
    service: Service,
    rows: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = {"completion_tokens": 9, "prompt_tokens": 3}
    cut_off = json.dumps(
        {"choices": [{"message": {"content": "hm"}, "finish_reason": "length"}], "usage": usage}
    )
    monkeypatch.setattr(service, "completion", lambda body: cut_off)
    run = generate(tmp_path / "run", *words(service, rows, "--recipe", "direct", "--max-new-tokens", "9"))
    assert {(error["reason"], error["message"]) for error in errors_of(run)} == {
        ("no thoughts followed by an answer: cut off", "at 9 tokens")
    }
    figures = figures_of(run)
    assert (figures["cut_off_share"], figures["completions"]) == (1.0, 0)
    assert (figures["completion_tokens"], figures["prompt_tokens"]) == (
        9 * figures["rows"],
        3 * figures["rows"],
    )
    show_figures(cast("Prepared", None), run)
    said = capsys.readouterr().err
    assert "it is empty" in said and "raise --max-new-tokens" in said and "train on it" not in said


@pytest.mark.slow
def test_the_recipe_few_shot_shows_examples_and_writes_the_papers_format(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    service.answer = lambda body: THINKING
    example = {"prompt": "one?", "completion": "<think>\nlong\n</think>\nshort"}
    examples = write_rows(tmp_path / "examples.jsonl", [example])
    format = ("--generate.format", "special_token", "--system-prompt", "Think.")
    asked = words(service, rows, "--num-rows", "1", "--recipe", "few-shot", "--examples", examples, *format)
    run = generate(tmp_path / "run", *asked)
    messages = service.bodies[0]["messages"]
    assert [turn["role"] for turn in messages] == ["system", "user", "assistant", "user"]
    assert messages[1]["content"].startswith("one?") and messages[3]["content"].startswith("0\n")
    assert messages[2]["content"] == "<think>\nlong\n</think>\n<answer>\nshort\n</answer>"
    (row,) = rows_of(run)
    assert row["completion"] == "|special_token|hm|special_token|\\boxed{1}"
    assert (row["reasoning"], row["answer"]) == ("hm", "\\boxed{1}")


@pytest.mark.slow
def test_the_recipe_refine_cleans_raw_completions_and_keeps_what_is_still_right(
    service: Service, tmp_path: Path
) -> None:
    raw = "<think>\nhm\n\n\n\nhm 对\x00\n```python\n2\n2\n```\n</think>\nthe answer is 1"
    given = [
        {"prompt": f"row {number}", "solution": "1", "completion": text}
        for number, text in enumerate([raw, raw.replace("对", "so"), "<think> without an end"])
    ]
    rows = write_rows(tmp_path / "raw.jsonl", given)
    service.answer = lambda body: (
        THINKING if "row 0" in body["messages"][0]["content"] else THINKING.replace("{1}", "{2}")
    )
    asked = ("--dataset", rows, "--endpoint", service.url, "--recipe", "refine", "--reward", "accuracy")
    run = generate(tmp_path / "run", *asked)
    # They come in any order.
    asked_for = sorted(body["messages"][0]["content"] for body in service.bodies)
    assert len(asked_for) == 2
    assert "# Notes\n\nhm\n\nhm 对\n\n2\n\nFinal answer: the answer is 1" in asked_for[0]
    (row,) = rows_of(run)
    assert row["completion"] == THINKING and row["raw_completion"] == raw
    assert figures_of(run)["dropped"] == {"wrong": 1, "failed": 1}
    assert [error["reason"] for error in errors_of(run)] == [
        "the raw completion has no thoughts followed by an answer"
    ]


def test_a_file_of_somebody_else_runs_and_nothing_is_asked_for_twice(
    service: Service, rows: Path, file: Path, tmp_path: Path
) -> None:
    asked = words(service, rows, "--pipeline", f"{file}:build")
    run = generate(tmp_path / "run", *asked)
    drafts = [body for body in service.bodies if body["temperature"] == 0.1]
    assert len(drafts) == 12 and {body["max_tokens"] for body in drafts} == {5}
    found = rows_of(run)
    assert [row["id"] for row in found] == [f"q{number}-0" for number in range(12)]
    assert found[1]["completion"] == "it is Improve it is Ask about 1"
    assert (found[1]["question"], found[1]["draft"]) == ("Ask about 1", "it is Ask about 1")
    # As the last step has sampled it.
    assert (found[1]["max_new_tokens"], found[1]["temperature"]) == (77, 0.6)
    # A kill before the end of the chunk leaves completions alone, and its records not.
    for path in (run / "pipeline").iterdir():
        path.unlink()
    again = generate(tmp_path / "run", *asked)
    assert len(service.bodies) == 24 and rows_of(again) == found


@pytest.mark.soak
def test_chunks_give_equal_prompts_completions_of_their_own(
    service: Service, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_rows, "_CHUNK", 4)
    count: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> str:
        asked = body["messages"][0]["content"]
        count[asked] = count.get(asked, 0) + 1
        return f"{asked} {count[asked]}"

    service.answer = answer
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": str(number % 3)} for number in range(10)])
    asked = ("--dataset", rows, "--endpoint", service.url, "--recipe", "teacher")
    found = rows_of(generate(tmp_path / "run", *asked))
    assert sorted(row["completion"] for row in found) == sorted(
        f"{prompt} {nth}" for prompt in range(3) for nth in range(1, 5 if prompt == 0 else 4)
    )
    assert len({body["seed"] for body in service.bodies}) == 10
    write_rows(rows, [{"prompt": str(number % 3)} for number in range(11)])
    generate(tmp_path / "run", *asked)
    assert len(service.bodies) == 11


@pytest.mark.slow
def test_failed_requests_are_errors_of_their_rows(service: Service, rows: Path, tmp_path: Path) -> None:
    service.fail = lambda number: (
        TOO_LONG if service.bodies[number - 1]["messages"][0]["content"] == "5" else None
    )
    run = generate(tmp_path / "run", *words(service, rows, "--recipe", "teacher"))
    assert [(error["id"], error["reason"]) for error in errors_of(run)] == [
        ("q5", "too long for the context")
    ]
    assert figures_of(run)["written"] == 11
    (cut_off,) = [row for row in rows_of(run) if row["finish_reason"] == "length"]
    assert cut_off["source_id"] == "q3"


@pytest.mark.slow
def test_what_was_cut_off_is_tried_again_with_a_longer_limit(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    more = ("--recipe", "teacher", "--on-truncated", "retry", "--max_new_tokens", "7")
    generate(tmp_path / "run", *words(service, rows, *more))
    limits = [body["max_tokens"] for body in service.bodies if body["messages"][0]["content"] == "3"]
    assert limits == [7, 14]
    # Both tries were paid for, and one answer of twelve is cut off.
    figures = figures_of(tmp_path / "run")
    assert (figures["completion_tokens"], figures["cut_off_share"]) == (65, round(1 / 12, 4))


@pytest.mark.slow
def test_a_refused_key_ends_the_run_with_its_reason(service: Service, rows: Path, tmp_path: Path) -> None:
    service.fail = lambda number: (401, '{"error": "no"}')
    with pytest.raises(R1Error, match="401"):
        generate(tmp_path / "run", *words(service, rows, "--recipe", "teacher"))


@pytest.mark.slow
def test_a_pipeline_that_fails_or_leaves_rows_out(service: Service, rows: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.py"
    file.write_text(
        FILE.replace(
            'yield [{**row, "question"',
            "if inputs[0]['instruction'] == '5': raise ValueError('no five')\n    yield [{**row, 'question'",
        )
        .replace("for row in inputs]", "for row in inputs if row['instruction'] != '7']")
        .replace("ask = Ask()", "ask = Ask(input_batch_size=1)")
    )
    run = tmp_path / "run"
    with pytest.raises(R1Error, match="the step ask_0 failed: ValueError: no five"):
        generate(run, *words(service, rows, "--pipeline", file))
    assert len(rows_of(run)) == 10
    assert [error["id"] for error in errors_of(run)] == ["q5"]
    assert figures_of(run)["dropped"]["by_the_pipeline"] == 1


def test_failures_name_their_step_and_those_of_the_code_are_tried_again_once_it_is_fixed(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    file, run = tmp_path / "measured.py", tmp_path / "run"
    file.write_text(MEASURED)
    asked = words(service, rows, "--pipeline", file, "--price", "1000000,0")
    service.fail = lambda number: TOO_LONG if "about 4" in str(service.bodies[number - 1]) else None
    with pytest.raises(R1Error) as raised:
        generate(run, *asked)
    line = 1 + next(at for at, text in enumerate(MEASURED.splitlines()) if "no five" in text)
    (error,) = raised.value.all()
    assert error.what == "the step measure failed: ValueError: no five (1 of the rows)"
    assert error.where == f"{file}:{line}" and "then resume the run" in error.fix
    too_long, broken = errors_of(run)
    assert (too_long["id"], too_long["step"], too_long["passing"]) == ("q4", "draft", False)
    assert broken == {
        "row": 5, "id": "q5", "sample": 0, "reason": "the step measure failed: ValueError",
        "message": "no five", "passing": True, "step": "measure", "where": f"{file}:{line}",
    }  # fmt: skip
    # No request follows one that failed; those of both steps are counted.
    assert len(service.bodies) == 23
    figures = figures_of(run)
    assert (figures["completion_tokens"], figures["prompt_tokens"], figures["cost"]) == (110, 66, 66.0)
    shown = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert (shown["tokens"], shown["cost"], shown["failed"]) == (110, 66.0, 1)
    (tmp_path / "fixed").touch()
    generate(run, *asked)
    assert [error["id"] for error in errors_of(run)] == ["q4"] and len(service.bodies) == 23
    found = rows_of(run)
    assert [row["id"] for row in found] == [f"q{number}-0" for number in range(12) if number != 4]
    assert all(row["length"] == len(row["completion"]) for row in found)
    again = figures_of(run)
    assert (again["completion_tokens"], again["prompt_tokens"]) == (110, 66)


@pytest.mark.timeout(120)
def test_a_step_that_fails_for_every_row_ends_the_run(service: Service, rows: Path, tmp_path: Path) -> None:
    """However much is logged of it: distilabel's reader of its steps' messages then waited forever."""
    file, run = tmp_path / "broken.py", tmp_path / "run"
    broken = MEASURED.replace('row["generation"].endswith("about 5")', "True")
    file.write_text(broken.replace('ValueError("no five")', 'ValueError("?" * 200_000)'))
    with pytest.raises(R1Error, match=r"the step measure failed: ValueError: \?+ \(12 of the rows\)"):
        generate(run, *words(service, rows, "--pipeline", file))
    assert len(errors_of(run)) == 12


def test_what_a_step_changed_before_it_failed_is_undone(service: Service, rows: Path, tmp_path: Path) -> None:
    """Also deep in a row, and where a row has several samples."""
    file, run = tmp_path / "nested.py", tmp_path / "it's a run"
    file.write_text(
        """
from distilabel.pipeline import Pipeline
from distilabel.steps import ExpandColumns, StepInput, step
from distilabel.steps.tasks import ChatGeneration

@step(inputs=["messages"], outputs=["messages", "parts"])
def Add(inputs: StepInput):
    for row in inputs:
        row["messages"].append({"role": "assistant", "content": "ok"})
        row["messages"].append({"role": "user", "content": "more"})
        row["parts"] = 5 if row["id"] == "q4" else ["a"]
        if row["id"] == "q5":
            raise ValueError("no five")
    yield inputs

def build(llm):
    with Pipeline("nested") as pipeline:
        expand = ExpandColumns(name="expand", columns=["parts"])
        Add(name="add") >> ChatGeneration(name="chat", llm=llm) >> expand
    return pipeline
"""
    )
    with pytest.raises(R1Error) as raised:
        generate(run, *words(service, rows, "--pipeline", file, "--samples", "2"))
    assert len(service.bodies) == 22
    assert all(
        [turn["content"] for turn in body["messages"]][1:] == ["ok", "more"] for body in service.bodies
    )
    found = rows_of(run)
    assert [row["id"] for row in found[:3]] == ["q0-0", "q0-1", "q1-0"] and len(found) == 20
    assert all(len(row["prompt"]) == 1 for row in found)
    theirs, library = sorted(raised.value.all(), key=lambda error: error.what)  # of the steps add and expand
    # Of what no line of theirs has raised, the place is the log, which is named from anywhere.
    assert theirs.where.startswith(f"{file}:") and library.where == str(run / "logs/generate-rank0.log")
    again = "then resume the run: it tries these rows"
    assert theirs.fix.startswith(f"correct the step, {again}")
    assert library.fix.startswith(f"check what the step before passes on, {again}")
    assert theirs.fix.endswith("the dataset has 20 rows without them")


@pytest.mark.parametrize("samples", [1, 2])
def test_branches_that_left_out_different_rows_are_not_joined(
    samples: int, service: Service, rows: Path, tmp_path: Path
) -> None:
    text = """
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, Step, StepInput, step
from distilabel.steps.tasks import TextGeneration

class Without(Step):
    number: int

    @property
    def outputs(self):
        return ["a"]

    def process(self, inputs: StepInput):
        yield [{**row, "a": row["id"]} for at, row in enumerate(inputs) if at != self.number]

@step(inputs=["instruction"], outputs=["united"])
def Unite(*inputs: StepInput):
    yield [{**row, "united": True} for rows in inputs for row in rows]

def build(llm):
    with Pipeline("apart") as pipeline:
        join = GroupColumns(name="join", columns=["a"], output_columns=["both"])
        [Without(name="x", number=0), Without(name="y", number=1)] >> join >> TextGeneration(llm=llm)
    return pipeline
"""
    (tmp_path / "apart.py").write_text(text)
    asked = words(service, rows, "--num-rows", "6", "--samples", str(samples))
    with pytest.raises(R1Error, match="the branches of the step join left out different rows") as raised:
        generate(tmp_path / "run", *asked, "--pipeline", tmp_path / "apart.py")
    assert raised.value.fix == "leave them out after the join" and not service.bodies
    # A step that somebody wrote may do with its inputs what it likes.
    joined = 'GroupColumns(name="join", columns=["a"], output_columns=["both"])'
    (tmp_path / "united.py").write_text(text.replace(joined, "Unite()"))
    run = generate(tmp_path / "united", *asked, "--pipeline", tmp_path / "united.py")
    assert len(rows_of(run)) == 2 * (6 * samples - 1)


@pytest.mark.slow
def test_rows_of_branches_stay_beside_each_other_when_one_fails(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    file = tmp_path / "branches.py"
    file.write_text(
        """
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, KeepColumns, StepInput, step
from distilabel.steps.tasks import TextGeneration

@step(inputs=["instruction"], outputs=["half"])
def Half(inputs: StepInput):
    yield [{**row, "half": str(1 // int(row["instruction"]))} for row in inputs]

@step(inputs=["generation"], outputs=["longest"], step_type="global")
def Longest(inputs: StepInput):
    yield [{**row, "longest": max(len(one["generation"]) for one in inputs)} for row in inputs]

def build(llm):
    with Pipeline("branches") as pipeline:
        draft = TextGeneration(name="draft", llm=llm)
        join = GroupColumns(columns=["instruction"], output_columns=["both"])
        keep = KeepColumns(columns=["r1_row", "generation", "both"])
        [draft, Half(name="half")] >> join >> keep >> Longest()
    return pipeline
"""
    )
    with pytest.raises(R1Error, match="the step half failed: ZeroDivisionError"):
        generate(tmp_path / "run", *words(service, rows, "--pipeline", file))
    found = rows_of(tmp_path / "run")
    assert [row["both"] for row in found] == [[str(number)] * 2 for number in range(1, 12)]
    assert all(row["completion"].endswith(f"it is {row['both'][0]}") for row in found)
    assert [error["id"] for error in errors_of(tmp_path / "run")] == ["q0"]
    assert "half" not in found[0] and found[0]["longest"] == len("<think>\nhm\n</think>\nit is 7")


def test_a_length_limit_of_a_step_beyond_the_context_is_refused_before_anything_is_sampled(
    service: Service, rows: Path, file: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"max_position_embeddings": 64}')
    limits = ("--model", model, "--max-new-tokens", "32")
    with pytest.raises(
        R1Error, match="max_new_tokens of the step final is 77, and the model's context 64"
    ) as raised:
        generate(tmp_path / "run", *words(service, rows, "--pipeline", file, *limits))
    line = 1 + next(at for at, text in enumerate(FILE.splitlines()) if "=77" in text)
    assert raised.value.where == f"{file}:{line}" and "set it to 32 or less" in raised.value.fix
    assert not service.bodies


@pytest.mark.soak
@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("return pipeline", "return 7"), "build returned int, not a distilabel Pipeline"),
        (("ask >> draft >> final", "ask >> [draft, final]"), "ends in several steps: draft, final"),
        (("def build(llm):", "def build(llm):\n    1 / 0"), "cannot run: ZeroDivisionError"),
        (('{"instruction": "question"}', '{"instruction": "nothing"}'), "nothing"),
        (('columns=["draft"],', 'columns=["draft"], output_mappings={"generation": "text"},'), "neither"),
    ],
)
def test_a_pipeline_that_cannot_run_is_refused_with_its_reason(
    change: tuple[str, str], error: str, service: Service, rows: Path, tmp_path: Path
) -> None:
    file = tmp_path / f"wrong_{abs(hash(error))}.py"
    assert change[0] in FILE
    file.write_text(FILE.replace(*change))
    with pytest.raises(R1Error, match=error):
        generate(tmp_path / "run", *words(service, rows, "--pipeline", file))


@pytest.mark.slow
def test_a_step_that_is_killed_ends_the_run_which_resumes(
    host: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(seconds=0.1)
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": f"row {number}"} for number in range(40)])
    asked = ("--dataset", rows, "--endpoint", service.url, "--concurrency", "2", "--recipe", "teacher")

    def kill() -> None:
        """Kills the process that writes completions."""
        deadline = time.monotonic() + PATIENCE
        while len(service.bodies) < 10 and time.monotonic() < deadline:
            time.sleep(0.02)
        (segment,) = (tmp_path / "run" / "completions").glob("*.jsonl")
        for process in Path("/proc").glob("[0-9]*"):
            if any(_leads_to(link, segment) for link in (process / "fd").glob("*")):
                os.kill(int(process.name), signal.SIGKILL)

    thread = Thread(target=kill)
    thread.start()
    with pytest.raises(R1Error, match="the process of a pipeline's step was killed"):
        generate(tmp_path / "run", *asked)
    thread.join()
    share(host, monkeypatch)
    generate(tmp_path / "run", *asked)
    assert len(rows_of(tmp_path / "run")) == 40
    assert len(service.bodies) <= 40 + 2


def _leads_to(link: Path, file: Path) -> bool:
    try:
        return link.resolve() == file
    except OSError:
        return False


@pytest.mark.soak
def test_most_failures_end_the_run(service: Service, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": str(number)} for number in range(200)])
    service.fail = lambda number: TOO_LONG if number > 5 else None
    asked = ("--dataset", rows, "--endpoint", service.url, "--concurrency", "4", "--recipe", "teacher")
    with pytest.raises(R1Error, match=r"of the first \d+ requests of the step teacher failed"):
        generate(tmp_path / "run", *asked)
    assert 20 <= len(service.bodies) < 30


@pytest.mark.slow
def test_shares_of_an_array_complete_chunks_and_the_last_one_writes(
    service: Service, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = (
        *words(service, rows, "--recipe", "teacher", "--reward", "accuracy"),
        "--output-dir",
        tmp_path / "run",
    )
    job = prepare("generate", Request(flags=flags_of(*map(str, flags), command="generate"))).job
    write_job(job)
    (tmp_path / "run" / "launch").mkdir(exist_ok=True)
    for share in range(2):
        folder = tmp_path / "run" / "shares" / str(share)
        folder.mkdir(parents=True)
        monkeypatch.setenv(SHARE, f"{share}/2")
        assert not (tmp_path / "run" / "dataset").exists()
        work(folder, dict(job.record))
    assert [row["id"] for row in rows_of(tmp_path / "run")] == [f"q{number}-0" for number in range(12)]
    assert len(service.bodies) == 12
