"""Control groups: each version where this machine has it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from r1cli.execution import cgroups
from r1cli.execution.cgroups import Groups, Place, find_place
from tests.conftest import require


@pytest.fixture(params=[1, 2])
def place(request: pytest.FixtureRequest) -> Place:
    own = cgroups._own_groups()
    found = (cgroups._version_2 if request.param == 2 else cgroups._version_1)(own)
    works = found is not None and cgroups._can_limit(found)
    require(f"cgroup-v{request.param}", works, "it cannot be written to here")
    assert found is not None
    return found


def _in_group(group: cgroups.Group, source: str) -> "subprocess.Popen[str]":
    entered = group.enter_files()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, preexec_fn=lambda: [os.write(one, b"0") for one in entered],  # noqa: PLW1509
    )  # fmt: skip
    for one in entered:
        os.close(one)
    return process


def test_limits_hold_for_all_processes_together(place: Place) -> None:
    groups = Groups(place)
    memory = groups.make(64 << 20, 16)
    # Two processes of 48 MB each pass a limit of 64 MB only together.
    two = "import os, time; os.fork(); x = b'x' * (48 << 20); time.sleep(1)"
    with _in_group(memory, two) as process:
        process.wait(60)
        assert memory.met_memory_limit()
        assert (memory.peak() or 1 << 30) <= 65 << 20
        assert (memory.cpu_seconds() or 1) > 0
        memory.kill()
    assert not memory.processes()
    memory.remove()

    few = groups.make(1 << 28, 4)
    fork = (
        "import os, time\nn = 0\ntry:\n  while n < 20:\n    if os.fork() == 0: time.sleep(9); os._exit(0)\n"
        "    n += 1\nexcept OSError: pass\nprint(n, flush=True)\ntime.sleep(9)"
    )
    with _in_group(few, fork) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "3\n"
        began = time.monotonic()
        few.kill()
        assert not few.processes()
        assert time.monotonic() - began < 5
    few.remove()
    groups.close()
    assert not [folder for folder in place.folders if any(folder.glob(f"r1-code-{os.getpid()}-*"))]


def test_a_group_is_used_again_only_when_nothing_of_its_program_counts(place: Place) -> None:
    groups = Groups(place)
    limits = (64 << 20, 16)
    used = groups.make(*limits)
    with _in_group(used, "x = b'x' * (16 << 20); print(len(x))") as process:
        process.wait(60)
    groups.take_back(used, whole=True)
    following = groups.make(*limits)
    assert (following is used) == (place.version == 1)
    assert (following.peak() or 0) < 4 << 20
    # One that nobody has waited for has a place of its group's processes until then.
    with _in_group(following, "import time; print(flush=True); time.sleep(60)") as process:
        assert process.stdout is not None
        process.stdout.readline()
        groups.take_back(following, whole=True)
        assert groups.make(*limits) is not following
    broken = groups.make(*limits)
    groups.take_back(broken, whole=False)
    assert groups.make(*limits) is not broken
    groups.close()
    assert not [folder for folder in place.folders if any(folder.glob(f"r1-code-{os.getpid()}-*"))]


def test_groups_of_killed_processes_are_removed_at_the_next_start(place: Place) -> None:
    stale = [folder / "r1-code-4194303-1" for folder in place.folders]
    for folder in stale:
        folder.mkdir()
        (folder / "0").mkdir()
    Groups(place).close()
    assert not any(folder.exists() for folder in stale)


def test_the_next_group_above_that_can_limit_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In version 2 a group with processes in it cannot limit those below."""
    own = tmp_path / "job" / "step"
    own.mkdir(parents=True)
    (own / "cgroup.subtree_control").write_text("\n")
    (own.parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    monkeypatch.setattr(cgroups, "_mounts", lambda: [("/", str(tmp_path), "cgroup2", [])])
    assert cgroups._version_2({"": "/job/step"}) == Place(2, (own.parent,))
    (own.parent / "cgroup.subtree_control").write_text("cpu pids\n")
    assert cgroups._version_2({"": "/job/step"}) is None


def test_a_machine_without_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_mounts", list)
    assert find_place() is None
