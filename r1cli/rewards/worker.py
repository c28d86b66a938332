"""Work that needs an engine, done in a process of its own: the command line's imports none."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error

_STDERR = 2


def run_module(module: str, request: Mapping[str, Any]) -> Any:
    """Runs ``python -m module`` on a request, and returns its result. What it prints is talk.

    Raises:
        R1Error: what the module raised, or that it came to no end.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "request.json"), Path(folder, "result.json")
        asked.write_text(json.dumps(request), encoding="utf-8")
        command = [sys.executable, "-m", module, str(asked), str(answered)]
        code = subprocess.run(command, stdout=_STDERR, check=False).returncode
        if not answered.exists():
            raise R1Error(
                f"the worker ended with exit code {code} and no result",
                where=module,
                fix="its last words are above",
                exit_code=1,
            )
        answer = json.loads(answered.read_text(encoding="utf-8"))
    if "error" in answer:
        raise R1Error.from_fields(answer["error"])
    return answer["result"]


def answer(work: Callable[[dict[str, Any]], Any]) -> None:
    """The other side: reads the request named on the command line, and writes what ``work`` makes of it."""
    asked, answered = map(Path, sys.argv[1:3])
    try:
        result = {"result": work(json.loads(asked.read_text(encoding="utf-8")))}
    except R1Error as error:
        result = {"error": error.fields()}
    answered.write_text(json.dumps(result, default=str), encoding="utf-8")
