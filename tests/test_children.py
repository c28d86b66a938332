"""Children: what is sent comes, whoever dies is noticed, and nobody outlives the parent."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from r1cli.children import Child, ask
from r1cli.errors import R1Error

pytestmark = pytest.mark.e2e

CHILDREN = {
    "echo": """
        from r1cli.children import connect
        parent = connect()
        print("for people", flush=True)
        for message in parent.messages():
            parent.send(message)
    """,
    "bytes_back": """
        from r1cli.children import connect
        parent = connect()
        while True:
            parent.send_bytes(parent.receive_bytes()[::-1])
    """,
    "dies": """
        import os, sys
        from r1cli.children import connect
        parent = connect()
        for message in parent.messages():
            parent.send("first")
            # The length of a message, and not all of it.
            os.write(int(sys.argv[1]), (100).to_bytes(8, "big") + b"half")
            os._exit(message)
    """,
    "stalls": """
        import os, sys, time
        from r1cli.children import connect
        parent = connect()
        os.write(int(sys.argv[1]), parent.receive_bytes())
        time.sleep(1000)
    """,
    "leaves_a_heir": """
        import os, time
        from r1cli.children import connect
        parent = connect()
        parent.receive()
        heir = os.fork()
        if not heir:
            time.sleep(1000)
        parent.send(heir)
        os._exit(7)
    """,
    "sleeps": """
        import subprocess, sys, time
        from r1cli.children import connect
        parent = connect(None if "guarded" in sys.argv else 9)
        parent.send(subprocess.Popen(["sleep", "1000"]).pid)
        time.sleep(1000)
    """,
    "tidies_up": """
        import signal, sys, time
        from pathlib import Path
        from r1cli.children import connect
        parent = connect(signal.SIGTERM)
        def leave(*_):
            Path(sys.argv[2]).write_text("tidy")
            sys.exit(3)
        signal.signal(signal.SIGTERM, leave)
        parent.send("ready")
        time.sleep(1000)
    """,
    "answers": """
        import os
        from pathlib import Path
        from r1cli.children import answer
        from r1cli.errors import R1Error
        def work(request):
            print("for people")
            if "fix" in request:
                raise R1Error("it is wrong", where="there", fix=request["fix"], exit_code=1)
            if "exit" in request:
                os._exit(request["exit"])
            if "bug" in request:
                raise KeyError("a bug")
            return {"doubled": request["number"] * 2, "path": Path("a")}
        answer(work)
    """,
}


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules that the children of these tests run."""
    folder = tmp_path / "modules"
    folder.mkdir()
    for name, text in CHILDREN.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", ""))))


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    """Starts children, and ends them."""
    started: list[Child] = []

    def start(*words: str, **settings: Any) -> Child:
        started.append(Child(*words, **settings))
        return started[-1]

    yield start
    for child in started:
        child.close()


def ends(pid: int, seconds: float = 20) -> bool:
    """Whether a process ends in time; one that waits to be reaped has."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        command = ["ps", "-o", "stat=", "-p", str(pid)]
        state = subprocess.run(command, check=False, capture_output=True, text=True)
        if state.stdout.strip()[:1] in ("", "Z"):
            return True
        time.sleep(0.05)
    return False


def test_messages_go_both_ways_and_none_is_cut_or_mixed_with_another(
    start: Callable[..., Child], capfd: pytest.CaptureFixture[str]
) -> None:
    child = start("echo")
    text = "\u2028\n€\ud800"
    sent = [{"text": text, "size": size, "long": "x" * size} for size in (0, 7, 100_000)] * 5
    threads = [threading.Thread(target=child.send, args=(message,)) for message in sent]
    for thread in threads:
        thread.start()
    received = [child.receive() for _ in sent]
    assert sorted(received, key=lambda one: one["size"]) == sorted(sent, key=lambda one: one["size"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "for people\n")


def test_bytes_are_passed_on_as_they_are(start: Callable[..., Child]) -> None:
    child = start("bytes_back")
    child.send_bytes(b"\n\0{\xff")
    assert child.receive_bytes() == b"\xff{\0\n"


def test_what_a_child_prints_goes_where_it_is_told(start: Callable[..., Child], tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb") as output, start("echo", output=output) as child:
        child.send(1)
        assert child.receive() == 1
    assert (tmp_path / "output").read_text() == "for people\n"


def test_a_child_that_dies_in_the_middle_of_an_answer_is_noticed(start: Callable[..., Child]) -> None:
    child = start("dies")
    child.send(5)
    assert child.receive() == "first"
    with pytest.raises(EOFError):
        child.receive()
    assert (child.wait(), child.is_running()) == (5, False)
    child = start("dies")
    child.send(6)
    assert list(child.messages()) == ["first"]
    with pytest.raises(EOFError):
        for _ in range(1000):  # the first may still be taken
            child.send("x" * 10_000)
    assert child.close() == 6


def test_a_child_that_dies_is_noticed_though_its_heir_holds_the_connection(
    start: Callable[..., Child],
) -> None:
    child = start("leaves_a_heir", guarded=True)
    child.send(1)
    heir = child.receive()
    with pytest.raises(EOFError):
        child.receive_bytes()
    assert child.close() == 7
    assert ends(heir)


def test_a_message_is_waited_for_no_longer_than_was_said(start: Callable[..., Child]) -> None:
    child = start("echo")
    with pytest.raises(TimeoutError):
        child.receive_bytes(0.2)
    child.send("late")
    assert child.receive() == "late"


@pytest.mark.parametrize("part", [b"\0", (100).to_bytes(8, "big"), (100).to_bytes(8, "big") + b"half"])
def test_a_message_that_has_begun_is_waited_for_no_longer(start: Callable[..., Child], part: bytes) -> None:
    child = start("stalls")
    child.send_bytes(part)
    with pytest.raises(TimeoutError):
        child.receive_bytes(2)


def test_another_thread_may_end_a_child_that_is_waited_for(start: Callable[..., Child]) -> None:
    child = start("echo")
    threading.Timer(0.3, child.kill).start()
    with pytest.raises(EOFError):
        child.receive()
    assert child.wait() == -signal.SIGKILL


def test_a_child_is_asked_to_end_before_it_is_made_to(start: Callable[..., Child], tmp_path: Path) -> None:
    child = start("tidies_up", str(tmp_path / "mark"))
    child.receive()
    child.terminate()
    assert child.wait(60) == 3
    assert (tmp_path / "mark").read_text() == "tidy"
    stubborn = start("sleeps")
    stubborn.receive()
    assert stubborn.wait(0.1) == -signal.SIGKILL


PARENT = """
import sys, time
from r1cli.children import Child
child = Child(*sys.argv[1:], guarded="guarded" in sys.argv)
print(child.pid, child.receive(), flush=True)
{end}
"""


def orphans(*words: str, end: str = "time.sleep(1000)", kill: bool = True) -> list[str]:
    """What a parent that was killed has printed: the id of its child, and what that sent."""
    command = [sys.executable, "-c", PARENT.format(end=end), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        printed = parent.stdout.readline().split()
        if kill:
            parent.kill()
    return printed


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the children of what was killed")
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    child, grandchild = map(int, orphans("sleeps"))
    assert ends(child)
    os.kill(grandchild, signal.SIGKILL)  # only a guard ends it
    child = int(orphans("tidies_up", str(tmp_path / "mark"))[0])
    assert ends(child)
    assert (tmp_path / "mark").read_text() == "tidy"


def test_a_guard_ends_all_that_a_child_has_started() -> None:
    for end, kill in (("time.sleep(1000)", True), ("", False)):
        for pid in map(int, orphans("sleeps", "guarded", end=end, kill=kill)):
            assert ends(pid), end


def test_one_piece_of_work(capfd: pytest.CaptureFixture[str]) -> None:
    assert ask("answers", {"number": 4}) == {"doubled": 8, "path": "a"}
    with pytest.raises(R1Error) as caught:
        ask("answers", {"fix": "do this"})
    expected = R1Error("it is wrong", where="there", fix="do this", exit_code=1)
    assert caught.value.fields() == expected.fields()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "for people\n" * 2)
    for request, code in (({"exit": 4}, 4), ({"bug": 1}, 1)):
        with pytest.raises(R1Error, match=f"ended with exit code {code} and no result"):
            ask("answers", request)
    assert "KeyError: 'a bug'" in capfd.readouterr().err
