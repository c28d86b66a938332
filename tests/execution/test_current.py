"""What rewards get for the programs that they hand over."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import pytest

from r1cli.config.groups.code import Code
from r1cli.execution import current
from r1cli.execution.executor import Result, Work
from r1cli.execution.file_names import check_file_name
from r1cli.execution.program import (
    ExecutionFault,
    NotJudged,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
)
from r1cli.waits import waited


class Echo:
    """An executor that gives the source back; "slow", "lost" and "broken" do what they say."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.stopped = False

    async def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        try:
            for number, work in sorted(enumerate(batch), key=lambda each: each[1].source == "slow"):  # type: ignore[union-attr]
                assert isinstance(work, Program)
                self.ran.append(work.source)
                if work.source == "slow":
                    await asyncio.sleep(60)
                if work.source == "broken":
                    raise OSError("no disk")
                if work.source != "lost":
                    yield number, ProgramResult(ProgramVerdict.OK, work.source)
        finally:
            self.stopped = True

    async def close(self) -> None: ...

    def facts(self) -> Mapping[str, str]:
        return {}


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Echo]:
    one = Echo()
    monkeypatch.setattr(current, "open_executor", lambda section: one)
    current.take_counts()
    yield one
    current.take_counts()


def run(sources: Sequence[str], until: float | None = None) -> list[Result | NotJudged]:
    return asyncio.run(current.execute([Program(source, "python") for source in sources], until=until))


def texts(results: Sequence[object]) -> list[str]:
    return [one.stdout if isinstance(one, ProgramResult) else type(one).__name__ for one in results]


def test_each_program_has_its_result_and_equal_ones_run_once(echo: Echo) -> None:
    assert texts(run(["a", "b", "a"])) == ["a", "b", "a"]
    assert echo.ran == ["a", "b"]
    assert current.take_counts()["programs"] == 2


def test_a_program_without_a_result_met_a_fault(echo: Echo) -> None:
    assert texts(run(["a", "lost", "b"])) == ["a", "ExecutionFault", "b"]
    results = run(["a", "broken", "b"])
    assert texts(results) == ["a", "ExecutionFault", "ExecutionFault"]
    assert str(results[1]) == "OSError: no disk"
    assert current.take_counts()["program_faults"] == 3


def test_what_is_known_at_the_deadline_is_kept_and_the_rest_is_stopped(echo: Echo) -> None:
    before = waited()
    results = run(["a", "slow", "b"], until=time.monotonic() + 0.2)
    assert texts(results) == ["a", "NotJudged", "b"]
    assert echo.stopped
    # The reward that waited is not late.
    assert waited() - before >= 0.1
    assert not isinstance(results[1], ExecutionFault)


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/.", "a\nb", "a\0b", "-rf", "a/-x", "~", "a\\b",
     "x" * 300]
)  # fmt: skip
def test_names_that_leave_their_folder_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the file name"):
        check_file_name(name)
    with pytest.raises(ValueError, match="the file name"):
        Program("", "python", files={name: ""})


def test_limits_are_above_zero() -> None:
    assert ProgramLimits(cpu_s=2).wall == 6
    with pytest.raises(ValueError, match="memory_mb must be above 0, not 0"):
        ProgramLimits(memory_mb=0)


def test_packages_of_a_reward_s_own_are_bound_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Code] = []

    def open_one(section: Code) -> Echo:
        opened.append(section)
        return Echo()

    monkeypatch.setattr(current, "open_executor", open_one)
    current.configure(Code(provider="e2b", python_packages=["numpy"]))

    async def both() -> None:
        await current.execute([Program("a", "python")])
        for _ in range(2):
            await current.execute([Program("a", "python")], packages=["sympy"])

    try:
        asyncio.run(both())
    finally:
        current.configure(Code())
    assert [(section.provider, section.python_packages) for section in opened] == [
        ("e2b", ["numpy"]),
        ("local", ["numpy", "sympy"]),
    ]
