"""The rows of files on this machine, read without `datasets`: what can be said before anything loads."""

import csv
import json
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.files import BadLine, existing_path, numbered_json_lines, open_bytes, parser_reason

#: The supported file formats, and the loaders of `datasets` that read them; each may be compressed, as .gz.
LOADERS = {".jsonl": "json", ".json": "json", ".csv": "csv", ".parquet": "parquet"}
# What separates the cells of CSV files that have no commas, and how it is called.
_SEPARATORS = {";": "semicolons", "\t": "tabs"}
_GZ = ".gz"
#: Rows to read to find the columns of a file of rows.
PEEKED = 100
#: Files of at most this many bytes in all are read whole before anything is loaded.
SMALL = 16_000_000
_GZ_FACTOR = 6
#: Keys that other tools keep all rows of a file under.
_WRAPPERS = ("data", "rows", "train", "examples", "instances", "items", "records", "dataset")
# The keys of pandas' to_json(orient="split").
_SPLIT = {"columns", "index", "data"}
# For what has no names of columns, as pandas' to_json(orient="values").
_WITH_NAMES = 'save it with the names of the columns: df.to_json("rows.jsonl", orient="records", lines=True)'

#: What a reader yields: the number of a line, and the row that it should be.
_Reader = Callable[[Path], Iterator[tuple[int | None, Any]]]
#: A row, and where it is: the number of its line, or None where rows have no lines.
NumberedRow = tuple[int | None, dict[str, Any]]


def suffix_of(path: Path) -> str:
    """A file's suffix, without that of a compression."""
    return Path(path.stem).suffix if path.suffix == _GZ else path.suffix


def size_of(files: Iterable[Path]) -> int:
    """About how many bytes the files contain."""
    return sum(file.stat().st_size * (_GZ_FACTOR if file.suffix == _GZ else 1) for file in files)


def read_rows(path: Path) -> Iterator[NumberedRow] | None:
    """The rows of a file as they are read, or None where it takes a package that is not installed.

    Cells have the types of JSON; in a CSV file all are texts, and an empty one is None.

    Raises:
        R1Error: while reading: what is wrong with the file, with its line.
    """
    if suffix_of(path) == ".parquet" and find_spec("pyarrow") is None:
        return None
    return _guarded(path, _READERS[suffix_of(path)])


def first_columns(path: Path) -> list[str] | None:
    """The columns of a file's first rows: a key may be missing in one of them. None as in `read_rows`."""
    if suffix_of(path) == ".parquet":
        return _parquet_columns(path)
    columns: dict[str, None] = {}
    for _, row in islice(read_rows(path) or (), PEEKED):
        columns.update(dict.fromkeys(row))
    return list(columns)


def count_rows(path: Path) -> int | None:
    """The number of rows of a file; None where it cannot be known quickly."""
    if suffix_of(path) == ".parquet":
        if find_spec("pyarrow") is None:
            return None
        import pyarrow.parquet

        return int(pyarrow.parquet.read_metadata(path).num_rows)
    rows = read_rows(path) if size_of([path]) <= SMALL else None
    return None if rows is None else sum(1 for _ in rows)


def whole_table(path: Path) -> list[dict[str, Any]] | None:
    """The rows of a JSON file that keeps them below one key, or by columns; None for any other.

    Raises:
        R1Error: the file is not JSON, or its rows have no names of columns.
    """
    if suffix_of(path) != ".json":
        return None
    signs = _first_signs(path)
    if signs == "[[":
        raise _no_row([], str(path))
    if signs[:1] != "{" or _is_lines(path):
        return None
    tree = _read_json(path)
    table = _unwrapped(tree)
    return None if table == [tree] else table


def bad_line(path: Path) -> R1Error | None:
    """What is wrong with a file that could not be loaded, with its line; None if it can be read here."""
    try:
        for _ in read_rows(path) or ():
            pass
    except R1Error as error:
        return error
    return None


def place_of_row(name: str, number: int) -> str:
    """Where a row of a dataset is: its name and, for a file of lines on this machine, the row's line."""
    path = existing_path(name)
    if path is None or not path.is_file() or suffix_of(path) not in _READERS:
        return name
    try:
        line, _ = next(islice(read_rows(path) or (), number, None), (None, {}))
    except R1Error:
        line = None
    return name if line is None else f"{name}:{line}"


def is_empty(path: Path) -> bool:
    """Whether a file that can be read has no rows."""
    rows = read_rows(path)
    return rows is not None and next(rows, None) is None


def _guarded(path: Path, read: "_Reader") -> Iterator[NumberedRow]:
    """What a reader yields; what it raises becomes the error that a user sees."""
    try:
        for number, row in read(path):
            if not isinstance(row, dict):
                raise _no_row(row, _place(path, number))
            yield number, row
    except BadLine as bad:
        fix = "fix the line, or remove it"
        raise _unreadable(bad.error, f"{path}:{bad.number}", fix=fix) from None
    except (ValueError, OSError, EOFError, RecursionError, csv.Error) as error:
        where = _place(path, getattr(error, "lineno", None))
        raise _unreadable(error, where, suffix_of(path)[1:]) from None


def _place(path: Path, number: int | None) -> str:
    return str(path) if number is None else f"{path}:{number}"


def _unreadable(error: Exception, where: str, kind: str = "json", fix: str = "check the file") -> R1Error:
    """The error that a user sees of one that a reader raised."""
    if isinstance(error, UnicodeDecodeError):
        what = f"this is not UTF-8: byte 0x{error.object[error.start]:02x} at position {error.start}"
        return R1Error(what, where=where, fix="save the file as UTF-8")
    if isinstance(error, OSError | EOFError):
        return R1Error(f"cannot read the file: {error}", where=where, fix="check the file")
    name = "JSON" if "json" in kind else kind
    return R1Error(f"this is not valid {name}: {parser_reason(error)}", where=where, fix=fix)


def _no_row(value: Any, where: str) -> R1Error:
    what = "this is not a row: each must be a mapping of columns to values"
    fix = _WITH_NAMES if isinstance(value, list) else 'write rows as {"prompt": "...", "completion": "..."}'
    return R1Error(what, where=where, fix=fix)


def _first_signs(path: Path) -> str:
    """The first two characters of a file that are not whitespace."""
    with open_bytes(path) as file:
        return "".join(file.read(1024).decode("utf-8-sig", "replace").split())[:2]


def _json_lines(path: Path) -> Iterator[NumberedRow]:
    return numbered_json_lines(path)


def _json_rows(path: Path) -> Iterator[NumberedRow]:
    if _first_signs(path)[:1] != "[" and _is_lines(path):
        return numbered_json_lines(path)
    return ((None, row) for row in _unwrapped(_read_json(path)))


def _is_lines(path: Path) -> bool:
    """Whether a file of JSON has a value on each line, and is not one value over several lines."""
    with open_bytes(path) as file:
        lines = (line for line in file if line.strip())
        first, second = next(lines, b""), next(lines, b"")
    try:
        tree = json.loads(first.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        # A line that is broken, if it looks like a row and the second one does.
        return not first.strip() or (second.lstrip().startswith(b"{") and first.rstrip().endswith(b"}"))
    return bool(second) or _unwrapped(tree) == [tree]


def _read_json(path: Path) -> Any:
    with open_bytes(path) as file:
        return json.loads(file.read().decode("utf-8-sig"))


def _unwrapped(tree: Any) -> list[Any]:
    """The rows of a whole JSON value: a list of them, below a key, a table, or one row."""
    if isinstance(tree, list):
        return tree
    if not isinstance(tree, Mapping) or not tree:
        return [tree]
    below = next((tree[name] for name in _WRAPPERS if _are_rows(tree.get(name))), None)
    if below is not None:
        return list(below)
    table = _of_table(tree)
    return [tree] if table is None else table


def _of_table(tree: Mapping[str, Any]) -> list[Any] | None:
    """The rows of a list for each column, or of pandas' `to_json` as split, columns or index."""
    values = list(tree.values())
    if {*tree} == _SPLIT and _are_cells(tree["data"], tree["columns"]):
        return [dict(zip(tree["columns"], cells, strict=True)) for cells in tree["data"]]
    if all(isinstance(value, list) and not _are_turns(value) for value in values):
        same = len({len(value) for value in values}) == 1
        return [dict(zip(tree, cells, strict=True)) for cells in zip(*values, strict=True)] if same else None
    if not all(isinstance(value, Mapping) and value for value in values):
        return None
    keys = [*values[0]]
    if all(map(_is_index, keys)) and all([*value] == keys for value in values):
        return [{name: tree[name][key] for name in tree} for key in keys]
    return values if all(map(_is_index, tree)) else None


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _are_cells(rows: Any, columns: Any) -> bool:
    if not isinstance(rows, list) or not isinstance(columns, list):
        return False
    named = all(isinstance(name, str) for name in columns)
    return named and all(isinstance(cells, list) and len(cells) == len(columns) for cells in rows)


def _are_turns(value: list[Any]) -> bool:
    return _are_rows(value) and all({"role", "from"} & {*one} for one in value)


def _is_index(key: str) -> bool:
    return key.isdecimal()


def _csv_rows(path: Path) -> Iterator[NumberedRow]:
    csv.field_size_limit(sys.maxsize)  # a reasoning trace is longer than the usual limit
    reader = csv.DictReader(_text_lines(path))
    for row in reader:
        if None in row:
            header = len(reader.fieldnames or ())
            if error := other_separator(list(reader.fieldnames or ()), str(path)):
                raise error
            what = f"this row has {header + len(row[None])} cells, and the header has {header}"
            fix = "quote cells that contain a comma"
            raise R1Error(what, where=f"{path}:{reader.line_num}", fix=fix)
        yield reader.line_num, {name: cell or None for name, cell in row.items()}


def other_separator(columns: Sequence[str], name: str) -> R1Error | None:
    """The error for a CSV file without commas, where its only column looks like several; None for any other.

    Args:
        columns: its own.
        name: of the file.
    """
    signs = [sign for sign in _SEPARATORS if len(columns) == 1 and sign in columns[0].strip()]
    if not signs or suffix_of(Path(name)) != ".csv":
        return None
    return R1Error(
        f"the file seems to be separated by {_SEPARATORS[signs[0]]}, and not by commas",
        where=f"{name}: its only column is '{columns[0]}'",
        fix=with_commas(name, signs[0]),
    )


def with_commas(name: str, sign: str) -> str:
    """How a file whose cells are separated by another sign becomes one that can be read."""
    script = (
        "import csv, sys; csv.writer(sys.stdout).writerows([cell.strip() for cell in row] "
        f"for row in csv.reader(sys.stdin, delimiter={sign!r}))"
    )
    return f'write it with commas: `python3 -c "{script}" < {shlex.quote(name)} > commas.csv`'


def _text_lines(path: Path) -> Iterator[str]:
    with open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise BadLine(number, error) from None


def _parquet_rows(path: Path) -> Iterator[NumberedRow]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        mixed = {field.name: field.type for field in file.schema_arrow if _has_json(field.type)}
        for batch in file.iter_batches(batch_size=1_000):
            for row in batch.to_pylist():
                yield None, row | {name: _decoded(row[name], kind) for name, kind in mixed.items()}


def _has_json(kind: Any) -> bool:
    """Whether a column's type has JSON in it, by which `datasets` keeps mixed values."""
    import pyarrow

    below = (kind.field(place).type for place in range(kind.num_fields))
    return isinstance(kind, pyarrow.JsonType) or any(map(_has_json, below))


def _decoded(value: Any, kind: Any) -> Any:
    """A cell of such a column with the values that its JSON stands for."""
    if isinstance(value, list):
        return [_decoded(one, kind.field(0).type) for one in value]
    if isinstance(value, dict):
        return {name: _decoded(one, kind.field(name).type) for name, one in value.items()}
    return json.loads(value) if isinstance(value, str) and _has_json(kind) else value


def _parquet_columns(path: Path) -> list[str] | None:
    if find_spec("pyarrow") is None:
        return None
    import pyarrow.parquet

    try:
        names: list[str] = pyarrow.parquet.read_schema(path).names
    except (ValueError, OSError) as error:
        raise _unreadable(error, str(path), "parquet") from None
    return names


_READERS: dict[str, _Reader] = {
    ".jsonl": _json_lines,
    ".json": _json_rows,
    ".csv": _csv_rows,
    ".parquet": _parquet_rows,
}
