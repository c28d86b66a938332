"""A row of a mixture that a run read: ``python -m r1cli.data.trace_mixture CONNECTION``."""

import json
from typing import Any

from datasets import disable_progress_bars

from r1cli.children import answer
from r1cli.config.groups.data import Data
from r1cli.data.lineage import FROM, ROW
from r1cli.data.load import divide
from r1cli.data.mixture import MIXTURE, read_mixture, read_test_split
from r1cli.data.write_mixture import mixed
from r1cli.errors import R1Error


def find(request: dict[str, Any]) -> dict[str, Any]:
    """Mixes again, as the run did.

    Args:
        request: ``data``, the section of the run's config; ``trains``, its command; ``row``, the row's number
            among those that the run read; ``where``, the run.

    Returns:
        The ``row``, the number of its dataset in the mixture as ``part``, and its ``number`` there.

    Raises:
        R1Error: there is no such row.
    """
    disable_progress_bars()
    data, number = Data(**request["data"]), request["row"]
    mixture = read_mixture(data.dataset_mixture, MIXTURE)
    rows = mixed(data, mixture, request["trains"], lambda part: str(mixture.parts.index(part)))
    cut = read_test_split(data)
    if cut:
        rows, _ = divide(rows, cut)
    if number >= len(rows):
        fix = f"the last one is {len(rows) - 1}"
        raise R1Error(f"there is no row {number}", where=request["where"], fix=fix)
    row = json.loads(json.dumps(rows[number], default=str))
    return {"part": int(row.pop(FROM)), "number": row.pop(ROW), "row": row}


if __name__ == "__main__":
    answer(find)
