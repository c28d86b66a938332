"""An executor for tests of the rewards: it runs Python programs directly, and answers what it is asked to."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from r1_rewards.programs import checkers

from r1cli.config.groups.code import Code, TrainingCode
from r1cli.execution import current
from r1cli.execution.executor import Result, Work
from r1cli.execution.program import ExecutionFault, Program, ProgramResult, ProgramVerdict

Answer = Callable[[Work], Result | None]


@dataclass
class Runner:
    """Runs trusted Python programs of tests, without a sandbox; counts what it ran.

    ``answer`` may give the result of a program instead; ``pause`` is how long each waits for its turn.
    """

    folder: Path
    answer: Answer = lambda work: None
    ran: list[Work] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    pause: float = 0.0

    async def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        self.batches.append(len(batch))
        for number, work in enumerate(batch):
            await asyncio.sleep(self.pause)
            self.ran.append(work)
            yield number, self.answer(work) or self._run(work)

    async def close(self) -> None: ...

    def facts(self) -> Mapping[str, str]:
        return {}

    def _run(self, work: Work) -> Result:
        if not isinstance(work, Program) or work.language != "python":
            return ExecutionFault("this runner runs Python alone")
        place = Path(tempfile.mkdtemp(dir=self.folder))
        for name, text in work.files.items():
            (place / name).write_text(text)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", work.source, *work.argv],
            input=work.stdin, capture_output=True, text=True, timeout=20, cwd=place, check=False,
        )  # fmt: skip
        verdict = ProgramVerdict.RE if done.returncode else ProgramVerdict.OK
        output = (place / work.output_file).read_text() if work.output_file else done.stdout
        return ProgramResult(verdict, output, done.stderr, done.returncode)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runner:
    made = Runner(tmp_path)
    monkeypatch.setattr(checkers, "PAUSE", 0.0)
    monkeypatch.setattr(current, "open_executor", lambda section: made)
    current.configure(Code())
    return made


@pytest.fixture
def budget(runner: Runner) -> Callable[[float], None]:
    """Gives the steps of a test this many seconds."""

    def give(seconds: float) -> None:
        current.configure(TrainingCode(budget=seconds))

    return give


@pytest.fixture(autouse=True)
def _default_provider() -> Any:
    yield
    current.configure(Code())


def in_block(source: str, language: str = "python") -> str:
    """A completion whose answer is a program."""
    return f"<think>\nEasy.\n</think>\n<answer>\n```{language}\n{source}\n```\n</answer>"
