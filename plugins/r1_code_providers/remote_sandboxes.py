"""Executors whose programs run in sandboxes of a service: one sandbox for the programs of one submission."""

import asyncio
import hashlib
import math
import os
import socket
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from r1_code_providers.patience import Patience, TryAgain
from r1_code_providers.remote_job import RemoteJob, new_mark, result_in
from r1cli import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramResult,
    ProgramVerdict,
    R1Error,
)

Result = ProgramResult | InteractionResult | ExecutionFault
Job = tuple[int, RemoteJob]

#: Seconds that a sandbox lives at the provider beyond what its programs may take.
SPARE = 60
#: The metadata of a sandbox: the run that it belongs to, by its tag.
RUN_KEY = "r1_run"
# Programs that share a sandbox at most, and the seconds that these may take together.
_MOST, _LONGEST = 16, 1800.0
# Seconds to start a sandbox, and to end one.
_STARTING, _ENDING = 180.0, 30.0
# Seconds for which a service that has never answered is tried again where nothing takes the connection.
_FIRST_CONTACT = 4.0


class Sandbox(ABC):
    """A sandbox of a service that runs `remote_runner`."""

    @abstractmethod
    async def send(self, job: str) -> str:
        """What `remote_runner` prints for an encoded job; it may raise anything."""

    @abstractmethod
    async def end(self) -> None:
        """Ends the sandbox; it may raise anything."""


@dataclass
class _Open:
    """The sandbox that the programs of one submission use, and when it was started."""

    sandbox: Sandbox | None = None
    since: float = 0.0


class SandboxExecutor(ABC):
    """An `Executor` for a service that hands out sandboxes.

    Args:
        section: the config's group ``code``.
        patience: how often, and when, what fails is tried again.
    """

    #: The provider's name; how messages call the service; its package; the variable with its key.
    name: str
    service: str
    module: str
    variable: str
    #: Sandboxes at a time, unless ``code.max_sandboxes`` says otherwise.
    usual: int

    def __init__(self, section: Any, patience: Patience | None = None) -> None:
        self._check_machine()
        self.patience = patience or Patience()
        self.key = os.environ[self.variable].strip()
        self.metadata = {RUN_KEY: os.environ.get("R1_RUN_TAG", "") or "none"}
        self._slots = asyncio.Semaphore(section.max_sandboxes or self.usual)
        self._ending: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter()
        self._answered = False
        self._first_failure: float | None = None

    @property
    def starting(self) -> float:
        """Seconds that the start of a sandbox may take."""
        return _STARTING

    @abstractmethod
    async def start(self, seconds: int) -> Sandbox:
        """Starts a sandbox that the service ends after these seconds; it may raise anything."""

    @abstractmethod
    async def end_sandboxes(self, run: str) -> int:
        """Ends the sandboxes of a run, by its tag, and says how many; it may raise anything."""

    @abstractmethod
    def reason(self, error: Exception) -> R1Error | TryAgain:
        """What an exception of the service's client means."""

    async def run(self, batch: Sequence[Program | Interaction]) -> AsyncIterator[tuple[int, Result]]:
        """As `Executor.run`."""
        jobs = [(number, self._job(work)) for number, work in enumerate(batch)]
        results: asyncio.Queue[tuple[int, Result] | BaseException] = asyncio.Queue()
        tasks = [self._later(self._run_chunk(chunk, results)) for chunk in _chunks(jobs)]
        left = len(batch)
        try:
            while left:
                found = await results.get()
                if isinstance(found, BaseException):
                    raise found
                left -= 1
                yield found
        finally:
            # With all results there, they only end their sandboxes: the next batch need not wait for that.
            if left:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """As `Executor.close`."""
        await asyncio.gather(*self._ending, return_exceptions=True)

    def take_counts(self) -> Mapping[str, int]:
        """Counts since the last call, as `RemoteExecutor` says, and ``queue_ms``."""
        counts = dict(self._counts)
        self._counts.clear()
        return counts

    async def cleanup(self, run: str) -> int:
        """Ends the sandboxes that a run has left behind, by its tag, and says how many.

        Raises:
            R1Error: the service cannot be asked.
        """
        try:
            return await self.patience.keep_trying(lambda: self._guarded(self.end_sandboxes(run), _STARTING))
        except ExecutionFault as error:
            raise R1Error(str(error), where=f"code.provider {self.name}", exit_code=1) from error

    def _check_machine(self) -> None:
        try:
            import_module(self.module)
        except ImportError as error:
            what, fix = f"the client of {self.service} cannot be loaded: {error}", "pip install 'r1cli[code]'"
            raise R1Error(what, where=f"code.provider {self.name}", fix=fix) from error
        if not os.environ.get(self.variable, "").strip():
            what = f"the provider {self.name} needs a key: the variable {self.variable} is not set"
            fix = f"export {self.variable}=..., a key of {self.service}"
            raise R1Error(what, where=f"code.provider {self.name}", fix=fix)

    def _job(self, work: Program | Interaction) -> RemoteJob:
        if isinstance(work, Interaction):
            raise R1Error(
                f"the provider {self.name} runs no interactions, which tasks of type Communication need",
                where=f"code.provider {self.name}",
                fix="use --code.provider local, or a router in front of it",
            )
        return RemoteJob.of(work)

    async def _run_chunk(self, chunk: Sequence[Job], results: "asyncio.Queue[Any]") -> None:
        """Runs the programs of one submission, one after the other, and puts their results in the queue."""
        held, since = _Open(), time.monotonic()
        try:
            async with self._slots:
                self._counts["queue_ms"] += round(1000 * (time.monotonic() - since)) * len(chunk)
                try:
                    await self._run_all(chunk, held, results)
                finally:
                    await self._end(held)
        except Exception as error:  # it reaches whoever waits for results
            results.put_nowait(error)

    async def _run_all(self, chunk: Sequence[Job], held: _Open, results: "asyncio.Queue[Any]") -> None:
        for place, (number, job) in enumerate(chunk):
            attempt = partial(self._attempt, job, held, sum(each.seconds for _, each in chunk[place:]))
            found: ProgramResult | ExecutionFault
            try:
                found = await self.patience.keep_trying(attempt, lambda: self._counts.update(retries=1))
            except ExecutionFault as error:
                found = error
            if isinstance(found, ExecutionFault) or found.verdict == ProgramVerdict.CE:
                # A program that cannot be compiled, or a service that cannot be reached: so for the others.
                for other, _ in chunk[place:]:
                    results.put_nowait((other, found))
                return
            results.put_nowait((number, found))

    async def _attempt(self, job: RemoteJob, held: _Open, seconds: float) -> ProgramResult:
        mark = new_mark()
        try:
            if held.sandbox is None:
                await self._open(held, math.ceil(seconds) + SPARE)
            assert held.sandbox
            text = await self._guarded(held.sandbox.send(job.encoded(mark)), job.seconds)
            return result_in(text, mark, self.name, job.language)
        except (TryAgain, asyncio.CancelledError):
            await self._end(held)
            raise

    async def _open(self, held: _Open, seconds: int) -> None:
        """Starts a sandbox; one that arrives when nobody waits for it any longer is ended."""
        starting = asyncio.create_task(self._guarded(self.start(seconds), self.starting))
        held.since = time.monotonic()
        try:
            held.sandbox = await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._later(self._discard(starting, held.since))
            raise
        self._counts["sandboxes"] += 1

    async def _end(self, held: _Open) -> None:
        """Ends the sandbox that is held, in the background where the caller was cancelled."""
        sandbox, held.sandbox = held.sandbox, None
        if sandbox is not None:
            await asyncio.shield(self._later(self._end_one(sandbox, held.since)))

    def _later(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _discard(self, starting: "asyncio.Task[Sandbox]", since: float) -> None:
        with suppress(TryAgain, R1Error):
            await self._end_one(await starting, since)

    async def _end_one(self, sandbox: Sandbox, since: float) -> None:
        # If this fails, the service ends it when its lifetime is over.
        with suppress(TryAgain, R1Error):
            await self._guarded(sandbox.end(), _ENDING)
        self._counts["sandbox_ms"] += round(1000 * (time.monotonic() - since))

    async def _guarded(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """The result of a call of the service's client.

        Raises:
            TryAgain: it failed, or took longer.
            R1Error: a user has to fix something.
        """
        try:
            async with asyncio.timeout(seconds):
                found = await work
                self._answered = True
                return found
        except (TryAgain, R1Error):
            raise
        except TimeoutError as error:
            raise TryAgain(f"{self.service} did not answer in {seconds:g} s") from error
        except Exception as error:  # the client of a service may raise anything
            raise self._first_contact(error) or self.reason(error) from error

    def _first_contact(self, error: Exception) -> R1Error | None:
        """The error for a service that was never reached; None for as long as it is tried again."""
        if self._answered or not is_connecting(error):
            return None
        self._first_failure = self._first_failure or time.monotonic()
        if time.monotonic() - self._first_failure < _FIRST_CONTACT:
            return None
        return R1Error(
            f"no answer from {self.service}: {words_of(error)}",
            where=f"code.provider {self.name}",
            fix="check this machine's network and proxy, or use --code.provider local",
            exit_code=1,
        )


def _chunks(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """The programs that share a sandbox: those of one submission, and not too many of them."""
    groups: dict[str, list[Job]] = {}
    for number, job in jobs:
        groups.setdefault(job.build_key(), []).append((number, job))
    for group in groups.values():
        chunk: list[Job] = []
        for one in group:
            full = len(chunk) == _MOST or sum(job.seconds for _, job in [*chunk, one]) > _LONGEST
            if chunk and full:
                yield chunk
                chunk = []
            chunk.append(one)
        yield chunk


def words_of(error: Exception) -> str:
    """An exception of a client as one line of text."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def is_connecting(error: BaseException | None) -> bool:
    """Whether an exception of a client says that nothing took its connection."""
    while error is not None:
        if type(error).__name__ in ("ConnectError", "ConnectTimeout") or isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False


def key_refused(provider: str, variable: str) -> R1Error:
    """The service does not accept the key."""
    return R1Error(
        f"{provider} refuses the key in {variable}",
        where=f"code.provider {provider}",
        fix=f"export {variable} with a valid key",
        exit_code=1,
    )


def short_digest(text: str) -> str:
    """What identifies a text in a name at the provider."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
