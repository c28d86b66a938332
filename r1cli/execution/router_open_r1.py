"""open-r1's ``/execute_batch``: scripts in, and for each what its E2B and Morph clients read.

Both clients read the value of a script's last expression, as a notebook shows it. What E2B's reads is in
``execution``, what Morph's reads in ``text``.
"""

import json
import secrets
from typing import Any

from r1cli.errors import R1Error
from r1cli.execution.executor import Result
from r1cli.execution.languages import known_language
from r1cli.execution.program import Program, ProgramLimits, ProgramResult, ProgramVerdict

ROUTE = "/execute_batch"
_PYTHON = "python"
_MEMORY_MB = 1024
_LONGEST = 3600  # seconds for a script

# The script is parsed in the sandbox, because a parser can be made to fail.
_NOTEBOOK = """
def _run(source, marker):
    import ast
    import sys

    tree = ast.parse(source, "<script>")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    names = {{"__name__": "__main__"}}
    exec(compile(tree, "<script>", "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "<script>", "eval"), names)
        if value is not None:
            sys.stdout.write(marker + repr(value))


_run({source}, {marker})
"""


class Scripts:
    """The scripts of a request, as programs, and the answer for each.

    Args:
        tree: the request's body.

    Raises:
        ValueError: it is not such a request.
    """

    def __init__(self, tree: Any) -> None:
        scripts, timeout = _list_of(tree, "scripts"), _seconds(tree)
        languages = _languages(tree, len(scripts))
        # What a script prints cannot end with it by accident.
        self._marker = f"\n{secrets.token_hex(16)}:"
        self.programs = [
            self._program(*one, timeout) for one in zip(scripts, languages, strict=True)
        ]  # fmt: skip

    def _program(self, source: str, name: str, timeout: float) -> Program:
        language = known_language(name)
        # The time is that of the wall clock, whatever the language.
        seconds = timeout / (language.time_factor if language else 1.0)
        if language and language.name == _PYTHON:
            source = _NOTEBOOK.format(source=repr(source), marker=repr(self._marker))
        limits = ProgramLimits(cpu_s=seconds, wall_s=seconds, memory_mb=_MEMORY_MB)
        return Program(source, name, limits=limits)

    def answer(self, result: Result | R1Error) -> dict[str, Any]:
        """What the clients read of one script."""
        if not isinstance(result, ProgramResult):
            return _failed(str(result))
        if result.verdict not in (ProgramVerdict.OK, ProgramVerdict.RE, ProgramVerdict.CE):
            return _failed(f"{result.verdict}: the script passed a limit")
        output, marker, value = result.stdout.rpartition(self._marker)
        output, value = (output, value) if marker else (value, "")
        failed = result.verdict is not ProgramVerdict.OK
        execution = {
            "results": [{"text": value, "is_main_result": True}] if value else [],
            "logs": {"stdout": _lines(output), "stderr": _lines(result.stderr)},
            "error": _error(result) if failed else None,
            "execution_count": 1,
        }
        words = (result.stderr.strip() or f"exit code {result.exit_code}") if failed else None
        return {"execution": execution, "text": None if failed else value or output, "exception_str": words}


def _failed(words: str) -> dict[str, Any]:
    return {"execution": None, "text": None, "exception_str": words}


def _error(result: ProgramResult) -> dict[str, str]:
    """The name and the value of the exception in the last line of a traceback."""
    trace = result.stderr.strip()
    name, _, value = trace.rpartition("\n")[2].partition(": ")
    if not name.isidentifier():
        name, value = "Error", value or name or f"exit code {result.exit_code}"
    return {"name": name, "value": value, "traceback": trace}


def _lines(text: str) -> list[str]:
    return [text] if text else []


def _list_of(tree: Any, name: str) -> list[str]:
    found = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{name} must be a list of texts")
    return found


def _languages(tree: dict[str, Any], number: int) -> list[str]:
    """A language for each script; older clients send one for all."""
    if "languages" not in tree:
        language = tree.get("language", _PYTHON)
        if not isinstance(language, str):
            raise ValueError("language must be a text")
        return [language] * number
    found = _list_of(tree, "languages")
    if len(found) != number:
        raise ValueError(f"there are {number} scripts and {len(found)} languages")
    return found


def _seconds(tree: dict[str, Any]) -> float:
    seconds = tree.get("timeout", 30)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST:
        raise ValueError(f"timeout must be a number of seconds, at most {_LONGEST}")
    return float(seconds)


def body_of(answers: list[dict[str, Any]]) -> bytes:
    """The body of the response."""
    return json.dumps(answers).encode()
