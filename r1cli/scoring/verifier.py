"""A process's verifier: decides what arithmetic decides, sends the rest to its pool, remembers all."""

import atexit
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import astuple
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from typing import TYPE_CHECKING

from r1cli.errors import R1Error
from r1cli.scoring.pool import Batch, Pool, pool_size
from r1cli.verdicts.terms import Judged, Rules

if TYPE_CHECKING:
    from r1cli.verdicts.finder import Answer

# Answers per request to a worker: a typical group, so that it reads the gold once.
_BATCH = 16
_REMEMBERED = 32_768


class Verifier:
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
        # By the digest of a completion: several rewards judge the same ones.
        self._found: OrderedDict[bytes, Answer] = OrderedDict()

    def find(self, completion: str, place: str) -> "Answer":
        """As `finder.find`, once for each completion."""
        from r1cli.verdicts.finder import find

        key = _digest(place, completion)
        found = self._found.get(key)
        if found is None:
            found = find(completion, place)
            with self._lock:
                self._found[key] = found
                while len(self._found) > _REMEMBERED:
                    self._found.popitem(last=False)
        return found

    def ask(
        self, pairs: Sequence[tuple[str, str | None]], mode: str, rules: Rules
    ) -> list[Judged | Future[Judged]]:
        """What is judged of each pair of a gold and an answer, now or in the future."""
        from r1cli.verdicts.judge import judge_quickly  # takes long to load, and most rewards never ask

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
_current: Verifier | None = None


def verifier() -> Verifier:
    """This process's verifier, created when it is first needed."""
    global _current  # noqa: PLW0603 - one pool for the whole process is the point
    with _starting:
        if _current is None:
            _current = Verifier()
            atexit.register(_current.pool.close)
        return _current


def _forget() -> None:
    """In a forked child: the workers belong to the parent."""
    global _current, _starting
    if _current:
        atexit.unregister(_current.pool.close)
    _current, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def take_counts() -> dict[str, int]:
    """Counts since the last call: distinct pairs ``verified``, and ``unverifiable`` answers among them.

    An answer is unverifiable if it exceeds the limit on CPU time, memory or digits.
    """
    return _current.take_counts() if _current else {"verified": 0, "unverifiable": 0}


def _digest(*parts: str) -> bytes:
    """A key of fixed size, since completions are long."""
    digest = blake2b(digest_size=16)
    for part in parts:
        # Tokenizers can leave half a surrogate pair.
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.digest()
