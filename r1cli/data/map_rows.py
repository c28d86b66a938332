"""Making new columns of rows, and the numbers that rows have in their dataset."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from datasets import Dataset, Features


def map_rows(
    rows: Dataset,
    make: Callable[..., Mapping[str, Any]],
    features: Features | None,
    remove: Sequence[str] = (),
    **arguments: Any,
) -> Dataset:
    """The rows with the columns that ``make`` returns for each, of the row, its number and the arguments.

    What was made before is taken from the cache of `datasets`. It knows a function by its name alone, so that
    the code of this package is part of the key here: another version of r1 makes the columns again.

    Args:
        rows: of the dataset.
        make: a function of this package.
        features: the types of all columns; None if the values show them.
        remove: columns that are left out.
        arguments: of the function; their representations are part of the key.
    """
    parts = [rows._fingerprint, make.__qualname__, arguments, features, list(remove), _code()]
    return rows.map(
        make,
        with_indices=True,
        remove_columns=list(remove),
        features=features,
        fn_kwargs=arguments,
        new_fingerprint=hashlib.sha256(repr(parts).encode()).hexdigest(),
    )


def row_number(rows: Dataset, index: int) -> int:
    """The number, from 0, of one of these rows in the dataset that they were chosen from."""
    indices = rows._indices
    return index if indices is None else int(indices.column(0)[index].as_py())


@cache
def _code() -> str:
    """A digest of the code that makes columns."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
