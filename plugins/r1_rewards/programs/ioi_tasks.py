"""IOI tasks: how a submission is built with a task's files, run on a test, and judged.

The files are those of open-r1/ioi: graders, headers and stubs in ``graders/``, a manager in
``graders/manager.cpp``, a checker in ``checker/``, and ``graders/grader_config.json``.
"""

import json
import math
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from r1_rewards.programs.cases import Case, RefusedRow
from r1_rewards.programs.checkers import judged
from r1_rewards.programs.comparison import same_words
from r1_rewards.programs.trials import Trial, Tried, last_line, of_output, reason_of
from r1cli import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    NotJudged,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
    check_file_name,
    execute,
)

_MANAGER, _CHECKER = "graders/manager.cpp", "checker/checker.cpp"
_CONFIG = "graders/grader_config.json"
_CHECKER_S, _CHECKER_MB = 20.0, 2048
_CHANNELS = ("fifo_io", "std_io")


@dataclass(frozen=True)
class Task:
    """A task: its files, and what a submission may use.

    Args:
        id: the submission is ``graders/ID.cpp``.
        files: of the task, by name.
        limits: of a submission, or of each of its processes.
        communication: a manager talks to the submission.
        processes: of the submission, where a manager talks to it.
        channel: ``fifo_io`` or ``std_io``.
    """

    id: str
    files: Mapping[str, str] = field(hash=False)
    limits: ProgramLimits
    communication: bool = False
    processes: int = 1
    channel: str = "fifo_io"

    async def judge(self, source: str, cases: Sequence[Case], until: float | None) -> list[Tried]:
        """The result of a submission in each test."""
        if self.communication:
            return await judged([self._interaction(source, case) for case in cases], _of_interaction, until)
        results = await execute([self._submission(source, case.input) for case in cases], until=until)
        if _CHECKER not in self.files:
            return [
                of_output(result, lambda output, case=case: same_words(case.output, output))  # type: ignore[misc]
                for case, result in zip(cases, results, strict=True)
            ]
        found = [of_output(result, lambda output: True) for result in results]
        asked = [number for number, each in enumerate(found) if _is_right(each)]
        checks = [
            self._check(cases[number], result.stdout)
            for number in asked
            if isinstance(result := results[number], ProgramResult)
        ]
        said = await judged(checks, _of_checker, until) if checks else []
        for number, each in zip(asked, said, strict=True):
            found[number] = each
        return found

    def _submission(self, source: str, stdin: str = "") -> Program:
        built = {
            name: text
            for name, text in self.files.items()
            if name.startswith("graders/") and name not in (_MANAGER, _CONFIG)
        }
        name = f"graders/{self.id}"
        built.pop(f"{name}.cpp", None)
        return Program(source, "cpp", stdin=stdin, files=built, limits=self.limits, name=name)

    def _interaction(self, source: str, case: Case) -> Interaction:
        headers = {
            name: text
            for name, text in self.files.items()
            if name.startswith("graders/") and name.endswith((".h", ".hpp"))
        }
        seconds = self.processes * self.limits.cpu_s + _CHECKER_S
        manager = Program(
            self.files[_MANAGER],
            "cpp",
            stdin=case.input,
            files=headers,
            limits=ProgramLimits(cpu_s=seconds, memory_mb=_CHECKER_MB),
            name="graders/manager",
        )
        return Interaction(manager, (self._submission(source),) * self.processes, self.channel)

    def _check(self, case: Case, output: str) -> Program:
        """The run of a checker: *input, correct, contestant*, as CMS has them."""
        texts = {"input.txt": case.input, "correct_output.txt": case.output, "contestant_output.txt": output}
        headers = {
            name: text
            for name, text in self.files.items()
            if name.startswith("checker/") and name.endswith((".h", ".hpp"))
        }
        return Program(
            self.files[_CHECKER],
            "cpp",
            files={**headers, **texts},
            argv=tuple(texts),
            limits=ProgramLimits(cpu_s=_CHECKER_S, memory_mb=_CHECKER_MB),
            name="checker/checker",
        )


def read_task(name: Any, task_type: Any, grader_files: Any, time_limit: Any, memory_limit: Any) -> Task:
    """The task of a row of open-r1/ioi; its memory limit is in bytes.

    Raises:
        RefusedRow: a name of a file is not plain, or something is missing.
    """
    files = _files(grader_files)
    try:
        identifier = check_file_name(str(name).lower())
        bounds = ProgramLimits(cpu_s=float(time_limit), memory_mb=math.ceil(float(memory_limit) / 2**20))
    except (TypeError, ValueError) as error:
        raise RefusedRow(f"the task {str(name)[:80]!r} cannot be used: {error}") from None
    if len(PurePosixPath(identifier).parts) != 1:
        raise RefusedRow(f"the id {identifier[:80]!r} is not the name of a file")
    config = _config(files.get(_CONFIG, "{}"))
    communication = str(task_type or config.get("task_type") or "Batch").lower() == "communication"
    if not communication:
        return Task(identifier, files, bounds)
    if _MANAGER not in files:
        raise RefusedRow(f"the task {identifier} of type Communication has no {_MANAGER}")
    processes, channel = _communication(config)
    return Task(identifier, files, bounds, True, processes, channel)


def _files(grader_files: Any) -> dict[str, str]:
    files = {}
    for pair in grader_files or ():
        name, text = pair.values() if isinstance(pair, Mapping) else pair
        try:
            check_file_name(str(name))
        except ValueError as error:
            raise RefusedRow(str(error)) from None
        if text:
            files[str(name)] = str(text)
    return files


def _config(text: str) -> Mapping[str, Any]:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedRow(f"{_CONFIG} is not JSON: {error}") from None
    return config if isinstance(config, dict) else {}


def _communication(config: Mapping[str, Any]) -> tuple[int, str]:
    """The number of processes and the channel, wherever the config has them."""
    parameters = config.get("task_type_parameters")
    listed = list(parameters.values()) if isinstance(parameters, dict) else list(parameters or ())
    spread = [*config.values(), *listed]
    channel = next((value for value in spread if value in _CHANNELS), _CHANNELS[0])
    named = [value for key, value in config.items() if "num_processes" in key or key == "processes"]
    numbers = [value for value in (*named, *listed) if isinstance(value, int) and not isinstance(value, bool)]
    processes = numbers[0] if numbers else 1
    if not 1 <= processes <= 16:
        raise RefusedRow(f"a task cannot have {processes} processes")
    return processes, channel


def _is_right(each: Tried) -> bool:
    return isinstance(each, Trial) and each.verdict is ProgramVerdict.AC


def _of_checker(result: Any) -> Tried:
    """The score from 0 to 1 that a checker or a manager prints; its failure is not the submission's."""
    if isinstance(result, ExecutionFault | NotJudged):
        return result
    if not isinstance(result, ProgramResult) or result.verdict is not ProgramVerdict.OK:
        said = reason_of(result) if isinstance(result, ProgramResult) else ""
        verdict = result.verdict if isinstance(result, ProgramResult) else "no result"
        return ExecutionFault(f"the task's checker or manager ended with {verdict}: {said}")
    score = _score(result.stdout)
    if score is None:
        return ExecutionFault(f"the task's checker or manager printed no score, but {result.stdout[:40]!r}")
    verdict = ProgramVerdict.AC if score == 1 else ProgramVerdict.PA if score else ProgramVerdict.WA
    return Trial(verdict, score, "" if score == 1 else last_line(result.stderr))


def _score(output: str) -> float | None:
    words = output.split()
    try:
        score = float(words[0])
    except (IndexError, ValueError):
        return None
    return score if 0 <= score <= 1 else None


def _of_interaction(result: Any) -> Tried:
    """The first process of the submission that failed counts before what the manager says."""
    if not isinstance(result, InteractionResult):
        return _of_checker(result)
    failed = [player for player in result.players if player.verdict is not ProgramVerdict.OK]
    by_pipe = bool(failed) and all(player.exit_code == -signal.SIGPIPE for player in failed)
    if by_pipe and result.manager.verdict is not ProgramVerdict.OK:
        # They wrote to a manager that had ended, by its own fault.
        return _of_checker(result.manager)
    for player in failed:
        return Trial(player.verdict, note=reason_of(player))
    return _of_checker(result.manager)
