"""Runs work with heavy imports in a separate process: the command line's own process stays light."""

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
    """Runs ``python -m module`` on a request, and returns its result. Its output goes to standard error.

    Raises:
        R1Error: the module raised it, or crashed.
    """
    with tempfile.TemporaryDirectory() as folder:
        request_file, result_file = Path(folder, "request.json"), Path(folder, "result.json")
        request_file.write_text(json.dumps(request), encoding="utf-8")
        command = [sys.executable, "-m", module, str(request_file), str(result_file)]
        code = subprocess.run(command, stdout=_STDERR, check=False).returncode
        if not result_file.exists():
            raise R1Error(
                f"the worker ended with exit code {code} and no result",
                where=module,
                fix="see its output above",
                exit_code=1,
            )
        answer = json.loads(result_file.read_text(encoding="utf-8"))
    if "error" in answer:
        raise R1Error.from_fields(answer["error"])
    return answer["result"]


def answer(work: Callable[[dict[str, Any]], Any]) -> None:
    """The worker's side: reads the request file from the command line, and writes the result of ``work``."""
    request_file, result_file = map(Path, sys.argv[1:3])
    try:
        result = {"result": work(json.loads(request_file.read_text(encoding="utf-8")))}
    except R1Error as error:
        result = {"error": error.fields()}
    result_file.write_text(json.dumps(result, default=str), encoding="utf-8")
