"""Several datasets as one, loaded in a worker."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from datasets import Dataset, Features, Json, Value, concatenate_datasets

from r1cli.data.lineage import FROM, ROW
from r1cli.data.map_rows import map_rows
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
            "a column has different types in the datasets of the mixture: "
            + ("; ".join(_different_types(names, parts)) or str(error)),
            where=f"{mixture.where}: {', '.join(names)}",
            fix="give it the same type everywhere, or drop it with `columns:`",
        ) from error


def _different_types(names: Sequence[str], parts: Sequence[Dataset]) -> Iterator[str]:
    """Each column that has not the same type everywhere, with what it holds where."""
    for column in parts[0].column_names:
        kinds = [_kind(part.features[column]) for part in parts]
        if len({*kinds}) > 1:
            held = (f"{kind} in {name}" for kind, name in zip(kinds, names, strict=True))
            yield f"'{column}' holds {', '.join(held)}"


def _kind(feature: Any) -> str:
    """What a column holds, in words."""
    if isinstance(feature, Json):
        return "values of several types"
    if isinstance(feature, Value):
        return {"string": "texts", "null": "nothing", "bool": "booleans"}.get(feature.dtype, "numbers")
    return "mappings" if isinstance(feature, dict) else "lists"


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
    kinds: dict[str, list[Any]] = {}
    for part in parts:
        for name, kind in part.features.items():
            kinds.setdefault(name, []).append(kind)
    text = {
        name
        for name, found in kinds.items()
        if Value("string") in found or 0 < sum(isinstance(kind, Json) for kind in found) < len(found)
    }
    return alike_chats([_several_to_text(to_text(part, sorted(text)), text) for part in parts])


def _several_to_text(rows: Dataset, columns: Collection[str]) -> Dataset:
    """The rows with those of the columns as text that hold texts and numbers."""
    for name in columns:
        if not isinstance(rows.features[name], Json) or any(
            isinstance(one, list | dict) for one in rows[name]
        ):
            continue
        features = Features({**rows.features, name: Value("string")})
        rows = map_rows(rows, _as_text, features, column=name)
    return rows


def _as_text(row: dict[str, Any], number: int, column: str) -> dict[str, str | None]:
    value = row[column]
    return {column: value if value is None or isinstance(value, str) else json.dumps(value)}
