"""The points that the nodes of a job pass together."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from r1cli.launch.rendezvous import Peers


class Agreement:
    """Who has come to which point: node 0 counts the others, and tells them when to continue."""

    def __init__(self, rank: int, count: int) -> None:
        self._rank = rank
        self._count = count
        self._arrived: Counter[str] = Counter()
        self._codes: dict[str, int | None] = {}

    def pass_together(
        self,
        point: str,
        peers: Peers,
        wait_until: Callable[[Callable[[], bool]], None],
        lead: Callable[[], int | None] = lambda: None,
    ) -> int | None:
        """Waits until all nodes have come to a point.

        Args:
            point: its name.
            peers: the other nodes.
            wait_until: waits until a condition is met; it may raise.
            lead: what node 0 does then, before the others continue.

        Returns:
            What `lead` has returned on node 0: an exit code, or None to continue.
        """
        if self._rank == 0:
            wait_until(lambda: self._arrived[point] == self._count - 1)
            code = lead()
            peers.send({"go": point, "code": code})
            return code
        peers.send({"at": point})
        wait_until(lambda: point in self._codes)
        return self._codes[point]

    def receive(self, message: dict[str, Any]) -> bool:
        """Whether a message was about a point."""
        if "at" in message:
            self._arrived[message["at"]] += 1
        elif "go" in message:
            self._codes[message["go"]] = message["code"]
        else:
            return False
        return True

    def is_over(self) -> bool:
        """Whether node 0 has said how the run has ended: it may be gone since."""
        return any(code is not None for code in self._codes.values())
