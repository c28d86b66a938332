"""What is read of processes in /proc."""

import os
import signal
import subprocess
import sys
import time

import pytest

from r1cli.execution.watch import Starvation

BUSY = "while True: pass"
#: Uses a core, and prints how long it waited for one.
WORK = (
    "import time\nbegan = time.process_time()\nwhile time.process_time() - began < 0.15: pass\n"
    "print(open('/proc/thread-self/schedstat').read().split()[1])"
)


def on_one_core(code: str, group: int | None = None) -> subprocess.Popen[str]:
    core = min(os.sched_getaffinity(0))
    command = [sys.executable, "-c", f"import os\nos.sched_setaffinity(0, [{core}])\n{code}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=group)


@pytest.mark.e2e
def test_processes_that_waited_for_a_core_one_after_another_add_up() -> None:
    """A program that has ended left its sandbox ready to run, on a machine without a free core."""
    others = [on_one_core(BUSY) for _ in range(4)]
    starvation, waited = Starvation(time.monotonic()), []
    try:
        for _ in range(2):
            program = on_one_core(WORK)
            while program.poll() is None:
                starvation.look([program.pid], time.monotonic())
                time.sleep(0.025)
            waited.append(int(program.communicate()[0]) / 1e9)
    finally:
        for other in others:
            other.kill()
            other.communicate()
    assert min(waited) > 0.2
    assert 0.7 * sum(waited) < starvation.seconds < 1.3 * sum(waited)


@pytest.mark.e2e
def test_a_wait_of_many_looks_counts_whole() -> None:
    """On a full machine a program waits longer for its turn than from one look to the next."""
    others = on_one_core(f"for _ in range(5): os.fork()\n{BUSY}", group=0)
    time.sleep(0.5)
    starvation = Starvation(time.monotonic())
    try:
        program = on_one_core(WORK.replace("0.15", "0.06"))
        while program.poll() is None:
            starvation.look([program.pid], time.monotonic())
            time.sleep(0.025)
        waited = int(program.communicate()[0]) / 1e9
    finally:
        os.killpg(others.pid, signal.SIGKILL)
        others.communicate()
    assert waited > 0.2
    assert 0.8 * waited < starvation.seconds < 1.2 * waited


@pytest.mark.e2e
def test_processes_that_wait_at_the_same_time_do_not_add_up() -> None:
    began = time.monotonic()
    starvation = Starvation(began)
    waiting = [on_one_core(WORK) for _ in range(6)]
    while any(each.poll() is None for each in waiting):
        starvation.look([each.pid for each in waiting], time.monotonic())
        time.sleep(0.01)
    waited = [int(each.communicate()[0]) / 1e9 for each in waiting]
    assert max(waited) * 0.7 < starvation.seconds <= time.monotonic() - began < sum(waited)
