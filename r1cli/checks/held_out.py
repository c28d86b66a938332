"""Whether rows to train on are left where some are held out for evaluation."""

from collections.abc import Iterator
from contextlib import suppress

from r1cli.checks.rows import rows_to_divide
from r1cli.checks.subject import Subject
from r1cli.config.groups.data import Data
from r1cli.data.mixture import held_out_rows, read_test_split
from r1cli.errors import R1Error


def check_held_out(subject: Subject) -> Iterator[R1Error]:
    """Whether a dataset whose rows can be counted here has more of them than are held out."""
    data = subject.config.find(Data)
    if data is None or not subject.has("data.dataset_name"):
        return
    cut, rows = None, None
    with suppress(R1Error):  # check_data reports it
        cut = read_test_split(data)
        rows = rows_to_divide(data, subject.promised.datasets) if cut else None
    if cut is None or rows is None:
        return
    try:
        held_out_rows(cut, rows)
    except R1Error as error:
        where = subject.config.origins.get(cut.where, cut.where)
        yield R1Error(error.what, where=where, fix=error.fix)
