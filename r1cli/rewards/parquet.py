"""Rows of a parquet file."""

from pathlib import Path
from typing import Any

from r1cli.errors import R1Error


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """The rows of a file.

    Raises:
        R1Error: it cannot be read, or pyarrow is missing.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        fix = "pip install 'r1cli[train]', or use a jsonl file"
        raise R1Error("reading parquet needs pyarrow", where=str(path), fix=fix) from None
    try:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise R1Error(f"this is not a parquet file: {error}", where=str(path)) from None
    return rows
