"""Several datasets as one, loaded in a worker."""

from collections.abc import Callable, Sequence

from datasets import Dataset, Value, concatenate_datasets

from r1cli.data.lineage import FROM, ROW
from r1cli.data.mixture import MIXTURE, Mixture, Part, different_columns, drawn_rows
from r1cli.data.shapes import alike_chats
from r1cli.data.splits import pick_split, read_splits, to_text
from r1cli.errors import R1Error


def mix(mixture: Mixture, prepare: Callable[[Dataset, Part], Dataset]) -> Dataset:
    """The rows of all datasets of a mixture, shuffled.

    Args:
        mixture: of the config.
        prepare: makes of the rows that a dataset contributes, with the columns that it has, what is mixed.

    Raises:
        R1Error: one of them cannot be loaded, or their columns differ.
    """
    parts = draw(mixture, prepare)
    names = [part.id for part in mixture.parts]
    columns = [{*part.column_names} - {FROM, ROW} for part in parts]
    if different := different_columns(names, columns, mixture.where):
        raise different
    try:
        return concatenate_datasets(_alike(parts)).shuffle(seed=mixture.seed)
    except ValueError as error:
        raise R1Error(
            f"a column has different types in the datasets of the mixture: {error}",
            where=f"{mixture.where}: {', '.join(names)}",
            fix="drop it with `columns:`, or give it the same type everywhere",
        ) from error


def draw(mixture: Mixture, prepare: Callable[[Dataset, Part], Dataset]) -> list[Dataset]:
    """What each dataset contributes to a mixture, in the order of the mixture."""
    parts = [_shuffled(part, mixture.seed) for part in mixture.parts]
    counts = drawn_rows(mixture, [len(rows) for rows in parts])
    drawn = [rows.select(range(count)) for rows, count in zip(parts, counts, strict=True)]
    return [prepare(rows, part) for rows, part in zip(drawn, mixture.parts, strict=True)]


def _shuffled(part: Part, seed: int) -> Dataset:
    """The rows of one dataset of a mixture, in the order in which they are drawn."""
    rows = pick_split(read_splits(part.id, part.config, f"{MIXTURE}.datasets"), part.split, part.id)
    return rows.shuffle(seed=seed)


def _alike(parts: Sequence[Dataset]) -> list[Dataset]:
    """The parts, with a column of the same type in all: answers may be texts in one and numbers elsewhere."""
    text = {name for part in parts for name, kind in part.features.items() if kind == Value("string")}
    return alike_chats([to_text(part, sorted(text)) for part in parts])
