"""The last step of every pipeline: it writes the result of the rows, as they come."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distilabel.steps import Step, StepInput

from r1cli.generate.pipeline_folder import PipelineFolder
from r1cli.generate.pipeline_records import records_of


class KeepRows(Step):  # type: ignore[misc]
    """Appends the records of rows to a file.

    Args:
        path: of the file.
        notes: the folder for errors.
        llm_steps: the steps that ask a model, in their order.
        columns: of the dataset.
    """

    path: str
    notes: str
    llm_steps: list[str]
    columns: list[str]

    @property
    def inputs(self) -> list[str]:
        return []

    @property
    def outputs(self) -> list[str]:
        return []

    def process(self, inputs: StepInput) -> Iterator[list[dict[str, Any]]]:
        """Writes the rows, and passes on how many there are."""
        try:
            records = [one for row in inputs for one in records_of(row, self.llm_steps, self.columns)]
            with Path(self.path).open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(one, default=str) + "\n" for one in records)
        except Exception as error:
            # distilabel would continue without these rows.
            raise PipelineFolder(Path(self.notes)).end(error) from error
        yield [{"rows": len(inputs)}]
