"""Scores completions while others are sampled, and keeps the scores."""

import hashlib
import json
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.generate.prompts import Row
from r1cli.sampling.sampling_request import SamplingRequest, basis_of
from r1cli.sampling.store import Completion, Sample, Store
from r1cli.scoring.call import as_handed_over
from r1cli.scoring.choose import start_scorer
from r1cli.verdicts import VERSION

#: The folder of a run with the scores.
FOLDER = "scores"
# Completions scored at a time.
_SIZE = 256
# Rows that wait to be scored, at most: their completions are in memory.
_ROWS = 256
# Seconds between two looks at the thread while it is waited for.
_POLL = 0.5


@dataclass(frozen=True)
class Score:
    """The scores of one completion by reward, None where one does not apply; or the fault."""

    values: Mapping[str, float | None]
    fault: str | None = None


class Scores:
    """The scores of completions: made by a thread as they come, and kept in a folder.

    Args:
        folder: with the folder of the scores.
        rewards: what scores.
        code: where programs run.
    """

    def __init__(self, folder: Path, rewards: Rewards, code: Code) -> None:
        self.rewards = rewards
        self._weights = rewards.weighted
        self._basis = basis_of({"rewards": asdict(rewards), "verdicts": VERSION})
        self._store = Store(folder / FOLDER)
        # An event is set when all that precedes it is scored; None ends the thread.
        self._queue: queue.Queue[tuple[Row, Sequence[Sample]] | threading.Event | None]
        self._queue = queue.Queue(_ROWS)
        self._scorer = start_scorer(rewards, code)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def add(self, row: Row, samples: Sequence[Sample]) -> None:
        """The completions of a row, to be scored when there is time; failed samples are left out.

        It waits while many rows have not been scored yet.

        Raises:
            R1Error: earlier ones could not be scored.
        """
        self._check()
        complete = [sample for sample in samples if not sample.failure]
        if complete:
            self._put((row, complete))

    def has_room(self) -> bool:
        """Whether `add` would not wait now."""
        return not self._queue.full()

    def wait(self) -> None:
        """Waits until all are scored; more may follow.

        Raises:
            R1Error: some could not be.
        """
        done = threading.Event()
        self._put(done)
        while not done.wait(_POLL) and self._thread.is_alive():
            pass
        self._check()

    def finish(self) -> None:
        """Waits until all are scored.

        Raises:
            R1Error: some could not be.
        """
        self._put(None)
        self._thread.join()
        self._check()
        self._scorer.watch.conclude()
        self._scorer.close()

    def refresh(self) -> None:
        """Reads what others have scored meanwhile."""
        self._store.refresh()

    def has(self, sample: Sample) -> bool:
        """Whether a sample is scored."""
        return self._store.has(self._request(sample))

    def of(self, sample: Sample) -> Score:
        """The scores of a sample.

        Raises:
            KeyError: it is not scored.
        """
        tree = json.loads(self._store.read(self._request(sample).key).completion)
        return Score(tree["values"], tree["fault"])

    def total(self, score: Score) -> float:
        """The sum of the values with their weights; a value of None counts as 0."""
        return sum(weight * (score.values[name] or 0.0) for name, weight in self._weights.items())

    @property
    def per_group(self) -> bool:
        """Whether a reward compares the completions of a prompt with each other."""
        return any(reward.per_group for reward in self._scorer.rewards)

    def _put(self, entry: tuple[Row, Sequence[Sample]] | threading.Event | None) -> None:
        while self._thread.is_alive():
            try:
                self._queue.put(entry, timeout=_POLL)
                return
            except queue.Full:
                continue
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _request(self, sample: Sample) -> SamplingRequest:
        key = hashlib.blake2b(self._basis + bytes.fromhex(sample.key), digest_size=16).digest()
        return SamplingRequest(sample.problem, sample.sample, None, key)

    def _work(self) -> None:
        try:
            is_open = True
            while is_open:
                rows, samples, waiting = list[Row](), list[Sample](), list[threading.Event]()
                while is_open and not waiting and self._takes_more(len(samples)):
                    entry = self._queue.get()
                    is_open = entry is not None
                    if isinstance(entry, threading.Event):
                        waiting.append(entry)
                    elif entry is not None:
                        rows += [entry[0]] * len(entry[1])
                        samples += entry[1]
                if samples:
                    self._score(rows, samples)
                for event in waiting:
                    event.set()
        except BaseException as error:  # the main thread raises it
            self._error = error

    def _takes_more(self, samples: int) -> bool:
        """Whether there is room among those that are scored together, and more to score with them."""
        return not samples or (samples < _SIZE and not self._queue.empty())

    def _score(self, rows: list[Row], samples: list[Sample]) -> None:
        prompts = [row.prompt for row in rows]
        columns = {name: [row.columns.get(name) for row in rows] for name in rows[0].columns}
        handed_over = as_handed_over(prompts, [sample.completion for sample in samples])
        scores = self._scorer.score(handed_over, prompts=prompts, **columns)
        for place, sample in enumerate(samples):
            values = {name: found[place] for name, found in scores.values.items()}
            text = json.dumps({"values": values, "fault": scores.faults[place]})
            self._store.add(self._request(sample), Completion(text, "stop", 0))
