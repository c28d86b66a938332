"""The folder in which the steps of a pipeline, each in a separate process, leave notes for the worker."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.files import write_text

_ERROR = "error.json"


@dataclass(frozen=True)
class PipelineFolder:
    """The notes of one run of a pipeline.

    Args:
        path: of the folder, which the worker makes and empties.
    """

    path: Path

    def empty(self) -> None:
        """Removes all notes of an earlier chunk."""
        self.path.mkdir(parents=True, exist_ok=True)
        for file in self.path.glob("*.json"):
            file.unlink()

    def end(self, error: Exception) -> R1Error:
        """Has the pipeline end with an error, and returns it: distilabel itself continues with empty rows."""
        ended = (
            error
            if isinstance(error, R1Error)
            else R1Error(
                f"a step of the pipeline failed: {type(error).__name__}: {error}",
                where=getattr(error, "filename", None) or "",
                fix="see the log; then resume the run: received completions are stored",
                exit_code=1,
            )
        )
        write_text(self.path / _ERROR, json.dumps(ended.fields()))
        return ended

    def error(self) -> R1Error | None:
        """The error that a step has ended the pipeline with."""
        try:
            return R1Error.from_fields(json.loads((self.path / _ERROR).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def put_figures(self, name: str, figures: Mapping[str, int]) -> None:
        """Replaces what one LLM has counted."""
        write_text(self.path / f"figures-{name}-{os.getpid()}.json", json.dumps(figures))

    def figures(self) -> Counter[str]:
        """What all steps have counted."""
        total = Counter[str]()
        for file in self.path.glob("figures-*.json"):
            total.update(json.loads(file.read_text(encoding="utf-8")))
        return total
