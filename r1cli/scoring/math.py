"""Math verdicts: does an answer equal the reference answer (the gold)? All math rewards use this."""

import atexit
import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from typing import TYPE_CHECKING

from r1cli.errors import R1Error
from r1cli.scoring.pool import Batch, Pool, VerifierLost, pool_size
from r1cli.verdicts.terms import MODES, PLACES, Judged, Rules

if TYPE_CHECKING:
    from r1cli.verdicts.finder import Answer

__all__ = [
    "Verdict",
    "VerifierLost",
    "answer_of",
    "explain",
    "explain_all",
    "take_counts",
    "verify",
]

_VERDICTS = {
    "equal": True,
    "different": False,
    "gold not parsed": None,
    "gold too costly": None,
    "answer not parsed": False,
    "answer too costly": False,
}

# Answers per request to a worker: a typical group, so that it reads the gold once.
_BATCH = 16
_REMEMBERED = 32_768


@dataclass(frozen=True)
class Verdict:
    """A verdict and why.

    ``reason`` is "equal", "different", "gold not parsed", "gold too costly", "answer not parsed" or "answer
    too costly". ``gold`` and ``answer`` are what was read of each. ``found`` is the answer as it stands in
    the completion, and the rule that found it; None if there is none.
    """

    correct: bool | None
    reason: str
    gold: tuple[str, ...]
    answer: tuple[str, ...]
    found: "Answer | None" = None


def answer_of(completion: str, *, answer: str = "auto") -> "Answer | None":
    """The answer in a completion, and where it stands.

    It is the last ``<answer>`` block; else the last box behind the thoughts; else what is said to be the
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
    """
    from r1cli.verdicts.finder import find_answer

    return find_answer(completion, _checked("place of an answer", answer, PLACES))


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
            solution with its answer in a box, behind ``####``, or said. ``latex``: no prose. ``number``: the
            last number. ``boxed``: the last ``\\boxed{...}``. ``text`` or ``solution``: a whole solution,
            where the boxed, the said, or else the last number counts.
        answer: where to look for the answer in a completion: see `answer_of`.
        rules: where experts differ: ``rounding``, ``interval_is_inequality``, ``tuple_is_vector``,
            ``ratio_is_fraction``, ``ignore_case``. See docs/verdicts.md.

    Returns:
        One verdict per pair. None if the gold cannot be parsed or is too costly. An answer that cannot be
        parsed or is too costly is wrong.

    Raises:
        ValueError: there is no such mode, or no such place of an answer.
        TypeError: there is no such rule.
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
        ValueError: there is no such mode, or no such place of an answer.
        TypeError: there is no such rule.
    """
    _checked("place of an answer", answer, PLACES)
    _checked("mode", mode, MODES)
    compared_by = _rules(rules)
    if not completions:
        return []  # quick, for those who only check their settings
    found = [answer_of(completion, answer=answer) for completion in completions]
    pairs = [
        (gold_text(gold), None if one is None else one.text) for gold, one in zip(golds, found, strict=True)
    ]
    judged = _verifier().ask(pairs, mode, compared_by)
    with _queue.waiting():
        return [_verdict(one, where) for one, where in zip(judged, found, strict=True)]


def _verdict(judged: "Judged | Future[Judged]", found: "Answer | None") -> Verdict | VerifierLost:
    try:
        done = judged if isinstance(judged, Judged) else judged.result()
    except VerifierLost as error:
        return error
    return Verdict(_VERDICTS[done.reason], done.reason, done.gold, done.answer, found)


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
        ValueError: there is no such mode, or no such place of an answer.
        TypeError: there is no such rule.
        VerifierLost: workers crashed for reasons other than their limits.
    """
    (verdict,) = explain_all([gold], [completion], mode=mode, answer=answer, **rules)
    if isinstance(verdict, VerifierLost):
        raise verdict
    return verdict


def waited() -> float:
    """Seconds so far in which somebody has waited for the workers, who are busy for others as well."""
    return _queue.seconds()


class _Queue:
    """Measures the time in which at least one thread waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = 0
        self._total, self._since = 0.0, 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def seconds(self) -> float:
        with self._lock:
            return self._total + (time.monotonic() - self._since if self._threads else 0.0)

    def _change(self, threads: int) -> None:
        with self._lock:
            now = time.monotonic()
            self._total += now - self._since if self._threads else 0.0
            self._since = now
            self._threads += threads


_queue = _Queue()


def take_counts() -> dict[str, int]:
    """Counts since the last call: distinct pairs ``verified``, and ``unverifiable`` answers among them.

    An answer is unverifiable if it exceeds the limit on CPU time, memory or digits.
    """
    return _current.take_counts() if _current else {"verified": 0, "unverifiable": 0}


class _Verifier:
    """Remembers verdicts, decides what arithmetic decides, and sends the rest to the pool.

    Raises:
        R1Error: mpmath is not installed, or R1_VERIFY_WORKERS is not valid.
    """

    def __init__(self) -> None:
        if find_spec("mpmath") is None:
            raise R1Error(
                "mpmath is not installed",
                where="rewards about mathematics",
                fix="pip install 'r1cli[train]'",
                exit_code=1,
            )
        self.pool = Pool(pool_size())
        self._lock = threading.Lock()
        # By the digest of a pair. Unfinished pairs are here too: a second caller waits for the same future.
        self._judged: OrderedDict[bytes, Judged | Future[Judged]] = OrderedDict()
        self._counts = Counter[str]()

    def ask(
        self, pairs: Sequence[tuple[str, str | None]], mode: str, rules: Rules
    ) -> list[Judged | Future[Judged]]:
        """What is judged of each pair of a gold and an answer, now or in the future."""
        from r1cli.verdicts.judge import judge_quickly

        by = f"{mode} {astuple(rules)}"
        keys = [_digest(by, gold, "-" if answer is None else f"+{answer}") for gold, answer in pairs]
        with self._lock:
            known = {key: self._judged[key] for key in keys if key in self._judged}
        new = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in known}
        quick = {key: judge_quickly(gold, mode, answer, rules) for key, (gold, answer) in new.items()}
        with self._lock:
            fresh: dict[str, dict[bytes, str]] = {}
            for key, (gold, answer) in new.items():
                judged = quick[key]
                if key in self._judged:
                    continue
                if judged is not None:
                    self._judged[key] = judged
                    self._count(judged)
                else:
                    fresh.setdefault(gold, {})[key] = answer or ""
            batches = [
                batch
                for gold, answers in fresh.items()
                for batch in self._batches(gold, mode, rules, answers)
            ]
            found = [known.get(key) or self._judged[key] for key in keys]
            for key in keys:
                if key in self._judged:
                    self._judged.move_to_end(key)
            while len(self._judged) > _REMEMBERED:
                self._judged.popitem(last=False)
        self.pool.submit(batches)
        return found

    def take_counts(self) -> dict[str, int]:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return {name: counts[name] for name in ("verified", "unverifiable")}

    def _count(self, judged: Judged) -> None:
        self._counts["verified"] += 1
        self._counts["unverifiable"] += judged.reason == "answer too costly"

    def _batches(self, gold: str, mode: str, rules: Rules, answers: Mapping[bytes, str]) -> Iterator[Batch]:
        keys = list(answers)
        for start in range(0, len(keys), _BATCH):
            some = keys[start : start + _BATCH]
            batch = Batch(gold, mode, rules, [answers[key] for key in some])
            for key, future in zip(some, batch.futures, strict=True):
                self._judged[key] = future
                future.add_done_callback(partial(self._finish, key))
            yield batch

    def _finish(self, key: bytes, future: Future[Judged]) -> None:
        with self._lock:
            if future.exception():
                self._judged.pop(key, None)  # the next call tries again
                return
            self._count(future.result())


_starting = threading.Lock()
_current: _Verifier | None = None


def _verifier() -> _Verifier:
    """This process's verifier, created when it is first needed."""
    global _current  # noqa: PLW0603 - one pool for the whole process is the point
    with _starting:
        if _current is None:
            _current = _Verifier()
            atexit.register(_current.pool.close)
        return _current


def _forget() -> None:
    """In a forked child: the workers belong to the parent."""
    global _current, _starting, _queue
    if _current:
        atexit.unregister(_current.pool.close)
    _current, _starting, _queue = None, threading.Lock(), _Queue()


os.register_at_fork(after_in_child=_forget)


def _digest(*parts: str) -> bytes:
    """A key of fixed size, since completions are long."""
    digest = blake2b(digest_size=16)
    for part in parts:
        # Tokenizers can leave half a surrogate pair.
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.digest()


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
