"""Parses ``data.dataset_mixture`` and ``data.test_size``; loads nothing."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli.config.groups.data import Data
from r1cli.errors import R1Error, did_you_mean
from r1cli.yaml12 import to_flow_yaml

MIXTURE, TEST_SIZE = "data.dataset_mixture", "data.test_size"

_NOWHERE: Mapping[str, str] = {}
#: TRL's names for the keys of an entry of ``datasets``.
_SYNONYMS = {"path": "id", "name": "config"}
# What TRL's path may be: the format of the files that data_files names.
_FORMATS = ("json", "csv", "parquet")
_OF_TRL = {
    "data_files": "give each file a separate entry, as path: rows.jsonl",
    "data_dir": "name the folder with the files itself, as path: FOLDER",
}


@dataclass(frozen=True)
class Part:
    """One dataset of a mixture.

    ``columns`` are the ones to keep, None for all: each by the name that it gets, and the dataset's own name
    for it. ``weight`` is the share of the dataset's own rows to draw,
    above 0 and at most 1. ``fraction`` is TRL's measure: its share of the mixture, relative to the others.
    ``entry`` is where the mixture names it, for messages; empty for a dataset of no mixture.
    """

    id: str
    config: str | None = None
    split: str = "train"
    columns: Mapping[str, str] | None = None
    weight: float = 1.0
    fraction: float | None = None
    entry: str = field(default="", compare=False)

    def renamed(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Of the columns that ``data.columns`` renames, those that this dataset does not name itself."""
        return {new: old for new, old in columns.items() if not self.names(new)}

    def names(self, column: str) -> bool:
        """Whether the entry itself says which of the dataset's columns gets this name."""
        return (self.columns or {}).get(column, column) != column

    def how_to_name(self, found: Mapping[str, str], columns: Mapping[str, str]) -> str:
        """How the entry of the mixture names what is needed.

        Args:
            found: what the dataset has for each column that is needed, as far as that is known.
            columns: as ``data.columns``.
        """
        own = dict(self.columns or {})
        named = {new: own.get(old, old) for new, old in self.renamed(columns).items()} | own
        needed = {new: named.get(new, old) for new, old in found.items()}
        also = {new: old for new, old in own.items() if old not in needed.values()}
        return f"name them in this entry, as columns: {to_flow_yaml(needed | also)}"


@dataclass(frozen=True)
class Mixture:
    """Several datasets as one. ``test_split_size`` is a share below 1, a number of rows, or None.

    ``where`` it comes from is for messages.
    """

    parts: tuple[Part, ...]
    seed: int = 0
    test_split_size: float | None = None
    where: str = field(default=MIXTURE, compare=False)


@dataclass(frozen=True)
class HeldOut:
    """Rows to hold out of the training split: a share when ``size`` is below 1, else that many rows."""

    size: float
    seed: int
    where: str


def read_mixture(value: Any, where: str, items: Mapping[str, str] = _NOWHERE) -> Mixture:
    """The mixture that a config describes.

    Args:
        value: ``{datasets: [{id, config, split, columns, weight}, ...], seed, test_split_size}``.
        where: where the value comes from, for messages.
        items: as `Config.items`, for those about one dataset.

    Raises:
        R1Error: lists every mistake in its structure.
    """

    def place_of(number: int) -> str:
        return items.get(f"{MIXTURE}.datasets[{number}]", where)

    errors = list(_mistakes(value, where, place_of))
    if errors:
        raise R1Error.together(errors)
    parts = tuple(
        _part(_own_words(entry), f"{place_of(number)}: datasets[{number}]")
        for number, entry in enumerate(value["datasets"])
    )
    return Mixture(parts, value.get("seed") or 0, value.get("test_split_size"), where)


def read_test_split(data: Data) -> HeldOut | None:
    """Which rows the config's ``data`` section holds out of the training split, or None.

    Raises:
        R1Error: the size is neither a share nor a number of rows, or the mixture sets its own.
    """
    size = data.test_size
    if data.dataset_mixture:
        if size is not None:
            what, fix = "a mixture holds out rows with test_split_size", f"set that instead of {TEST_SIZE}"
            raise R1Error(what, where=TEST_SIZE, fix=fix)
        mixture = read_mixture(data.dataset_mixture, MIXTURE)
        where = f"{MIXTURE}.test_split_size"
        return HeldOut(mixture.test_split_size, mixture.seed, where) if mixture.test_split_size else None
    if size is None:
        return None
    if not _is_test_size(size):
        raise R1Error(f"{TEST_SIZE}: expected {_SIZE}, found {size}", where=TEST_SIZE)
    return HeldOut(size, data.split_seed, TEST_SIZE)


def drawn_rows(mixture: Mixture, sizes: Sequence[int]) -> list[int]:
    """How many rows each dataset of a mixture contributes.

    Args:
        mixture: of the config.
        sizes: how many rows each dataset has.
    """
    drawn = [max(1, round(part.weight * size)) for part, size in zip(mixture.parts, sizes, strict=True)]
    fractions = [part.fraction for part in mixture.parts if part.fraction is not None]
    if not fractions:
        return drawn
    # In these proportions, and as many as the smallest of them allows.
    shares = [fraction / sum(fractions) for fraction in fractions]
    total = min(rows / share for rows, share in zip(drawn, shares, strict=True))
    return [round(share * total) for share in shares]


def held_out_rows(cut: HeldOut, rows: int) -> int:
    """How many of some rows are held out.

    Raises:
        R1Error: none would be left.
    """
    held_out = int(cut.size) if cut.size >= 1 else max(1, round(cut.size * rows))
    if held_out >= rows:
        raise R1Error(
            f"holding out {held_out} of {rows} rows leaves none to train on",
            where=cut.where,
            fix="hold out fewer",
        )
    return held_out


def _part(entry: Mapping[str, Any], where: str) -> Part:
    fields = {name: value for name, value in entry.items() if value is not None}
    if isinstance(fields.get("columns"), list):
        fields["columns"] = {name: name for name in fields["columns"]}
    return Part(**fields, entry=where)


#: What helps datasets without a common column.
_NOTHING_SHARED = (
    "all of them need the same columns: where only the names differ, name them in the entry, as columns: "
    "{prompt: question}; else write the rows of one as the other has them (docs/data.md, Mix once, shows how)"
)


def different_columns(names: Sequence[str], columns: Sequence[Collection[str]], where: str) -> R1Error | None:
    """The error for datasets of a mixture that do not have the same columns; None if they do.

    Args:
        names: of the datasets.
        columns: of each.
        where: the mixture comes from.
    """
    shared = set.intersection(*map(set, columns))
    extra = [
        f"{name} also has {', '.join(sorted(set(own) - shared))}"
        for name, own in zip(names, columns, strict=True)
        if set(own) != shared
    ]
    if not extra:
        return None
    kept = f"columns: [{', '.join(sorted(shared))}]"
    return R1Error(
        f"the datasets of the mixture have different columns: {'; '.join(extra)}",
        where=where,
        fix=f"keep only the columns that all have, with `columns:` in each entry: {kept}"
        if shared
        else _NOTHING_SHARED,
    )


def _own_words(entry: Mapping[str, Any]) -> dict[str, Any]:
    own = {_SYNONYMS.get(name, name): value for name, value in entry.items()}
    if own.get("id") in _FORMATS and isinstance(own.get("data_files"), str):
        own["id"] = own.pop("data_files")
    return own


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and _is_number(value) and value >= 0


def _is_test_size(value: Any) -> bool:
    return _is_number(value) and value > 0 and (value < 1 or value == int(value))


def _are_columns(value: Any) -> bool:
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    return isinstance(value, list) and bool(value) and all(map(_is_name, value))


_SIZE = "a share below 1 or a number of rows"
#: What each key takes: a test of the value, and its description.
_Keys = Mapping[str, tuple[Callable[[Any], bool], str]]
_MIXTURE: _Keys = {
    "datasets": (
        lambda value: isinstance(value, list) and bool(value),
        "a list of datasets, each with an id",
    ),
    "seed": (_is_seed, "a whole number, 0 or above"),
    "test_split_size": (_is_test_size, _SIZE),
}
_PART: _Keys = {
    "id": (_is_name, "a Hub id, file, folder or reasoning_gym:TASK"),
    "config": (_is_name, "the name of one of the dataset's configs"),
    "split": (_is_name, "the name of a split"),
    "columns": (_are_columns, "a list of column names, or a mapping of new names to the dataset's own"),
    "weight": (lambda value: _is_number(value) and 0 < value <= 1, "a share above 0 and at most 1"),
    "fraction": (lambda value: _is_number(value) and value > 0, "a number above 0"),
}


def _mistakes(value: Any, where: str, place_of: Callable[[int], str]) -> Iterator[R1Error]:
    if not isinstance(value, Mapping):
        yield R1Error(f"{MIXTURE}: expected {{datasets: [...]}}, found {value!r}", where=where)
        return
    yield from _wrong_keys(value, _MIXTURE, "datasets", MIXTURE, where)
    entries = value["datasets"] if isinstance(value.get("datasets"), list) else []
    fractions = [isinstance(entry, Mapping) and entry.get("fraction") is not None for entry in entries]
    if any(fractions) and not all(fractions):
        what = f"{MIXTURE}: some datasets have a fraction, and some do not"
        yield R1Error(what, where=where, fix="give every dataset a fraction, or every one a weight")
    for number, entry in enumerate(entries):
        place, where = f"{MIXTURE}.datasets[{number}]", place_of(number)
        if not isinstance(entry, Mapping):
            yield R1Error(f"{place}: expected a mapping, found {entry!r}", where=where, fix="write id: NAME")
            continue
        for synonym in (word for word in entry if word in _SYNONYMS and _SYNONYMS[word] in entry):
            what = f"{place} has both {_SYNONYMS[synonym]} and {synonym}, which mean the same thing"
            yield R1Error(what, where=where, fix="keep one of them")
        yield from _wrong_keys(_own_words(entry), _PART, "id", place, where)


def _wrong_keys(
    entry: Mapping[str, Any], keys: _Keys, required: str, place: str, where: str
) -> Iterator[R1Error]:
    for name, value in entry.items():
        if name not in keys:
            fix = _OF_TRL.get(name) or did_you_mean(str(name), keys, f"the keys are {', '.join(keys)}")
            yield R1Error(f"{place} has an unknown key '{name}'", where=where, fix=fix)
        elif value is not None and not keys[name][0](value):
            yield R1Error(f"{place}.{name}: expected {keys[name][1]}, found {value!r}", where=where)
    if entry.get(required) is None:
        yield R1Error(f"{place} has no {required}", where=where, fix=f"give it {keys[required][1]}")
