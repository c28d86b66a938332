"""Figures of a dataset: ``python -m r1cli.data.dataset_figures CONNECTION``, for ``r1 data stats``."""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from r1cli.children import answer
from r1cli.data.as_trained import CUT, TRAINED
from r1cli.data.chats import COMPLETION, MESSAGES, PROMPT, TEXT, as_turns
from r1cli.data.inspected import Inspected
from r1cli.data.load import shape_rows
from r1cli.errors import R1Error

_SOURCES = ("mixed_from", "source", "data_source", "dataset")
# Rows, evenly spread, whose language is detected, and values of a source that are listed.
_DETECTED, _LISTED = 500, 20
# Bytes of letters, with fewer of which lingua takes English for Ganda. With these, which are ten words or 17
# Chinese signs, it is right for 19 of 20 pieces of prose.
_TELLING = 50
_MADE = (MESSAGES, PROMPT, COMPLETION, TEXT)


def count(request: dict[str, Any]) -> dict[str, Any]:
    """The figures of a dataset.

    Args:
        request: as `Inspected` takes it.

    Returns:
        ``rows``; ``unusable``, the number of those that lack what is needed; ``lengths`` of prompts and whole
        rows, in ``unit``, and if those are tokens, of completions, and of what is trained on and cut off;
        ``languages``; ``sources``; ``duplicates``.
    """
    chosen = Inspected(request)
    rows = chosen.rows(lenient=True)
    makes = [name for name in _MADE if name in rows.column_names]
    usable = rows.filter(_is_usable, fn_kwargs={"names": makes[:2]})
    found: dict[str, Any] = {"rows": len(rows), "unusable": len(rows) - len(usable)}
    if not len(usable):
        raise R1Error("no row of the dataset can be used", where=chosen.where, fix="`r1 data show` says why")
    if chosen.tokenizer is not None:
        takes_chats = chosen.tokenizer.chat_template is not None
        usable = shape_rows(usable, chosen.data.system_prompt, takes_chats, chosen.needed, chosen.where)
    counted, texts = _Counted(), list[str]()
    step = max(1, len(usable) // _DETECTED)
    for number, row in enumerate(usable):
        question = _question(row)
        counted.add(number, row, question, chosen)
        texts += [question] if number % step == 0 else []
    return found | {
        "unit": "tokens" if chosen.tokenizer else "characters",
        "lengths": {name: _summary(values) for name, values in counted.lengths.items()},
        "languages": _languages(texts),
        "sources": _sources(usable),
        # Rows that have an equal one before them; case and blanks do not count.
        "duplicates": {name: len(usable) - len(seen) for name, seen in counted.seen.items()},
    }


class _Counted:
    """What is counted row by row: lengths, and digests of the prompts and the rows that occur."""

    def __init__(self) -> None:
        self.lengths: dict[str, list[int]] = {}
        self.seen: dict[str, set[bytes]] = {"prompts": set(), "rows": set()}

    def add(self, number: int, row: Mapping[str, Any], question: str, chosen: Inspected) -> None:
        whole = _whole(row)
        for name, length in _measured(number, row, question, whole, chosen).items():
            self.lengths.setdefault(name, []).append(length)
        self.seen["prompts"].add(_digest(question))
        self.seen["rows"].add(_digest(whole))


def _is_usable(row: Mapping[str, Any], names: Sequence[str]) -> bool:
    return all(row[name] is not None for name in names)


def _measured(
    number: int, row: Mapping[str, Any], question: str, whole: str, chosen: Inspected
) -> dict[str, int]:
    """The lengths of one row."""
    if chosen.tokenizer is None:
        return {"prompt": len(question), "row": len(whole)}
    tokens = chosen.tokens(number, row)
    found = {"row": len(tokens.ids)}
    if PROMPT in row:
        found = {"prompt": tokens.prompt, **found}
    if COMPLETION in row:
        found["completion"] = len(tokens.ids) - tokens.prompt
    if tokens.prompt < len(tokens.ids):
        found |= {"trained": tokens.kinds.count(TRAINED), "cut": tokens.kinds.count(CUT)}
    return found


def _summary(values: Sequence[int]) -> dict[str, float]:
    ordered = sorted(values)
    at = {
        name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in _QUANTILES.items()
    }
    return {"sum": sum(values), "mean": round(sum(values) / len(values), 1), **at}


_QUANTILES = {"min": 0.0, "median": 0.5, "p95": 0.95, "max": 1.0}


def _question(row: Mapping[str, Any]) -> str:
    """What a row asks: the text before the first answer."""
    if PROMPT in row:
        return _text(as_turns(row[PROMPT], "user"))
    if MESSAGES not in row:
        return str(row[TEXT])
    turns = row[MESSAGES]
    first = next((place for place, turn in enumerate(turns) if turn["role"] == "assistant"), len(turns))
    return _text(turns[:first])


def _whole(row: Mapping[str, Any]) -> str:
    texts = [_text(as_turns(row[name], "user")) for name in _MADE if name in row]
    return "\n".join(texts)


def _text(turns: Iterable[Mapping[str, Any]]) -> str:
    contents = [turn.get("content") for turn in turns]
    return "\n".join(one if isinstance(one, str) else json.dumps(one, default=str) for one in contents)


def _digest(text: str) -> bytes:
    plain = " ".join(text.casefold().split())
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=16).digest()


def _sources(rows: Any) -> dict[str, Any]:
    column = next((name for name in _SOURCES if name in rows.column_names), None)
    if column is None:
        return {}
    counts = Counter(map(str, rows[column]))
    return {
        "column": column,
        "values": dict(counts.most_common(_LISTED)),
        "others": max(0, len(counts) - _LISTED),
    }


def _languages(texts: Sequence[str]) -> dict[str, Any]:
    """The languages of some prompts, where lingua is installed; else their scripts."""
    detect, by = _detector()
    counts = Counter(detect(text[:2_000]) for text in texts)
    return {"by": by, "rows": len(texts), "values": dict(counts.most_common(_LISTED))}


def _detector() -> tuple[Callable[[str], str], str]:
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError:
        return _script, "script"
    detector = LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()

    def language(text: str) -> str:
        found = detector.detect_language_of(text) if _tells_language(text) else None
        return found.name.capitalize() if found else "unknown"

    return language, "language"


def _tells_language(text: str) -> bool:
    letters = "".join(filter(str.isalpha, text))
    return len(letters.encode("utf-8", "replace")) >= _TELLING


def _script(text: str) -> str:
    """The script of most of a text's letters, by the first word of their names in Unicode."""
    names = Counter(
        unicodedata.name(sign, "unknown").split()[0].capitalize() for sign in text if sign.isalpha()
    )
    return names.most_common(1)[0][0] if names else "none"


if __name__ == "__main__":
    answer(count)
