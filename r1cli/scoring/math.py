"""Math verdicts: is this answer the gold? What every reward about mathematics calls."""

import atexit
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec

from r1cli.errors import R1Error
from r1cli.scoring.pool import Answer, Batch, Outcome, Pool, VerifierLost, pool_size
from r1cli.scoring.verify_read import MODES

__all__ = ["MODES", "Verdict", "VerifierLost", "explain", "take_counts", "verify"]

_VERDICTS = {
    "equal": True,
    "different": False,
    "gold not parsed": None,
    "gold too costly": None,
    "answer not parsed": False,
    "answer too costly": False,
}

# Answers that one worker takes at a time: a usual group, so that it reads the gold once.
_BATCH = 16
_REMEMBERED = 32_768


@dataclass(frozen=True)
class Verdict:
    """A verdict and why.

    ``reason`` is "equal", "different", "gold not parsed", "gold too costly", "answer not parsed" or "answer
    too costly". ``gold`` and ``answer`` are what was extracted from each, as text.
    """

    correct: bool | None
    reason: str
    gold: tuple[str, ...]
    answer: tuple[str, ...]


def verify(golds: Sequence[object], answers: Sequence[str], *, mode: str = "auto") -> list[bool | None]:
    """Whether each answer equals its gold, by math-verify.

    An answer is a whole completion. What counts in it is its last ``<answer>`` block, if it has one, and
    there the LaTeX, boxed first, with or without ``$...$``, or else a plain number or expression; without
    such a block, what is boxed, or LaTeX that is said to be the answer ("the answer is $7$").

    A gold in words, as "yes", is compared with an answer in words; of any other it says nothing.

    A number with a unit equals the same number with the same unit or with none: ``72 km/h``, ``72`` and
    ``72 \\text{ km/h}``. Nothing is converted.

    The work is done by worker processes, each pair once, however many calls ask for it. A piece of work may
    take 2 seconds of CPU time and 2 GiB, whatever came before it. Any thread may call this, and asyncio too.

    Args:
        golds: reference answers, one per answer: text, or numbers.
        answers: completions as text.
        mode: how golds are read. ``auto``: LaTeX with or without ``$...$``, boxed, a plain number, or a
            whole solution. ``latex``, ``number``: only that. ``boxed``: the last ``\\boxed{...}``. ``text``
            or ``solution``: a whole solution, of which the boxed or else the last answer counts.

    Returns:
        One verdict per pair. None where the gold cannot be parsed, or is too costly. An answer that cannot be
        parsed, or is too costly, is wrong.

    Raises:
        ValueError: there is no such mode.
        VerifierLost: workers were lost, and not to their limits; its ``verdicts`` has all the others.

    Source: math-verify, ``parse`` and ``verify``, with the extraction order of open-r1's ``accuracy_reward``.
    """
    pairs = [(_gold_text(gold), answer) for gold, answer in zip(golds, answers, strict=True)]
    verdicts = [_verdict(future) for future in _verifier().ask(pairs, _checked(mode))]
    known = [verdict for verdict in verdicts if not isinstance(verdict, VerifierLost)]
    if len(known) < len(verdicts):
        what = f"{len(verdicts) - len(known)} of {len(verdicts)} answers were not verified"
        raise VerifierLost(what, verdicts)
    return known


def _verdict(future: "Future[Outcome]") -> bool | VerifierLost | None:
    try:
        return _VERDICTS[future.result().reason]
    except VerifierLost as error:
        return error


def explain(gold: object, answer: str, *, mode: str = "auto") -> Verdict:
    """The verdict on one pair, as `verify` gives it, with its reason and with what was extracted.

    Raises:
        ValueError: there is no such mode.
        VerifierLost: workers were lost, and not to their limits.
    """
    outcome = _verifier().ask_texts(_gold_text(gold), answer, _checked(mode))
    return Verdict(_VERDICTS[outcome.reason], outcome.reason, outcome.gold, outcome.answer)


def take_counts() -> dict[str, int]:
    """Counts since the last call: pairs ``verified``, each once, and ``unverifiable`` answers among them.

    An answer is unverifiable when it runs into the limit on CPU time or memory.
    """
    return _current.take_counts() if _current else {"verified": 0, "unverifiable": 0}


class _Verifier:
    """Remembers verdicts, and has the pool find those that nobody has asked for yet.

    Raises:
        R1Error: math-verify is not installed, or R1_VERIFY_WORKERS is wrong.
    """

    def __init__(self) -> None:
        if find_spec("math_verify") is None:
            raise R1Error(
                "math-verify is not installed",
                where="rewards about mathematics",
                fix="pip install 'r1cli[train]'",
                exit_code=1,
            )
        self.pool = Pool(pool_size())
        self._lock = threading.Lock()
        # By the digest of a pair. Pairs still being worked on are here too: who asks for one waits for it.
        self._asked: OrderedDict[bytes, Future[Outcome]] = OrderedDict()
        self._counts = Counter[str]()

    def ask(self, pairs: Sequence[tuple[str, str]], mode: str) -> list[Future[Outcome]]:
        """The future outcome of each pair of a gold and a completion."""
        read = [(gold, _answer_in(completion)) for gold, completion in pairs]
        keys = [_digest(mode, gold, *map(str, answer)) for gold, answer in read]
        with self._lock:
            fresh: dict[str, dict[bytes, Answer]] = {}
            for (gold, answer), key in zip(read, keys, strict=True):
                if key not in self._asked:
                    fresh.setdefault(gold, {})[key] = answer
            batches = [
                batch for gold, answers in fresh.items() for batch in self._batches(gold, mode, answers)
            ]
            futures = [self._asked[key] for key in keys]
            for key in keys:
                self._asked.move_to_end(key)
            while len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
        self.pool.submit(batches)
        return futures

    def ask_texts(self, gold: str, completion: str, mode: str) -> Outcome:
        """The outcome of one pair, with what was extracted. It is not remembered."""
        batch = Batch(gold, mode, [_answer_in(completion)], texts=True)
        self.pool.submit([batch])
        return batch.futures[0].result()

    def take_counts(self) -> dict[str, int]:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return {name: counts[name] for name in ("verified", "unverifiable")}

    def _batches(self, gold: str, mode: str, answers: Mapping[bytes, Answer]) -> Iterator[Batch]:
        keys = list(answers)
        for start in range(0, len(keys), _BATCH):
            some = keys[start : start + _BATCH]
            batch = Batch(gold, mode, [answers[key] for key in some])
            for key, future in zip(some, batch.futures, strict=True):
                self._asked[key] = future
                future.add_done_callback(partial(self._finish, key))
            yield batch

    def _finish(self, key: bytes, future: Future[Outcome]) -> None:
        with self._lock:
            if future.exception():
                self._asked.pop(key, None)  # who asks again has it tried again
                return
            self._counts["verified"] += 1
            self._counts["unverifiable"] += future.result().reason == "answer too costly"


_starting = threading.Lock()
_current: _Verifier | None = None


def _verifier() -> _Verifier:
    """This process's verifier, made when it is first needed."""
    global _current  # noqa: PLW0603 - one pool for the whole process is the point
    with _starting:
        if _current is None:
            _current = _Verifier()
            atexit.register(_current.pool.close)
        return _current


def _forget() -> None:
    """In a forked child: the workers answer to the parent."""
    global _current, _starting
    if _current:
        atexit.unregister(_current.pool.close)
    _current, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def _answer_in(completion: str) -> Answer:
    """The text that holds the answer, and whether it is the inside of an answer block."""
    # What the thoughts say of an answer block is none.
    _, _, said = completion.rpartition("</think>")
    end = said.rfind("</answer>")
    start = said.rfind("<answer>", 0, max(end, 0))
    return (said[start + len("<answer>") : end], True) if start >= 0 else (completion, False)


def _digest(*parts: str) -> bytes:
    """A key of fixed size, since completions are long."""
    digest = blake2b(digest_size=16)
    for part in parts:
        # Tokenizers can leave half a surrogate pair.
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.digest()


def _checked(mode: str) -> str:
    if mode not in MODES:
        raise ValueError(f"a gold is read in one of the modes {', '.join(MODES)}, not '{mode}'")
    return mode


def _gold_text(gold: object) -> str:
    """A gold as text: datasets hold numbers too, and nothing at all."""
    if isinstance(gold, float):
        return format(Decimal(repr(float(gold))), "f") if abs(gold) < float("inf") else ""
    return "" if gold is None else str(gold)
