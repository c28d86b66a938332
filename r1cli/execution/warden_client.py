"""The side of the executor of the connection to the process that starts programs."""

import asyncio
import marshal
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from r1cli.children import Child
from r1cli.errors import R1Error
from r1cli.execution.languages import python_executable
from r1cli.execution.program import ExecutionFault
from r1cli.execution.toolchain import View

#: Seconds within which the process answers for the first time.
_PATIENCE = 60.0
#: Bytes of compiled programs that it keeps; and it keeps as many as may be running.
_KEPT, _FEWEST = 256 << 20, 64
#: What it keeps of the environment: it needs to find Python and r1, and nothing else.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "HOME", "TMPDIR")


class WardenClient:
    """Asks one such process to run programs. Any event loop may use it, one at a time.

    Args:
        view: what programs see.
        isolation: ``sandbox`` or ``none``.
        groups: whether control groups may be used.
        at_a_time: how many it runs at a time; others wait there for their turn.

    Raises:
        R1Error: programs cannot be isolated on this machine.
    """

    def __init__(self, view: View, isolation: str, groups: bool, at_a_time: int) -> None:
        self._numbers = count(1)
        self._at_a_time = at_a_time
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[dict[str, Any]]]] = {}
        self._lock = threading.Lock()
        self._stored: OrderedDict[str, int] = OrderedDict()
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._child = Child("r1cli.execution.warden", env=environment)
        self.facts = self._greet(view, isolation, groups)
        self._thread = threading.Thread(target=self._listen, name="r1-code", daemon=True)
        self._thread.start()

    def _greet(self, view: View, isolation: str, groups: bool) -> Mapping[str, str]:
        settings = {
            "view": _plain(asdict(view)), "isolation": isolation, "groups": groups,
            "at_a_time": self._at_a_time, "python": python_executable(),
        }  # fmt: skip
        try:
            self._child.send_bytes(marshal.dumps(settings))
            reply = marshal.loads(self._child.receive_bytes(_PATIENCE))
        except (EOFError, TimeoutError):
            reply = {"fault": "the process that starts them gave no answer"}
        if "fault" in reply:
            self.close()
            raise R1Error(
                f"programs cannot be isolated here: {reply['fault']}",
                where="code.provider local",
                fix="allow user namespaces (sysctl -w user.max_user_namespaces=10000; Ubuntu restricts them "
                "with AppArmor, too), or use --code.provider e2b, morph, piston or router",
            )
        # Without a sandbox, programs see where their files really are.
        self.folder = Path(reply["folder"]) if isolation == "none" else None
        facts: dict[str, str] = reply["facts"]
        return facts

    async def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Runs a program; if this is cancelled, the program is stopped.

        Raises:
            ExecutionFault: the process has ended.
        """
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[dict[str, Any]] = loop.create_future()
        with self._lock:
            self._waiting[number] = (loop, future)
        self.tell("run", **request, id=number)
        if not self._thread.is_alive():
            self._give_up()
        try:
            return await future
        except asyncio.CancelledError:
            with suppress(ExecutionFault):
                self.tell("stop", id=number)
            raise

    def tell(self, do: str, **message: Any) -> None:
        """Asks for something that has no answer.

        Raises:
            ExecutionFault: the process has ended.
        """
        try:
            self._child.send_bytes(marshal.dumps({"do": do, **message}))
        except EOFError:
            raise ExecutionFault("the process that starts programs has ended") from None

    def store(self, key: str, content: bytes) -> None:
        """Hands a compiled program over, once; those that were not used for long are forgotten."""
        if key in self._stored:
            self._stored.move_to_end(key)
            return
        self.tell("store", key=key, content=content)
        self._stored[key] = len(content)
        while sum(self._stored.values()) > _KEPT and len(self._stored) > _FEWEST:
            self.tell("forget", key=self._stored.popitem(last=False)[0])

    def load(self) -> float:
        """How much it has to do: 1 where it runs as many programs as it may."""
        return len(self._waiting) / self._at_a_time

    def is_alive(self) -> bool:
        """Whether it can still be asked."""
        return self._thread.is_alive()

    def hang_up(self) -> None:
        """Has the process end, with all programs that it runs, and does not wait for that."""
        self._child.hang_up()

    def close(self) -> None:
        """Ends the process, and all programs that it runs."""
        self.hang_up()
        self._child.wait(10)

    def _listen(self) -> None:
        with suppress(EOFError, TimeoutError):
            while True:
                message = marshal.loads(self._child.receive_bytes())
                with self._lock:
                    loop, future = self._waiting.pop(message["id"])
                _settle(loop, future, message)
        self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            left = list(self._waiting.values())
            self._waiting.clear()
        for loop, future in left:
            _settle(loop, future, {"fault": "the process that starts programs has ended"})


def _settle(
    loop: asyncio.AbstractEventLoop, future: "asyncio.Future[dict[str, Any]]", message: dict[str, Any]
) -> None:
    def settle() -> None:
        if not future.done():
            future.set_result(message)

    with suppress(RuntimeError):  # the loop is closed, and nobody waits
        loop.call_soon_threadsafe(settle)


def _plain(value: Any) -> Any:
    """The same of what marshal can write."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
