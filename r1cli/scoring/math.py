"""Math verdicts: does an answer equal the reference answer (the gold)? All math rewards use this."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING

from r1cli.verdicts.terms import MODES, PLACES, Judged, Rules, VerifierLost

if TYPE_CHECKING:
    from r1cli.verdicts.finder import Answer

_VERDICTS = {
    "equal": True,
    "different": False,
    "gold not parsed": None,
    "gold too costly": None,
    "answer not parsed": False,
    "answer too costly": False,
}


@dataclass(frozen=True)
class Verdict:
    """A verdict and why.

    ``reason`` is "equal", "different", "gold not parsed", "gold too costly", "answer not parsed" or "answer
    too costly". ``gold`` and ``answer`` are what was read of each. ``found`` is the answer as it stands in
    the completion, and the rule that found it; None if there is none, and ``nothing`` says why: "taken back",
    "denied", "struck out", "cut off", "cut off in the thoughts", "a part of something else" or "no rule
    applied".
    """

    correct: bool | None
    reason: str
    gold: tuple[str, ...]
    answer: tuple[str, ...]
    found: "Answer | None" = None
    nothing: str = ""


def answer_of(completion: str, *, answer: str = "auto") -> "Answer | None":
    """The answer in a completion, and where it is.

    It is the last ``<answer>`` block; else the last box after the thoughts; else what is said to be the
    answer ("the answer is 42", "#### 42"); else a last line that is nothing but an answer. What the
    completion takes back or denies does not count, nor what it was cut off in.

    Args:
        completion: as text; `texts` makes it of chats.
        answer: where to look. ``auto``: as above. ``strict``: open-r1's rule: the block, else a box, else
            LaTeX that is introduced as the answer. ``boxed``, ``block``: only that.

    Returns:
        The answer with ``text``, ``start``, ``end`` and ``rule``; None if there is none.

    Raises:
        ValueError: there is no such place to look.
        TypeError: the completion is not text.
    """
    from r1cli.verdicts.finder import find_answer

    return find_answer(_text(completion), _checked("place of an answer", answer, PLACES))


def verify(
    golds: Sequence[object],
    answers: Sequence[str],
    *,
    mode: str = "auto",
    answer: str = "auto",
    **rules: bool | int,
) -> list[bool | None]:
    """Whether the answer in each completion equals its gold.

    Both are read whole or not at all, into the same kinds: numbers with units, expressions, intervals,
    tuples, sets, words and others; docs/verdicts.md has the rules. Arithmetic decides most pairs in this
    process. For the others, worker processes compare values to 80 digits; each gold or answer may take them 2
    seconds of CPU time and 2 GiB of memory. Each pair is judged only once. This function is thread-safe, and
    may be called from asyncio.

    Args:
        golds: reference answers, one per answer: text, or numbers.
        answers: completions as text.
        mode: how to read reference answers. ``auto``: a bare answer in LaTeX or plain text, or a whole
            solution with its answer in a box, after ``####``, or said. ``latex``: no prose. ``number``: the
            last number. ``boxed``: the last ``\\boxed{...}``. ``text`` or ``solution``: a whole solution,
            where the boxed, the said, or else the last number counts.
        answer: where to look for the answer in a completion: see `answer_of`.
        rules: where experts differ: ``rounding``, ``interval_is_inequality``, ``tuple_is_vector``,
            ``ratio_is_fraction``, ``ignore_case``. See docs/verdicts.md.

    Returns:
        One verdict per pair. None if the gold cannot be parsed or is too costly. An answer that cannot be
        parsed or is too costly is wrong.

    Raises:
        ValueError: there is no such mode, or no such place of an answer; or not one answer for each gold.
        TypeError: there is no such rule, or a completion is not text, or a text is given in place of a list.
        VerifierLost: workers crashed for reasons other than their limits; ``verdicts`` has the other results.
    """
    explained = explain_all(golds, answers, mode=mode, answer=answer, **rules)
    verdicts = [one if isinstance(one, VerifierLost) else one.correct for one in explained]
    known = [verdict for verdict in verdicts if not isinstance(verdict, VerifierLost)]
    if len(known) < len(verdicts):
        what = f"{len(verdicts) - len(known)} of {len(verdicts)} answers were not verified"
        raise VerifierLost(what, verdicts)
    return known


def explain_all(
    golds: Sequence[object],
    completions: Sequence[str],
    *,
    mode: str = "auto",
    answer: str = "auto",
    **rules: bool | int,
) -> list[Verdict | VerifierLost]:
    """The verdicts of `verify` with their reasons, and what was found and read.

    A pair has a VerifierLost in place of its verdict if workers crashed on it.

    Raises:
        ValueError: there is no such mode, or no such place of an answer; or not one answer for each gold.
        TypeError: there is no such rule, or a completion is not text, or a text is given in place of a list.
    """
    _checked("place of an answer", answer, PLACES)
    _checked("mode", mode, MODES)
    compared_by = _rules(rules)
    _check_lists(golds, completions)
    if len(golds) == len(completions) == 0:
        return []  # quick, for those who only check their settings
    from r1cli.scoring.verifier import verifier
    from r1cli.waits import waiting

    judge = verifier()
    found = [judge.find(_text(completion), answer) for completion in completions]
    pairs = [(gold_text(gold), one.text or None) for gold, one in zip(golds, found, strict=True)]
    judged = judge.ask(pairs, mode, compared_by)
    with waiting():
        return [_verdict(one, where) for one, where in zip(judged, found, strict=True)]


def _check_lists(golds: Sequence[object], completions: Sequence[str]) -> None:
    for text in (golds, completions):
        # Its characters would be judged one by one.
        if isinstance(text, str):
            what = "reference answers and completions are lists"
            raise TypeError(f"{what}, and {text[:40]!r} is a text: as verify(['1/2'], ['0.5'])")
    if len(golds) != len(completions):
        what = f"{len(golds)} reference answers and {len(completions)} completions"
        raise ValueError(f"{what}: one of each makes a pair")


def _verdict(judged: "Judged | Future[Judged]", found: "Answer") -> Verdict | VerifierLost:
    try:
        done = judged if isinstance(judged, Judged) else judged.result()
    except VerifierLost as error:
        return error
    place, nothing = (found, "") if found.text else (None, found.rule)
    return Verdict(_VERDICTS[done.reason], done.reason, done.gold, done.answer, place, nothing)


def _rules(given: Mapping[str, bool | int]) -> Rules:
    unknown = given.keys() - {field.name for field in fields(Rules)}
    if unknown:
        raise TypeError(f"unknown rules: {', '.join(sorted(unknown))}")
    return Rules(**given)  # type: ignore[arg-type]


def explain(
    gold: object, completion: str, *, mode: str = "auto", answer: str = "auto", **rules: bool | int
) -> Verdict:
    """The verdict of `verify` on one pair, with its reason, and what was found and read.

    Raises:
        ValueError: there is no such mode, or no such place of an answer; or not one answer for each gold.
        TypeError: there is no such rule, or a completion is not text, or a text is given in place of a list.
        VerifierLost: workers crashed for reasons other than their limits.
    """
    (verdict,) = explain_all([gold], [completion], mode=mode, answer=answer, **rules)
    if isinstance(verdict, VerifierLost):
        raise verdict
    return verdict


def _text(completion: object) -> str:
    if not isinstance(completion, str):
        raise TypeError(f"a completion must be text, not {type(completion).__name__}: see r1cli.texts")
    return completion


def _checked(what: str, name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise ValueError(f"unknown {what} '{name}': use {', '.join(names)}")
    return name


def gold_text(gold: object) -> str:
    """A gold as text: datasets also contain numbers, lists of one, and None; of nothing else it is known."""
    if isinstance(gold, list | tuple) and len(gold) == 1:
        return gold_text(gold[0])
    if isinstance(gold, list | tuple | Mapping):
        return ""  # [1, 2] may be an interval, two answers, or two ways to write one
    if isinstance(gold, float):
        return format(Decimal(repr(float(gold))), "f") if abs(gold) < float("inf") else ""
    return "" if gold is None else str(gold)
