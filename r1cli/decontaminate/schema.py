"""The schema of ``decontaminate``: a dataset, benchmarks, and how their texts are searched for."""

from functools import cache

from r1cli.config.bounds import ONE_OR_MORE, PART
from r1cli.config.groups.data import Data
from r1cli.config.groups.launch import Launch
from r1cli.config.groups.output import Output
from r1cli.config.groups.slurm import Slurm
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key

#: Words that follow each other, normalised and weighted; or as open-r1's script compares them.
NGRAM, OPENR1 = "ngram", "openr1"
# The column that open-r1's script searches.
_PROBLEM = "problem"


class Decontaminate(Section):
    """What is searched for, where, and what becomes of the rows in which it is found."""

    group = "decontaminate"

    search_columns: list[str] = key(
        "the columns that are searched, as problem,solution; all that contain text when not set",
        default=[],
        text=True,
    )
    against: list[str] = key(
        "what is searched for: benchmarks, groups of them, and columns of other datasets as FILE:COLUMN; "
        "every benchmark of every plugin when not set",
        default=[],
        text=True,
    )
    allow_missing: bool = key("continue without the benchmarks that cannot be loaded", default=False)
    data_dir: str | None = key(
        "a folder with datasets in their published shape, each under its Hub id", default=None
    )
    method: str = key(
        "how texts are compared: ngram, normalised and weighted; openr1, as open-r1's script does",
        default=NGRAM,
        choices=(NGRAM, OPENR1),
        written=True,
    )
    ngram_size: int = key("how many words in a row are compared", default=8, range=ONE_OR_MORE, written=True)
    min_overlap: float = key(
        "the weighted share of a benchmark's text that a row must contain",
        default=0.3,
        range=PART,
        written=True,
    )
    near_duplicates: bool = key(
        "also find texts that share most of their words, with MinHash (rensa)", default=False, written=True
    )
    remove_renumbered: bool = key(
        "also remove rows with the same words as a benchmark's problem and other numbers",
        default=False,
        written=True,
    )
    allow_list: str | None = key(
        "a file of phrases, one a line, that a benchmark and a row may share", default=None
    )
    report_only: bool = key("write the report, and no dataset", default=False)
    fail_on_hits: bool = key("exit with 1 if there are rows to remove", default=False)

    def named_columns(self) -> list[str]:
        """The columns that a dataset must have; where there are none, all that contain text are searched."""
        default = [_PROBLEM] if self.method == OPENR1 else []
        return list(dict.fromkeys(self.search_columns or default))


@cache
def decontaminate_schema() -> Schema:
    return Schema("decontaminate", Data, Launch, Slurm, Decontaminate, Output)
