"""Trying again what may succeed later: with backoff and jitter, for as long as a service asks."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from r1cli import ExecutionFault

T = TypeVar("T")


class TryAgain(Exception):
    """Something failed that may succeed later.

    Args:
        what: for the message of the fault, if it never does.
        wait: seconds that the service asks to wait; None: as long as `Patience` says.
    """

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


@dataclass(frozen=True)
class Patience:
    """How often something is tried, and how long the waits are.

    Args:
        tries: the first one included.
        first_wait: seconds before the second try, doubled each time, and at most as much again by chance.
        longest_wait: seconds between two tries at most, also where a service asks for more.
    """

    tries: int = 6
    first_wait: float = 1.0
    longest_wait: float = 120.0

    async def keep_trying(
        self, attempt: Callable[[], Awaitable[T]], on_retry: Callable[[], object] = lambda: None
    ) -> T:
        """The result of the first attempt that succeeds.

        Raises:
            ExecutionFault: all of them raised `TryAgain`; anything else passes through.
        """
        from stamina import retry_context

        # Without a handler, Python would print a line for each retry.
        logging.getLogger("stamina").addHandler(logging.NullHandler())
        retries = retry_context(
            self._wait,
            attempts=self.tries,
            timeout=None,
            wait_initial=self.first_wait,
            wait_jitter=self.first_wait,
            wait_max=self.longest_wait,
        )
        try:
            async for retry in retries:
                if retry.num > 1:
                    on_retry()
                with retry:
                    return await attempt()
        except TryAgain as error:
            raise ExecutionFault(f"{error}, in {self.tries} tries") from error
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, error: Exception) -> bool | float:
        if not isinstance(error, TryAgain):
            return False
        return True if error.wait is None else min(error.wait, self.longest_wait)


def retry_after(value: str | None) -> float | None:
    """The seconds that a ``Retry-After`` header asks to wait; None if it does not say."""
    if not value:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
