"""The numbers that rows have in their dataset, however they were chosen from it."""

from datasets import Dataset


def row_number(rows: Dataset, index: int) -> int:
    """The number, from 0, of one of these rows in the dataset that they were chosen from."""
    indices = rows._indices
    return index if indices is None else int(indices.column(0)[index].as_py())
