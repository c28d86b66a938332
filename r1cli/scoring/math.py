"""Math verdicts: does an answer equal the reference answer (the gold)? All math rewards use this."""

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

# Answers per request to a worker: a typical group, so that it reads the gold once.
_BATCH = 16
_REMEMBERED = 32_768


@dataclass(frozen=True)
class Verdict:
    """A verdict and why.

    ``reason`` is "equal", "different", "gold not parsed", "gold too costly", "answer not parsed" or "answer
    too costly". ``gold`` and ``answer`` are the texts that were extracted from each.
    """

    correct: bool | None
    reason: str
    gold: tuple[str, ...]
    answer: tuple[str, ...]


def verify(golds: Sequence[object], answers: Sequence[str], *, mode: str = "auto") -> list[bool | None]:
    """Whether each answer equals its gold, by math-verify.

    An answer is a whole completion. If it has an ``<answer>`` block, the last one counts: LaTeX in it, boxed
    first, with or without ``$...$``, or else a plain number or expression. Without such a block, boxed LaTeX
    counts, or LaTeX that is introduced as the answer ("the answer is $7$").

    A gold in words, such as "yes", is only compared with answers in words.

    A number with a unit equals the same number with the same unit or without a unit: ``72 km/h``, ``72`` and
    ``72 \\text{ km/h}``. Units are not converted.

    Worker processes do the work, and verify each pair only once. Each gold or answer may take 2 seconds of
    CPU time and 2 GiB of memory. This function is thread-safe, and may be called from asyncio.

    Args:
        golds: reference answers, one per answer: text, or numbers.
        answers: completions as text.
        mode: how to read reference answers. ``auto``: LaTeX with or without ``$...$``, boxed, a plain number,
            or a whole solution. ``latex``, ``number``: only that. ``boxed``: the last ``\\boxed{...}``.
            ``text`` or ``solution``: a whole solution, where the boxed or else the last answer counts.

    Returns:
        One verdict per pair. None if the gold cannot be parsed or is too costly. An answer that cannot be
        parsed or is too costly is wrong.

    Raises:
        ValueError: there is no such mode.
        VerifierLost: workers crashed for reasons other than their limits; ``verdicts`` has the other results.

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
    """The verdict of `verify` on one pair, with its reason and the extracted texts.

    Raises:
        ValueError: there is no such mode.
        VerifierLost: workers crashed for reasons other than their limits.
    """
    outcome = _verifier().ask_texts(_gold_text(gold), answer, _checked(mode))
    return Verdict(_VERDICTS[outcome.reason], outcome.reason, outcome.gold, outcome.answer)


def take_counts() -> dict[str, int]:
    """Counts since the last call: distinct pairs ``verified``, and ``unverifiable`` answers among them.

    An answer is unverifiable if it exceeds the limit on CPU time or memory.
    """
    return _current.take_counts() if _current else {"verified": 0, "unverifiable": 0}


class _Verifier:
    """Caches verdicts, and sends new pairs to the pool.

    Raises:
        R1Error: math-verify is not installed, or R1_VERIFY_WORKERS is not valid.
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
        # By the digest of a pair. Unfinished pairs are here too: a second caller waits for the same future.
        self._futures: OrderedDict[bytes, Future[Outcome]] = OrderedDict()
        self._counts = Counter[str]()

    def ask(self, pairs: Sequence[tuple[str, str]], mode: str) -> list[Future[Outcome]]:
        """The future outcome of each pair of a gold and a completion."""
        read = [(gold, _answer_in(completion)) for gold, completion in pairs]
        keys = [_digest(mode, gold, *map(str, answer)) for gold, answer in read]
        with self._lock:
            fresh: dict[str, dict[bytes, Answer]] = {}
            for (gold, answer), key in zip(read, keys, strict=True):
                if key not in self._futures:
                    fresh.setdefault(gold, {})[key] = answer
            batches = [
                batch for gold, answers in fresh.items() for batch in self._batches(gold, mode, answers)
            ]
            futures = [self._futures[key] for key in keys]
            for key in keys:
                self._futures.move_to_end(key)
            while len(self._futures) > _REMEMBERED:
                self._futures.popitem(last=False)
        self.pool.submit(batches)
        return futures

    def ask_texts(self, gold: str, completion: str, mode: str) -> Outcome:
        """The outcome of one pair, with the extracted texts. It is not cached."""
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
                self._futures[key] = future
                future.add_done_callback(partial(self._finish, key))
            yield batch

    def _finish(self, key: bytes, future: Future[Outcome]) -> None:
        with self._lock:
            if future.exception():
                self._futures.pop(key, None)  # the next call tries again
                return
            self._counts["verified"] += 1
            self._counts["unverifiable"] += future.result().reason == "answer too costly"


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
    global _current, _starting
    if _current:
        atexit.unregister(_current.pool.close)
    _current, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def _answer_in(completion: str) -> Answer:
    """The text that holds the answer, and whether it is the inside of an answer block."""
    # An answer block inside the thoughts does not count.
    _, _, reply = completion.rpartition("</think>")
    end = reply.rfind("</answer>")
    start = reply.rfind("<answer>", 0, max(end, 0))
    return (reply[start + len("<answer>") : end], True) if start >= 0 else (completion, False)


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
        raise ValueError(f"unknown mode '{mode}': the modes are {', '.join(MODES)}")
    return mode


def _gold_text(gold: object) -> str:
    """A gold as text: datasets also contain numbers and None."""
    if isinstance(gold, float):
        return format(Decimal(repr(float(gold))), "f") if abs(gold) < float("inf") else ""
    return "" if gold is None else str(gold)
