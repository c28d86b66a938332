"""`r1 runs` on the runs of a real quickstart."""

import json
import shlex
import shutil
from pathlib import Path

from tests.conftest import RunR1
from tests.e2e.conftest import Quickstart


def test_the_runs_of_a_quickstart(r1: RunR1, quickstart: Quickstart, tmp_path: Path) -> None:
    listed = json.loads(r1("runs", "list", quickstart.folder, "--json").stdout)
    found = {Path(run["run"]).name: (run["command"], run["state"]) for run in listed}
    measured = {f"measure-{stage}": ("evaluate", "finished") for stage in ("base", "sft", "grpo")}
    trained = {"base": ("base", "finished"), "sft": ("sft", "finished"), "grpo": ("grpo", "finished")}
    assert found == {**measured, **trained}
    assert Path(listed[0]["run"]).name == "measure-grpo"

    shown = r1("runs", "show", quickstart.folder / "grpo", cwd=tmp_path).stdout
    assert "step      12 of 12\n" in shown
    assert "rewards   accuracy, format\n" in shown
    assert " reward " in shown
    assert f"r1 serve {quickstart.folder / 'grpo'}" in shown
    scores = r1("runs", "show", quickstart.folder / "measure-grpo", cwd=tmp_path)
    assert "95 % interval" in scores.stdout
    assert "accuracy" in scores.stdout

    compared = r1(
        "runs", "compare", quickstart.folder / "measure-sft", quickstart.folder / "measure-grpo", "--json"
    )
    tree = json.loads(compared.stdout)
    assert list(tree["different"]) == ["model.model_name_or_path"]
    assert "dataset" in tree["figures"]
    assert r1("runs", "tail", quickstart.folder / "sft").stdout


def test_what_is_proposed_resumes_the_run_in_its_place(
    r1: RunR1, quickstart: Quickstart, tmp_path: Path
) -> None:
    """A copy of a run that was interrupted before anything was written."""
    run = tmp_path / "it's a run"
    shutil.copytree(quickstart.folder / "measure-sft", run)
    record = run / "run.yaml"
    record.write_text(record.read_text().replace(str(quickstart.folder / "measure-sft"), str(run)))
    (run / "status.json").write_text(json.dumps({"state": "interrupted", "reason": "SIGTERM"}))
    following = json.loads(r1("runs", "show", run, "--json", cwd=tmp_path).stdout)["next"]
    (resume,) = (one["line"] for one in following if one["what"] == "resume it")
    done = r1(*shlex.split(resume)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((run / "status.json").read_text())["state"] == "finished"
    assert [path.name for path in tmp_path.iterdir()] == [run.name]
    assert r1("runs", "rm", run, "--yes", cwd=tmp_path).returncode == 0
    assert not run.exists()
