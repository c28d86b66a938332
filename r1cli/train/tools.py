"""What a model may call while it answers, in GRPO: the sandbox, and functions of the user's own."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from r1cli.commands import load
from r1cli.config.groups.code import TrainingCode
from r1cli.errors import R1Error
from r1cli.execution import current
from r1cli.execution.languages import time_factor
from r1cli.execution.program import ExecutionFault, NotJudged, Program, ProgramLimits, ProgramResult
from r1cli.execution.program import ProgramVerdict as Verdict

#: The tool that runs Python.
PYTHON = "python"
_SECONDS = 5
_LIMITS = ProgramLimits(cpu_s=_SECONDS / time_factor(PYTHON), memory_mb=512, output_kb=64)
# Characters of an output that the model reads.
_LONGEST = 4000
_STOPPED = {
    Verdict.TLE: f"stopped: it took more than {_SECONDS} s",
    Verdict.MLE: f"stopped: it took more than {_LIMITS.memory_mb} MB of memory",
    Verdict.OLE: "stopped: it wrote too much",
}


class Tools:
    """The tools of a run, in its trainer's process.

    Args:
        section: where programs run, and the names of the tools.

    Raises:
        R1Error: there is no such tool, or programs cannot be run.
    """

    def __init__(self, section: TrainingCode) -> None:
        self._issued: dict[str, str] = {}
        self.functions = [self._function(name) for name in section.tools]
        if PYTHON in section.tools:
            current.configure(section)
            asyncio.run(_try_executor())

    def faults(self, completions: Sequence[Any]) -> list[str | None]:
        """For each completion what went wrong when it called a tool, on the side of the machine."""
        return [self._fault(completion) for completion in completions]

    def _fault(self, completion: Any) -> str | None:
        for message in completion if isinstance(completion, list) else ():
            if message.get("role") == "tool" and message.get("content") in self._issued:
                return self._issued[message["content"]]
        return None

    def _function(self, name: str) -> Callable[..., Any]:
        if name != PYTHON:
            return load_tool(name)

        async def python(code: str) -> str:
            """
            Runs a Python program and returns what it prints.

            Args:
                code: The program. It has no network and no files, and a few seconds of time.

            Returns:
                What the program prints, and its error if it fails.
            """
            return await self._run(code)

        return python

    async def _run(self, code: str) -> str:
        (result,) = await current.execute([Program(str(code), PYTHON, limits=_LIMITS)])
        if isinstance(result, ProgramResult):
            return _shown(result)
        assert isinstance(result, ExecutionFault | NotJudged)
        # The number is not to be guessed: a program that prints this text does not mask its completion.
        said = f"the tool is not available ({uuid.uuid4().hex[:12]})"
        self._issued[said] = f"{PYTHON} tool: {type(result).__name__}: {result}"
        return said


def load_tool(name: str) -> Callable[..., Any]:
    """The function of ``package.module:function``.

    Raises:
        R1Error: there is none, or it has no docstring to describe it to the model.
    """
    try:
        found = load(name)
    except Exception as error:  # a third-party module may raise anything when it is imported
        raise R1Error(
            f"the tool '{name}' cannot be loaded: {error}",
            where="code.tools",
            fix=f"name {PYTHON}, or a function as package.module:function",
        ) from error
    if not callable(found) or not found.__doc__:
        raise R1Error(
            f"the tool '{name}' is not a function with a docstring",
            where="code.tools",
            fix="the model learns from type hints and a Google-style docstring how to call it",
        )
    return found


def require_tool_template(tokenizer: Any) -> None:
    """Checks that the model's chat template can show tools, before the model is loaded.

    Raises:
        R1Error: it cannot.
    """
    from trl.chat_template_utils import supports_tool_calling

    if tokenizer.chat_template is None or not supports_tool_calling(tokenizer):
        raise R1Error(
            "the model's chat template cannot show tools and their results",
            where="code.tools",
            fix="use a model that was trained to call tools, such as Qwen/Qwen3-1.7B, or remove code.tools",
        )


async def _try_executor() -> None:
    current.executor()
    await current.close_executor()


def _shown(result: ProgramResult) -> str:
    """What the model reads of a result."""
    output = result.stdout if len(result.stdout) <= _LONGEST else f"{result.stdout[:_LONGEST]}\n..."
    if result.verdict == Verdict.OK:
        return output or "(it printed nothing)"
    failed = _STOPPED.get(result.verdict) or (result.stderr.strip().splitlines() or ["it failed"])[-1]
    return f"{output}\n{failed}".strip()
