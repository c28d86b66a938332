"""``r1 decontaminate`` as a user runs it."""

import json
import subprocess
from pathlib import Path

import pytest

from r1cli.runs.run_dir import claim, read_status
from tests.conftest import RunR1

PROBLEM = "A farmer has 17 sheep and buys 25 more at the market in town. How many sheep has the farmer?"


def test_a_leak_is_reported_and_removed(r1: RunR1, tmp_path: Path) -> None:
    rows = [{"problem": f"Now: {PROBLEM.upper()}"}, {"problem": "Something else"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "held.jsonl").write_text(json.dumps({"question": PROBLEM}) + "\n")
    # What lies in the current folder is not imported in place of Python's own.
    (tmp_path / "re.py").write_text("raise ImportError('it is mine')\n")
    against = ("--against", "tiny_sum,held.jsonl:question")
    words = ("decontaminate", "--dataset", "rows.jsonl", *against, "--fail-on-hits", "--output-dir", "run")
    first = r1(*words, cwd=tmp_path)
    assert first.returncode == 1
    assert "1 of 2 rows are to be removed (hits: 1 contaminated)" in first.stderr
    assert "held.jsonl:question" in first.stdout
    status = json.loads((tmp_path / "run/status.json").read_text())
    assert status["state"] == "finished"
    again = r1(*words, cwd=tmp_path)
    assert again.returncode == 1
    assert "finished already" in again.stderr
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write(json.dumps({"problem": PROBLEM}) + "\n")
    assert "2 of 3 rows are to be removed (hits: 2 contaminated)" in r1(*words, cwd=tmp_path).stderr
    cleaned = r1(
        "decontaminate", "--dataset", "run", *against, "--fail-on-hits", "--report-only", "--output-dir",
        "check", cwd=tmp_path,
    )  # fmt: skip
    assert cleaned.returncode == 0, cleaned.stderr
    assert not (tmp_path / "check/dataset").exists()


@pytest.mark.slow
def test_it_refuses_to_search_for_a_part_of_the_benchmarks(r1: RunR1, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem": "x"}\n')
    refused = r1(
        "decontaminate", "--dataset", "rows.jsonl", cwd=tmp_path,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "r1 prefetch aime24 aime25 math_500 gpqa:diamond gsm8k lcb ioi24 codeforces" in refused.stderr


def test_mistakes_are_found_before_anything_starts(main: RunR1, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem": "x"}\n')
    words = ("decontaminate", "--dataset", "rows.jsonl", "--against", "rows.jsonl:problm,aime42")
    refused = main(*words, "--search-columns", "solution", "--allow-list", "none.txt", cwd=tmp_path)
    assert refused.returncode == 2
    for what in ("no column 'problm'", "'aime42'", "no column 'solution'", "there is no 'none.txt'"):
        assert what in refused.stderr
    (tmp_path / "rows.jsonl").write_text('{"q": "x"}\n')
    words = ("decontaminate", "--dataset", "rows.jsonl", "--against", "tiny_sum", "--method", "openr1")
    assert "no column 'problem', which open-r1's script searches" in main(*words, cwd=tmp_path).stderr
    assert not (tmp_path / "runs").exists()


def test_open_r1s_flags(main: RunR1, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem": "x"}\n')
    words = (
        "--problem_column",
        "problem",
        "--ngram_size",
        "10",
        "--cleanup",
        "--new_dataset_name",
        "me/clean",
    )
    shown = main("decontaminate", "--dataset", "rows.jsonl", *words, "--dry-run", "--json", cwd=tmp_path)
    config = json.loads(shown.stdout)["config"]
    assert config["decontaminate"]["search_columns"] == ["problem"]
    assert config["decontaminate"]["ngram_size"] == 10
    assert config["training"]["output_dir"].endswith("me/clean")


def test_a_run_that_is_started_by_hand_is_listed_and_nobody_else_takes_it(r1: RunR1, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem": "one two three four five six seven eight nine"}\n')
    search = ("decontaminate", "--dataset", "rows.jsonl", "--against", "rows.jsonl:problem")
    planned = r1(*search, "--dry-run", "--write", "runs/hand", cwd=tmp_path)
    run_dir, command = tmp_path / "runs/hand", planned.stdout.splitlines()[-1]
    with claim(run_dir):  # as a worker that runs does
        second = subprocess.run(
            command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1 and "this run is still running" in second.stderr
        shown = r1("runs", "show", "hand", cwd=tmp_path).stdout
        assert "it was started by hand" in shown and "runs cancel" not in shown
        for words in (("rerun", "hand", "--output-dir", "runs/hand"), ("runs", "rm", "hand", "--yes")):
            assert r1(*words, cwd=tmp_path).returncode == 2
        assert "started by hand" in r1("runs", "cancel", "hand", cwd=tmp_path).stderr
    (run_dir / "metrics.jsonl").touch()  # as one leaves it that was killed
    assert "interrupted" in r1("runs", "show", "hand", cwd=tmp_path).stdout
    rows = (tmp_path / "rows.jsonl").read_text()
    (tmp_path / "rows.jsonl").unlink()
    failed, done = [
        subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        for put_back in ("", rows)
        if not put_back or (tmp_path / "rows.jsonl").write_text(put_back)
    ]
    assert failed.returncode and "failed: there is no dataset" in failed.stderr and "where: " in failed.stderr
    log = run_dir / "logs" / "decontaminate-rank0.log"
    assert done.stderr == f"the output is in {log}\nfinished\n" and log.exists()
    assert read_status(run_dir)["state"] == "finished"
    assert r1(*search, "--output-dir", "runs/hand", cwd=tmp_path).returncode == 0
