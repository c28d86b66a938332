"""Several datasets as one, loaded in a worker."""

from collections.abc import Sequence

from datasets import Dataset, Value, concatenate_datasets

from r1cli.data.mixture import MIXTURE, Mixture, Part
from r1cli.data.splits import no_column, pick_split, read_splits, to_text
from r1cli.errors import R1Error


def mix(mixture: Mixture) -> Dataset:
    """The rows of all datasets of a mixture, shuffled.

    Raises:
        R1Error: one of them cannot be loaded, or their columns differ.
    """
    parts = _cut(mixture, [_draw(part, mixture.seed) for part in mixture.parts])
    names = [part.id for part in mixture.parts]
    _refuse_other_columns(parts, names)
    try:
        return concatenate_datasets(_alike(parts)).shuffle(seed=mixture.seed)
    except ValueError as error:
        raise R1Error(
            f"a column has different types in the datasets of the mixture: {error}",
            where=f"{MIXTURE}: {', '.join(names)}",
            fix="drop it with `columns:`, or give it the same type everywhere",
        ) from error


def _draw(part: Part, seed: int) -> Dataset:
    """The columns and the share of rows that one dataset contributes to a mixture."""
    rows = pick_split(read_splits(part.id, part.config, f"{MIXTURE}.datasets"), part.split, part.id)
    for column in part.columns or ():
        if column not in rows.column_names:
            raise no_column(column, rows, part.id)
    if part.columns:
        rows = rows.select_columns(list(part.columns))
    return rows.shuffle(seed=seed).select(range(max(1, round(part.weight * len(rows)))))


def _cut(mixture: Mixture, parts: list[Dataset]) -> list[Dataset]:
    """The parts in the proportions of their fractions, as large as the smallest of them allows."""
    fractions = [part.fraction for part in mixture.parts if part.fraction is not None]
    if not fractions:
        return parts
    shares = [fraction / sum(fractions) for fraction in fractions]
    total = min(len(rows) / share for rows, share in zip(parts, shares, strict=True))
    return [rows.select(range(round(share * total))) for rows, share in zip(parts, shares, strict=True)]


def _refuse_other_columns(parts: Sequence[Dataset], names: Sequence[str]) -> None:
    shared = set.intersection(*(set(part.column_names) for part in parts))
    extra = [
        f"{name} also has {', '.join(sorted(set(part.column_names) - shared))}"
        for name, part in zip(names, parts, strict=True)
        if set(part.column_names) != shared
    ]
    if extra:
        example = f": columns: [{', '.join(sorted(shared))}]" if shared else ""
        raise R1Error(
            f"the datasets of the mixture have different columns: {'; '.join(extra)}",
            where=MIXTURE,
            fix=f"keep only the columns that all have, with `columns:` in each entry{example}",
        )


def _alike(parts: Sequence[Dataset]) -> list[Dataset]:
    """The parts, with a column as text in all if it is text in one: answers may be numbers elsewhere."""
    text = {name for part in parts for name, kind in part.features.items() if kind == Value("string")}
    return [to_text(part, sorted(text)) for part in parts]
