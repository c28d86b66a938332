"""What is searched for in a dataset: that it is known, and that the columns to search are there."""

from collections.abc import Collection, Iterator

from r1cli.checks.data import given_columns
from r1cli.checks.subject import Subject
from r1cli.config.config import AGAINST
from r1cli.data.column_names import missing
from r1cli.data.source import find_source, peek_columns
from r1cli.decontaminate.against import Column, find_against
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error
from r1cli.files import existing_path

_COLUMNS, _METHOD, _ALLOW_LIST, _DATA_DIR = (
    f"decontaminate.{name}" for name in ("search_columns", "method", "allow_list", "data_dir")
)


def check_decontamination(subject: Subject) -> Iterator[R1Error]:
    settings = subject.config.find(Decontaminate)
    if settings is None:
        return
    for name in settings.against if subject.has(AGAINST) else ():
        try:
            for one in find_against([name], subject.where(AGAINST)):
                yield from _column(one, subject.where(AGAINST)) if isinstance(one, Column) else ()
        except R1Error as error:
            yield from error.all()
    if subject.has(_COLUMNS, _METHOD):
        columns = given_columns(subject)
        for name in settings.named_columns() if columns else ():
            if columns and name not in columns:
                yield _missing(name, columns, settings, subject)
    for path, place in ((_ALLOW_LIST, settings.allow_list), (_DATA_DIR, settings.data_dir)):
        if subject.has(path) and place and existing_path(place) is None:
            yield R1Error(f"there is no '{place}'", where=subject.where(path), fix="check the path")


def _missing(name: str, columns: Collection[str], settings: Decontaminate, subject: Subject) -> R1Error:
    if settings.search_columns:
        return missing(name, sorted(columns), subject.where(_COLUMNS))
    return R1Error(
        f"the dataset has no column '{name}', which open-r1's script searches",
        where=subject.where(_METHOD),
        fix=f"name one with --search-columns; its columns are {', '.join(sorted(columns))}",
    )


def _column(one: Column, where: str) -> Iterator[R1Error]:
    """Whether a dataset has the column that is named, as far as that is known without loading it."""
    try:
        columns = peek_columns(find_source(one.dataset, where))
    except R1Error as error:
        yield error
        return
    if columns is not None and one.column not in columns:
        yield missing(one.column, columns, where, f"'{one.dataset}'")
