"""``r1 reward``: what it lists, what it scores, and what it says when a run could not learn."""

import contextlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from r1cli.cli import app
from r1cli.errors import R1Error
from r1cli.rewards.figures import figures, histogram
from r1cli.rewards.files import Rows
from r1cli.rewards.learning_signal import find_signal
from r1cli.rewards.score_rows import parts
from r1cli.scoring.statistics import totals
from tests.run_folders import make_run

pytestmark = pytest.mark.e2e

RIGHT = "<think>\nx\n</think>\n<answer>\n2\n</answer>"
ROWS: list[dict[str, Any]] = [
    {"prompt": "1+1?", "solution": "2", "completion": RIGHT},
    {
        "prompt": "1+1?",
        "solution": "2",
        "completion": [{"role": "assistant", "content": "<answer>3</answer>"}],
    },
    {"prompt": "1+2?", "solution": "3", "completion": "<answer>3</answer>"},
]

MINE = '''
def chars(completions, prompts, *, factor=1.0, **kwargs):
    """Characters, times a factor."""
    texts = [c if isinstance(c, str) else c[-1]["content"] for c in completions]
    return [factor * len(text) if text else None for text in texts]

def half(completions, **kwargs):
    return [float("nan") if i else 0.5 for i in range(len(completions))]

def broken(completions, **kwargs):
    raise RuntimeError("boom")
'''


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str


def reward(*words: str | Path) -> Result:
    """Runs ``r1 reward`` in this process; what the user can fix is raised."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        app.run(["reward", *map(str, words)])
    return Result(int(ended.value.code or 0), printed.getvalue())


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "rows.jsonl", ROWS)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


@pytest.fixture
def audit_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `r1 reward audit-gold` asks a child process for is done in this one, which has loaded datasets."""
    from r1cli.rewards.audit import audit

    monkeypatch.setattr("r1cli.children.ask", lambda module, request: audit(request))


def scores(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_list_and_the_description_of_one() -> None:
    rows = {row["name"]: row for row in json.loads(reward("list", "--json").stdout)}
    assert rows["accuracy"]["columns"] == ["solution"]
    assert rows["accuracy"]["plugin"].startswith("rewards (r1cli")
    assert "tag_count" in reward("list").stdout
    shown = json.loads(reward("show", "accuracy", "--json").stdout)
    assert "gold" in shown["formula"]
    assert "open-r1" in shown["source"]
    assert shown["formula"] in reward("show", "accuracy").stdout


def test_the_description_of_a_function_in_a_file(folder: Path) -> None:
    shown = reward("show", "mine.py:chars").stdout
    assert "Characters, times a factor." in shown
    assert "--rewards.chars.factor 1.0" in shown


def test_a_description_has_what_is_known_and_no_empty_lines_for_the_rest(folder: Path) -> None:
    assert reward("show", "mine.py:half").stdout == f"columns:   none\nsource:    {folder}/mine.py:7\n"
    (folder / "other.py").write_text('def one(completions, *, k=1, **kwargs):\n    """One line."""\n')
    shown = reward("show", "other.py:one").stdout
    facts = f"what:      One line.\ncolumns:   none\nsource:    {folder}/other.py:1\n"
    assert shown == f"{facts}\n--rewards.one.k 1\n"


def test_a_file_is_scored_row_by_row_and_nothing_is_overwritten(folder: Path) -> None:
    result = reward(
        "score", "rows.jsonl", "--reward", "format,mine.py:chars:0.5", "--rewards.chars.factor", "2"
    )
    assert result.exit_code == 0
    written = folder / "rows.jsonl.scores.jsonl"
    chars = f"{folder}/mine.py:chars"
    lines = [(row["index"], row["scores"], row["fault"]) for row in scores(written)]
    assert lines == [
        (0, {"format": 1.0, chars: 2.0 * len(RIGHT)}, None),
        (1, {"format": 0.0, chars: 36.0}, None),
        (2, {"format": 0.0, chars: 36.0}, None),
    ]
    table = {line.split()[0]: line.split() for line in result.stdout.splitlines()}
    # weight, n, mean, standard deviation over n - 1, smallest, largest, None, faults
    assert table["format"] == ["format", "1", "3", "0.3333", "0.5774", "0", "1", "0", "0"]
    before = written.read_text()
    with pytest.raises(R1Error, match="exists already"):
        reward("score", "rows.jsonl", "--reward", "format", "--output", written)
    assert reward("score", "rows.jsonl", "--reward", "format").exit_code == 0
    assert len(scores(folder / "rows.jsonl.scores-2.jsonl")) == 3
    assert written.read_text() == before


def test_what_is_left_of_rounding_is_shown_as_nought(folder: Path) -> None:
    (folder / "noise.py").write_text("def noise(completions, **kwargs):\n    return [0.1, 0.2, -0.3]\n")
    shown = reward("score", "rows.jsonl", "--reward", "noise.py:noise").stdout
    line = next(line.split() for line in shown.splitlines() if "noise.py" in line)
    # weight, n, mean, standard deviation, smallest, largest
    assert line[1:7] == ["1", "3", "0", "0.2646", "-0.3", "0.2"]


def test_a_run_is_scored_with_its_own_rewards_and_again_with_others(folder: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rewards = {
        "reward_funcs": ["accuracy", "format", "mine.py:chars"],
        "reward_weights": [1.0, 0.5, 0.1],
        "chars": {"factor": 2.0},
    }
    run = make_run(folder / "runs" / "math", command="grpo", config={"rewards": rewards})
    (run / "completions").mkdir()
    row = {
        "prompt": [{"role": "user", "content": "1+1?"}],
        "completion": [{"role": "assistant", "content": RIGHT.removeprefix("<think>")}],
        "solution": "2",
        "columns": json.dumps({"solution": ["2"], "prefill": "<think>"}),
        "accuracy": 0.0,
        "advantage": 0.0,
    }
    for step in (1, 2):
        table = pyarrow.Table.from_pylist([{"step": step, **row}])
        pyarrow.parquet.write_table(table, run / "completions" / f"completions_{step:05d}.parquet")
    result = reward("score", "math")
    assert result.exit_code == 0
    table_of = {line.split()[0]: line.split() for line in result.stdout.splitlines()}
    assert table_of["format"][1] == "0.5"
    found = scores(run / "completions.scores.jsonl")
    assert [one["place"] for one in found] == [{"step": 1, "index": 0}, {"step": 2, "index": 0}]
    values = [
        {"accuracy": 1.0, "format": 1.0, f"{folder}/mine.py:chars": 2.0 * (len(RIGHT) - len("<think>"))}
    ] * 2
    assert [one["scores"] for one in found] == values
    assert reward("score", run, "--reward", "format").exit_code == 0
    assert [one["scores"] for one in scores(run / "completions.scores-2.jsonl")] == [{"format": 1.0}] * 2
    # So is one of its files.
    file = run / "completions" / "completions_00002.parquet"
    assert reward("score", file, "--reward", "accuracy", "--output", "o.jsonl").exit_code == 0
    assert [one["scores"] for one in scores(folder / "o.jsonl")] == [{"accuracy": 1.0}]


def test_a_run_without_completions_is_named_before_its_rewards(folder: Path) -> None:
    make_run(folder / "runs" / "trained", command="sft")
    for words in ((), ("--reward", "accuracy")):
        with pytest.raises(R1Error, match="'sft', which samples no completions") as caught:
            reward("score", "trained", *words)
        assert "`r1 evaluate tiny --run trained`" in caught.value.fix


def test_a_part_of_a_run_names_the_run(folder: Path) -> None:
    run = make_run(folder / "runs" / "mine", command="evaluate")
    (run / "benchmarks" / "dataset").mkdir(parents=True)
    (run / "benchmarks" / "dataset" / "scores.jsonl").touch()
    file = write(run / "benchmarks" / "dataset" / "samples.jsonl", [{"problem": "0", "completion": RIGHT}])
    with pytest.raises(R1Error, match="a part of a run") as caught:
        reward("score", file)
    assert caught.value.fix.startswith("`r1 reward score mine --reward accuracy,format:0.5`")
    for words in (("score", file, "--reward", "accuracy"), ("disagree", file)):
        with pytest.raises(R1Error, match="needs the column 'solution'") as caught:
            reward(*words)
        assert caught.value.fix == "name the run in place of its file: mine"
    # Another file may be beside them.
    own = write(run / "own.jsonl", [{"completion": RIGHT}])
    with pytest.raises(R1Error, match="needs a --reward"):
        reward("score", own)


def test_parquet_scores_as_jsonl_does(folder: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    chats = [{**row, "completion": [{"role": "assistant", "content": RIGHT}]} for row in ROWS]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(chats), folder / "rows.parquet")
    assert reward("score", "rows.parquet", "--reward", "format", "--output", "o.jsonl").exit_code == 0
    assert [row["scores"]["format"] for row in scores(folder / "o.jsonl")] == [1.0, 1.0, 1.0]


def test_a_csv_scores_as_jsonl_does(folder: Path) -> None:
    rows = ("prompt,solution,completion", "1+1?,2,<answer>2</answer>", "1+2?,3,<answer>4</answer>")
    (folder / "rows.csv").write_text("\n".join(rows))
    assert reward("score", "rows.csv", "--reward", "accuracy").exit_code == 0
    lines = map(json.loads, (folder / "rows.csv.scores.jsonl").read_text().splitlines())
    assert [line["scores"]["accuracy"] for line in lines] == [1.0, 0.0]


def test_columns_are_renamed_and_missing_ones_named(folder: Path) -> None:
    others = [{"question": "?", "output": RIGHT, "answer": "2"}]
    write(folder / "other.jsonl", others)
    words = ("--columns.completion", "output", "--columns.prompt", "question")
    with pytest.raises(R1Error) as caught:
        reward("score", "other.jsonl", "--reward", "accuracy", *words)
    assert caught.value.what == "reward 'accuracy' needs the column 'solution'"
    assert "--columns.solution" in caught.value.fix
    assert "answer" in caught.value.where
    with pytest.raises(R1Error, match="no column 'outputs'") as caught:
        reward("score", "other.jsonl", "--reward", "format", "--columns.completion", "outputs")
    assert "output" in caught.value.fix
    assert not (folder / "other.jsonl.scores.jsonl").exists()
    result = reward("score", "other.jsonl", "--reward", "accuracy", *words, "--columns.solution", "answer")
    assert result.exit_code == 0


def test_a_column_is_scored_under_two_names(folder: Path) -> None:
    (folder / "mine.py").write_text(
        "def same(completions, answer, prompt=None, **kwargs):\n    return answer\n"
    )
    write(folder / "other.jsonl", [{"prompt": "?", "completion": RIGHT, "solution": 2}])
    words = ("--reward", "accuracy,mine.py:same", "--columns.answer", "solution")
    assert reward("score", "other.jsonl", *words).exit_code == 0
    (line,) = scores(folder / "other.jsonl.scores.jsonl")
    assert [*line["scores"].values()] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("nothing.jsonl", "--reward", "format"), "there is no file 'nothing.jsonl'"),
        (("mine.py", "--reward", "format"), "cannot read .py files"),
        (("rows.jsonl", "--reward", "formatt"), "unknown reward 'formatt'"),
        (("rows.jsonl", "--reward", "mine.py:chars", "--rewards.chars.facto", "1"), "no parameter 'facto'"),
        (("rows.jsonl", "--reward", "format", "--max_steps", "1"), "unknown key 'max_steps'"),
        (("bad.jsonl", "--reward", "format"), "this is not valid JSON"),
        (("odd.jsonl", "--reward", "format"), "the completion of row 1 is neither text nor a chat"),
    ],
)
def test_mistakes(folder: Path, words: tuple[str, ...], what: str) -> None:
    (folder / "bad.jsonl").write_text("{")
    write(folder / "odd.jsonl", [{"completion": "a"}, {"completion": 4}])
    with pytest.raises(R1Error) as caught:
        reward("score", *words)
    assert what in caught.value.what


def test_a_parameter_that_must_be_set_is_asked_for_before_anything_is_scored(folder: Path) -> None:
    (folder / "need.py").write_text("def need(completions, *, k, **kwargs):\n    return [float(k)]\n")
    what = "reward '.*need.py:need' needs its parameter 'k'"
    with pytest.raises(R1Error, match=what) as caught:
        reward("score", "rows.jsonl", "--reward", "need.py:need")
    assert caught.value.fix.startswith("set --rewards.need.k VALUE;")
    assert not (folder / "rows.jsonl.scores.jsonl").exists()
    explain = ("explain", "need.py:need", "--completion", "x")
    with pytest.raises(R1Error, match=what):
        reward(*explain)
    assert reward(*explain, "--rewards.need.k", "2").stdout == "need.py:need: 2\n"


def test_faults_are_counted_and_fail_only_when_there_is_nothing_else(folder: Path) -> None:
    result = reward("score", "rows.jsonl", "--reward", "mine.py:half,format")
    assert result.exit_code == 0
    table = {line.split()[0]: line.split() for line in result.stdout.splitlines()}
    assert table[f"{folder}/mine.py:half"][-2:] == ["0", "2"]
    assert table["format"][-2:] == ["0", "0"]
    assert [bool(row["fault"]) for row in scores(folder / "rows.jsonl.scores.jsonl")] == [False, True, True]
    result = reward("score", "rows.jsonl", "--reward", "mine.py:broken", "--output", "o.jsonl")
    assert result.exit_code == 1
    assert "RuntimeError: boom" in scores(folder / "o.jsonl")[0]["fault"]


def test_a_server_that_is_down_is_said_once_and_without_a_traceback(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "brief.py").write_text(
        "import asyncio\n"
        "from r1cli import Client\n"
        "from r1cli.endpoint import Endpoint\n"
        "async def brief(completions, **kwargs):\n"
        "    async with Client([Endpoint('http://127.0.0.1:9/v1')], tries=1) as client:\n"
        "        return await client.complete('x')\n"
    )
    assert reward("score", "rows.jsonl", "--reward", "brief.py:brief").exit_code == 1
    said = capfd.readouterr().err
    assert "Traceback" not in said and said.count("fix: start the server, or check the address") == 1
    assert "3 of 3 rows met a fault: see above" in said


def test_a_file_may_end_with_a_line_break(folder: Path) -> None:
    (folder / "completion.txt").write_text("<think>\na\n</think>\n<answer>\n4\n</answer>\n")
    assert reward("explain", "format", "--completion", "@completion.txt").stdout.startswith("format: 1\n")


def test_explaining_a_verdict(folder: Path) -> None:
    (folder / "completion.txt").write_text("so <answer>1/2</answer>")
    text = reward("explain", "accuracy", "--completion", "@completion.txt", "--gold", "0.5").stdout
    assert text.startswith("accuracy: 1\n")
    assert "decided: equal" in text
    text = reward("explain", "accuracy", "--completion", "<answer>4</answer>", "--gold", "5").stdout
    assert text.startswith("accuracy: 0\n")
    assert "decided: different" in text
    assert reward("explain", "format", "--completion", RIGHT).stdout == "format: 1\n"
    text = reward("explain", "format", "--completion", f"{RIGHT}.").stdout
    assert text == "format: 0\nformat_deviation: '.' is after </answer>\n"
    with pytest.raises(R1Error, match="needs solution beside a completion"):
        reward("explain", "accuracy", "--completion", "4")
    with pytest.raises(R1Error, match="unknown mode 'latx'"):
        reward("explain", "accuracy", "--completion", "4", "--gold", "4", "--mode", "latx")


@pytest.fixture
def golds(folder: Path) -> None:
    golds = ["4", "proof.", "$\\frac{1}{2}$"]
    rows = [{"id": f"row-{i}", "prompt": "?", "solution": gold} for i, gold in enumerate(golds)]
    write(folder / "golds.jsonl", rows)


@pytest.mark.usefixtures("golds")
def test_golds_that_cannot_be_parsed_are_found_with_their_rows() -> None:
    result = reward("audit-gold", "golds.jsonl", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["rows"]) == (1, 3)
    assert [(row["row"], row["id"]) for row in found["unparsable"]] == [(1, "row-1")]


@pytest.mark.usefixtures("golds", "audit_here")
def test_reading_golds_shows_no_bars(capsys: pytest.CaptureFixture[str]) -> None:
    from datasets import enable_progress_bars

    enable_progress_bars()
    reward("audit-gold", "golds.jsonl")
    assert "Generating" not in capsys.readouterr().err


@pytest.mark.usefixtures("golds", "audit_here")
def test_some_golds_of_a_column_are_audited() -> None:
    assert reward("audit-gold", "golds.jsonl", "--limit", "1").exit_code == 0
    with pytest.raises(R1Error, match="no column 'gold'") as caught:
        reward("audit-gold", "golds.jsonl", "--column", "gold")
    assert "with --columns.solution: it has " in str(caught.value.fix)


@pytest.mark.usefixtures("audit_here")
def test_golds_of_an_empty_file_are_refused_with_its_name(folder: Path) -> None:
    (folder / "golds.jsonl").touch()
    with pytest.raises(R1Error, match="the dataset has no rows") as caught:
        reward("audit-gold", "golds.jsonl")
    assert "golds.jsonl" in str(caught.value.where)
    assert "check the file" in str(caught.value.fix)


@pytest.mark.usefixtures("audit_here")
def test_golds_are_counted_with_separators(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "golds.jsonl", [{"solution": str(number)} for number in range(1_001)])
    reward("audit-gold", "golds.jsonl")
    assert "1,001 reference answers: 0 cannot be read whole" in capsys.readouterr().err


def test_golds_of_a_hub_that_is_silent_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("r1cli.children.ask", pytest.fail)
    with pytest.raises(R1Error, match=r"is not on this machine, and the Hub .* cannot be reached") as caught:
        reward("audit-gold", "owner/rows")
    assert caught.value.where == "argument DATASET"
    assert "r1 prefetch dataset:owner/rows --to FOLDER" in caught.value.fix


@pytest.mark.usefixtures("folder", "audit_here")
def test_golds_of_a_file_that_is_not_there_are_those_of_the_argument() -> None:
    with pytest.raises(R1Error, match="there is no dataset file") as caught:
        reward("audit-gold", "rowz.jsonl")
    assert (caught.value.where, caught.value.fix) == ("argument DATASET", "did you mean rows.jsonl?")


@pytest.mark.usefixtures("audit_here")
def test_golds_that_deserve_a_look_are_shown_with_the_reason(folder: Path) -> None:
    doubtful = [
        "1,5",
        "2^3^4",
        "see figure",
        "3-5",
        "12 red apples",
        "57 and so on",
        "2, 4, \\ldots",
        "3, etc.",
    ]
    golds = [*doubtful, "12,345", "x - 5", "12 apples", "57", "0.333..."]
    write(folder / "golds.jsonl", [{"solution": gold} for gold in golds])
    found = json.loads(reward("audit-gold", "golds.jsonl", "--json").stdout)
    assert [row["gold"] for row in found["look"]] == doubtful


@pytest.mark.usefixtures("audit_here")
def test_a_gold_is_shown_as_the_row_has_it(folder: Path) -> None:
    (folder / "golds.jsonl").write_text('{"solution": 1.0}\n{"solution": NaN}\n')
    found = json.loads(reward("audit-gold", "golds.jsonl", "--json").stdout)
    assert [row["gold"] for row in found["unparsable"]] == ["NaN"]
    write(folder / "golds.jsonl", [{"solution": "\u200b"}, {"solution": "4"}])
    assert r'"\u200b"' in reward("audit-gold", "golds.jsonl").stdout


def test_scores_that_no_gold_allows_name_the_command_that_shows_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "odd.jsonl", [{"completion": RIGHT, "solution": "3 @ 5"}])
    reward("score", "odd.jsonl", "--reward", "accuracy")
    said = " ".join(capsys.readouterr().err.split())
    assert "accuracy has no score for 1 of 1 rows" in said
    assert "r1 reward audit-gold odd.jsonl" in said


@pytest.mark.parametrize("command", [("score", "--reward", "accuracy"), ("disagree",)])
def test_a_file_without_rows_is_refused(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "empty.jsonl").touch()
    with pytest.raises(R1Error, match="the file has no rows"):
        reward(command[0], "empty.jsonl", *command[1:])


def test_the_plan_of_a_probe_writes_nothing(folder: Path) -> None:
    words = ("--preset", "tiny-grpo", "--model", "some/model", "--dataset", "rows.jsonl")
    before = sorted(folder.iterdir())
    result = reward("probe", *words, "--num_generations", "4", "--dry-run", "--json")
    job = json.loads(result.stdout)["job"]
    (role,) = job["roles"]
    assert role["argv"][1:3] == ["-m", "r1cli.rewards.probe"]
    assert Path(job["run_dir"]).name.startswith("probe-model-")
    settings = job["record"]["probe"]
    assert (settings["num_prompts"], settings["num_generations"], settings["temperature"]) == (8, 4, 1.0)
    assert "r1cli.rewards.probe" in reward("probe", *words, "--dry-run").stdout
    assert sorted(folder.iterdir()) == before


@pytest.mark.slow
def test_a_probe_of_a_run_that_cannot_learn(folder: Path, tiny: Path) -> None:
    """An untrained model writes nothing of the right format."""
    result = reward(
        "probe", "--preset", "tiny-grpo", "--model", tiny / "model", "--dataset", "rows.jsonl",
        "--reward", "format", "--num_generations", "4", "--max_completion_length", "16",
        "--min_p", "1", "--repetition_penalty", "1e6", "--output-dir", "run",
    )  # fmt: skip
    assert result.exit_code == 1
    for words in ("the run cannot learn", "3 groups, 12 completions", "0  " + "#" * 40 + "  12"):
        assert words in result.stdout
    assert not (folder / "run").exists()
    (run_dir,) = folder.glob("run-probe-*")
    # Progress is shown from the first moment, and of a probe that resumes with what is stored.
    steps = [(line["step"], line["max_steps"]) for line in scores(run_dir / "metrics.jsonl")]
    assert (steps[0], steps[-1]) == ((0, 12), (12, 12))
    samples = scores(run_dir / "samples.jsonl")
    assert [each["group"] for each in samples] == [0] * 4 + [1] * 4 + [2] * 4
    assert all(each["scores"] == {"format": 0.0} for each in samples)
    # Sampled as the run would: only the likeliest token is left by min_p, and said once by the penalty.
    for group in range(3):
        (text,) = {each["completion"] for each in samples if each["group"] == group}
        tokens = re.findall(r"</?\w+>|.", text, re.DOTALL)
        assert len(tokens) == len(set(tokens)) == 16


def sample(group: int, fault: str | None = None, cut: bool = False, **values: float | None) -> dict[str, Any]:
    return {"group": group, "completion": str(values), "scores": values, "fault": fault, "truncated": cut}


def test_a_group_is_dead_when_its_weighted_sums_are_the_same() -> None:
    samples = [
        sample(0, a=1.0, b=0.0), sample(0, a=0.0, b=2.0),  # 1 * 1.0 = 0.5 * 2.0
        sample(1, a=1.0, b=0.0), sample(1, a=None, b=1.0, cut=True),  # 1.0 and 0.5
        sample(2, a=1.0, b=0.0), sample(2, fault="a: boom", a=0.0, b=0.0),  # a fault takes no part
        sample(3, a=None, b=None), sample(3, a=None, b=None),
    ]  # fmt: skip
    signal = find_signal(samples, {"a": 1.0, "b": 0.5})
    assert (signal.groups, signal.dead, signal.faults, signal.cut) == (4, 3, 1, 0.125)
    assert signal.alive
    assert [example["scores"] for example in signal.examples()][-1] == {"a": None, "b": 1.0}
    assert not find_signal(samples[:2], {"a": 1.0, "b": 0.5}).alive


def test_a_probe_without_scores_names_the_fault_and_blames_no_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from r1cli.cli.probe import _show_signal

    _show_signal(find_signal([sample(0, fault="a: TypeError: boom", a=None)] * 4, {"a": 1.0}), None)
    shown = capsys.readouterr()
    assert "the first fault: a: TypeError: boom" in shown.err
    assert "no completion has a score" in shown.out and "easier problems" not in shown.out


def test_a_probe_names_the_rewards_that_are_the_same_in_every_completion() -> None:
    from r1cli.cli.probe import _advice

    samples = [sample(0, a=0.0, b=1.0), sample(0, a=0.0, b=0.0), sample(0, fault="a: boom", a=1.0, b=0.0)]
    learns, same = _advice(find_signal(samples, {"a": 1.0, "b": 1.0})).splitlines()
    assert learns == "the run can learn: 1 of 1 groups tell good from bad"
    assert same == "the reward a is 0 in every completion and teaches nothing so far"


def test_figures_and_histograms() -> None:
    found = figures([1.0, 2.0, None, 3.0])
    assert (found.n, found.none, found.mean, found.std, found.low, found.high) == (3, 1, 2.0, 1.0, 1.0, 3.0)
    assert figures([None]).mean is None
    assert totals({"a": [1.0, None], "b": [2.0, None]}, {"a": 1.0, "b": -1.0}) == [-1.0, None]
    assert [line.split() for line in histogram([0.0, 1.0, 1.0])] == [
        ["0", "#" * 20, "1"],
        ["1", "#" * 40, "2"],
    ]
    lines = histogram([float(i) for i in range(101)])
    assert [int(line.split()[-1]) for line in lines] == [*[10] * 9, 11]


def test_the_completions_of_a_prompt_stay_together() -> None:
    rows = Rows(["x"] * 5, {"prompts": ["a", "b", "a", "b", "c"]})
    assert parts(rows, 2) == [[0, 2], [1, 3], [4]]
    assert parts(rows, 3) == [[0, 2, 1, 3], [4]]
    assert parts(Rows([], {}), 3) == []


def test_the_row_of_a_completion_can_be_given(folder: Path) -> None:
    columns = ("--column", "nums=[1,2]", "--column", "target=4")
    said = reward("explain", "equation", "--completion", "<answer>1+2</answer>", *columns).stdout
    assert said == "equation: 0\nequation_deviation: it equals 3, but the target is 4\n"
    (folder / "mine.py").write_text(
        "def own(completions, *, answer, **kwargs):\n    return [float(answer[0])]\n"
    )
    # A function outside of a plugin may name a column so.
    said = reward("explain", "mine.py:own", "--completion", "x", "--column", "answer=4").stdout
    assert said == "mine.py:own: 4\n"
    with pytest.raises(R1Error, match="needs nums and target"):
        reward("explain", "equation", "--completion", "<answer>1+2</answer>")
    with pytest.raises(R1Error, match="is not a column"):
        reward("explain", "equation", "--completion", "x", "--column", "completions=3")
    with pytest.raises(R1Error, match="does not read a gold"):
        reward("explain", "format", "--completion", "x", "--mode", "latex")
