"""What runs programs inside a remote sandbox: run here, as it is there, with harmless programs."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from r1_code_providers.remote_job import RemoteJob, new_mark, result_in, runner

from r1cli import Program, ProgramLimits, ProgramResult

pytestmark = pytest.mark.e2e


@pytest.fixture
def sandbox() -> Iterator[Path]:
    """A folder that nobody can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="r1-runner-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def run(sandbox: Path, source: str, **keys: Any) -> ProgramResult:
    job, mark = RemoteJob.of(Program(source, "python", **keys)), new_mark()
    done = subprocess.run(
        [sys.executable, "-I", "-c", runner()], input=job.encoded(mark), capture_output=True, text=True,
        check=True, env={**os.environ, "TMPDIR": str(sandbox), "SECRET": "value"},
    )  # fmt: skip
    return result_in(done.stdout, mark, "e2b", job.language)


def test_nothing_outlives_a_program(sandbox: Path) -> None:
    source = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(77.25)
    os._exit(0)
os.wait()
print("done")
"""
    started = time.monotonic()
    assert run(sandbox, source).stdout == "done\n"
    assert time.monotonic() - started < 60
    found = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    assert not [path for path in found if _holds(path / "environ", str(sandbox))]


def _holds(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False


def test_a_program_sees_its_own_files_and_nothing_of_the_last_one(sandbox: Path) -> None:
    source = """
import os
print(sorted(os.listdir()), os.environ.get("SECRET"))
open("left.txt", "w").write("left")
open("program.py", "a").write("print('changed')")
"""
    first, second = (run(sandbox, source, stdin=text) for text in "ab")
    assert first.stdout == second.stdout == "['program.py'] None\n"
    assert first.verdict == "OK"


@pytest.mark.parametrize("target", ["/etc/hostname", "../secret.txt"])
def test_an_output_file_that_is_a_link_is_not_read(sandbox: Path, target: str) -> None:
    (sandbox / "secret.txt").write_text("secret")
    source = f"import os; os.symlink({target!r}, 'out.txt')"
    found = run(sandbox, source, output_file="out.txt")
    assert (found.verdict, found.stdout) == ("OK", "")


def test_time_counts_for_all_processes_together(sandbox: Path) -> None:
    source = "import os\nos.fork(); os.fork()\nwhile True: pass"
    found = run(sandbox, source, limits=ProgramLimits(cpu_s=0.1, wall_s=60))
    assert found.verdict == "TLE" and found.exit_code is None
    # Python's factor is 3: four processes pass their common limit before any of them would.
    assert 0.3 < found.cpu_s < 3
