"""``r1 code cleanup``: the sandboxes of one run, and of no other."""

import json
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from r1cli.runs.run_tag import run_tag
from tests.code_services import E2BService, serving
from tests.conftest import RunR1, require
from tests.run_folders import make_run

pytestmark = pytest.mark.e2e


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[E2BService]:
    require("e2b", find_spec("e2b_code_interpreter") is not None, "e2b_code_interpreter is not installed")
    with serving(E2BService()) as found:
        monkeypatch.setenv("E2B_API_KEY", "e2b_0")
        monkeypatch.setenv("E2B_API_URL", found.url)
        yield found


def test_the_sandboxes_of_a_run_are_ended(main: RunR1, service: E2BService, tmp_path: Path) -> None:
    config = {"code": {"provider": "e2b", "budget": 60.0}}
    run, other = (make_run(tmp_path / name, "failed", config=config) for name in ("a run", "other"))
    share = make_run(run / "shares" / "0", "failed", config=config)
    for one in (run, run, share, other):
        service.start_sandbox(metadata={"r1_run": run_tag(one)})
    result = main("code", "cleanup", run)
    assert (result.returncode, result.stdout) == (0, "3 sandboxes ended\n"), result.stderr
    assert [facts["metadata"]["r1_run"] for facts in service.sandboxes.values()] == [run_tag(other)]


def test_the_sandboxes_of_a_run_that_was_moved_are_ended(
    main: RunR1, service: E2BService, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", "failed", config={"code": {"provider": "e2b"}})
    (run / "job.json").write_text(json.dumps({"run_dir": str(run)}))
    service.start_sandbox(metadata={"r1_run": run_tag(run)})
    moved = run.rename(tmp_path / "moved")
    service.start_sandbox(metadata={"r1_run": run_tag(moved)})
    result = main("code", "cleanup", moved)
    assert (result.returncode, result.stdout) == (0, "2 sandboxes ended\n"), result.stderr
    # The sandboxes of a run are not those of its copies.
    shutil.copytree(moved, run)
    service.start_sandbox(metadata={"r1_run": run_tag(run)})
    assert main("code", "cleanup", moved).stdout == "0 sandboxes ended\n"


def test_what_leaves_none_is_not_asked(main: RunR1, tmp_path: Path) -> None:
    result = main("code", "cleanup", make_run(tmp_path / "run", config={"code": {"provider": "local"}}))
    assert (result.returncode, result.stdout) == (0, "0 sandboxes ended\n"), result.stderr


def test_the_tag_of_a_run_is_plain_and_its_own(tmp_path: Path) -> None:
    tags = {run_tag(tmp_path / name) for name in ("a b/ü", "c", "d/c")}
    assert len(tags) == 3 and all(tag.replace("-", "").isascii() for tag in tags)
    assert run_tag(tmp_path / "x" / ".." / "c") == run_tag(tmp_path / "c")
