"""The local provider: verdicts, limits, languages, interactions, faults."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution import languages, toolchain, warden_client
from r1cli.execution.cgroups import find_place
from r1cli.execution.local import LocalExecutor
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
)
from tests.execution.sandboxes import Runs, need_bubblewrap, sandboxes

pytestmark = pytest.mark.e2e

OK, TLE, MLE, OLE, RE, CE = (ProgramVerdict[name] for name in ("OK", "TLE", "MLE", "OLE", "RE", "CE"))
QUICK = ProgramLimits(cpu_s=0.2, wall_s=0.7, memory_mb=128, output_kb=64)


@pytest.fixture(scope="module")
def run() -> Iterator[Runs]:
    yield from sandboxes()


@pytest.fixture(scope="module", params=["warmed", "fresh", "without groups"])
def run_python(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Python each way that it is run."""
    yield from sandboxes(warm=request.param == "warmed", groups=request.param != "without groups")


def python(source: str, stdin: str = "", limits: ProgramLimits = QUICK, **more: object) -> Program:
    return Program(textwrap.dedent(source), "python", stdin, limits=limits, **more)  # type: ignore[arg-type]


def one(run: Runs, program: Program) -> ProgramResult:
    (result,) = run(program)
    assert isinstance(result, ProgramResult), result
    return result


@pytest.mark.parametrize(
    ("source", "verdict", "stdout", "exit_code"),
    [
        ("print(int(input()) * 2)", OK, "42\n", 0),
        ("raise SystemExit(3)", RE, "", 3),
        ("import sys; sys.exit('bad')", RE, "", 1),
        ("print('x', end=''); 1 / 0", RE, "x", 1),
        ("print(", RE, "", 1),
        ("import os; os.abort()", RE, "", -signal.SIGABRT),
        ("import ctypes; ctypes.string_at(0)", RE, "", -signal.SIGSEGV),
        ("while True: pass", TLE, "", None),
        ("import time; print('x', flush=True); time.sleep(60)", TLE, "x\n", None),
        ("x = bytearray(1 << 30)", MLE, "", None),
        ("import atexit; atexit.register(print, 'last')", OK, "last\n", 0),
        ("import threading; threading.Thread(target=print, args=('thread',)).start()", OK, "thread\n", 0),
        ("print(__name__, __file__, input())", OK, "__main__ /work/program.py 21\n", 0),
        ("import sys; sys.stdout.buffer.write(b'\\xff'); print(input())", OK, "�21\n", 0),
        ("import sys, os; sys.stdout.close(); os._exit(0)", OK, "", 0),
    ],
)  # fmt: skip
def test_python(run_python: Runs, source: str, verdict: ProgramVerdict, stdout: str, exit_code: int) -> None:
    result = one(run_python, python(source, "21\n"))
    assert (result.verdict, result.stdout, result.exit_code) == (verdict, stdout, exit_code), result


def test_endless_output_is_cut(run_python: Runs) -> None:
    result = one(run_python, python("while True: print('x' * 1000)"))
    assert result.verdict == OLE
    assert 0 < len(result.stdout) <= 64 << 10


def test_what_a_program_used_is_not_charged_to_the_next(run_python: Runs) -> None:
    greedy = python("x = bytearray(80 << 20)\nfor _ in range(10**6): pass")
    for before in (greedy, python("x = bytearray(1 << 30)"), python("while True: pass"), greedy):
        one(run_python, before)
        result = one(run_python, python("print(1)"))
        assert result.verdict == OK, result
        assert result.cpu_s < 0.15, result
        assert (result.peak_mb or 0) < 60, result


def test_a_traceback_shows_the_program_alone(run_python: Runs) -> None:
    lines = one(run_python, python("def f():\n    raise ValueError('why')\nf()")).stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line for line in lines if "File" in line] == [
        '  File "/work/program.py", line 3, in <module>', '  File "/work/program.py", line 2, in f',
    ]  # fmt: skip
    assert lines[-1] == "ValueError: why"


def test_python_sees_numpy_and_not_r1(run_python: Runs) -> None:
    source = (
        "import numpy; print(numpy.arange(3).sum())\ntry: import r1cli\nexcept ImportError: print('none')"
    )
    assert one(run_python, python(source, limits=ProgramLimits())).stdout == "3\nnone\n"


def test_random_numbers_differ_between_runs(run_python: Runs) -> None:
    first, second = run_python(*[python("import random; print(random.random())", str(n)) for n in range(2)])
    assert first != second
    assert isinstance(first, ProgramResult)
    assert isinstance(second, ProgramResult)
    assert first.stdout != second.stdout


def test_cpp_is_compiled_once(run: Runs) -> None:
    """Sixteen tests of one program take far less time than sixteen compilations."""
    source = "#include <bits/stdc++.h>\nint main() { int x; std::cin >> x; std::cout << x * 2; }  // "
    began = time.monotonic()
    one(run, Program(source + "first", "cpp", "1"))
    once = time.monotonic() - began
    results = run(*(Program(source + "second", "cpp", str(number)) for number in range(16)))
    assert [result.stdout for result in results if isinstance(result, ProgramResult)] == [
        str(2 * number) for number in range(16)
    ]
    assert time.monotonic() - began - once < 8 * once


def test_files_headers_and_folders(run: Runs) -> None:
    program = Program(
        '#include "lib.h"\nint main() { printf("%d", twice(4)); FILE *f = fopen("data/in.txt", "r"); '
        'char c; fscanf(f, "%c", &c); printf("%c", c); }',
        "cpp", name="graders/task", files={
            "graders/lib.h": "#include <cstdio>\nint twice(int);",
            "graders/lib.cpp": '#include "lib.h"\nint twice(int x) { return 2 * x; }', "data/in.txt": "z",
        },
    )  # fmt: skip
    result = one(run, program)
    assert (result.verdict, result.stdout) == (OK, "8z"), result


def test_the_output_file_stands_for_stdout(run: Runs) -> None:
    program = python("print('no'); open('out.txt', 'w').write('yes')", output_file="out.txt")
    assert one(run, program).stdout == "yes"
    missing = one(run, python("print('no')", output_file="out.txt"))
    assert (missing.verdict, missing.stdout) == (OK, "")


def test_words_of_the_command_line(run: Runs) -> None:
    assert one(run, python("import sys; print(sys.argv[1:])", argv=("a b", "$x"))).stdout == "['a b', '$x']\n"


def test_the_time_of_all_processes_counts(run: Runs) -> None:
    source = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    result = one(run, python(source, limits=ProgramLimits(cpu_s=0.3, wall_s=5)))
    assert result.verdict == TLE
    assert 0.9 < result.cpu_s < 3


def test_unknown_language(run: Runs) -> None:
    with pytest.raises(R1Error, match="unknown programming language 'cobol'"):
        run(Program("", "cobol"))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Runs]:
    """A sandbox of a machine whose rustc and node are in PATH, but not in the sandbox."""
    for name in ("rustc", "node-of-nobody"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/local/bin:/usr/bin:/bin")
    node = replace(languages.find_language("javascript"), executable="node-of-nobody",
                   run=("node-of-nobody", "{source}"))  # fmt: skip
    monkeypatch.setitem(languages._BY_NAME, "javascript", node)
    toolchain._rust.cache_clear()
    yield from sandboxes()
    toolchain._rust.cache_clear()


def test_a_compiler_or_interpreter_that_does_not_start_is_a_fault(broken: Runs) -> None:
    rust, node, fine = broken(
        Program("fn main() {}", "rust"), Program("", "javascript"), python("print(1)", limits=ProgramLimits())
    )
    assert isinstance(rust, ExecutionFault) and isinstance(node, ExecutionFault), (rust, node)
    assert "programs in rust cannot run here: the compiler does not start (" in str(rust)
    assert "rustc" in str(rust) and "not found" in str(rust)
    assert "programs in javascript cannot run here: node-of-nobody does not start" in str(node)
    assert isinstance(fine, ProgramResult) and fine.verdict == OK


@pytest.mark.parametrize(
    ("language", "source"),
    [("bash", "no-such-command"), ("python", "raise SystemExit(127)"), ("c", "int main() { return 126; }")],
)
def test_an_exit_code_of_the_program_s_own_is_no_fault(run: Runs, language: str, source: str) -> None:
    result = one(run, Program(source, language))
    assert (result.verdict, result.exit_code) == (RE, 126 if language == "c" else 127), result


def test_a_language_that_is_missing_is_a_fault_of_its_programs_alone(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages.shutil, "which", lambda name: None)
    rust, fine = run(Program("fn main() {}", "rust"), Program("print(1)", "python"))
    assert isinstance(rust, ExecutionFault) and "rustc is not installed; install rustc with" in str(rust)
    assert isinstance(fine, ProgramResult) and fine.stdout == "1\n"


MANAGER = """
import sys
score = 1
for to_read, to_write in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(to_write, "w") as there, open(to_read) as back:
        there.write("20\\n"); there.flush()
        score *= back.readline().strip() == "41"
print(float(score), input())
"""
FIFO = """
import sys
with open(sys.argv[1]) as there, open(sys.argv[2], "w") as back:
    back.write(f"{int(there.readline()) * 2 + 1}\\n")
"""


@pytest.mark.parametrize(
    ("channel", "player", "players"),
    [("fifo_io", FIFO, 1), ("fifo_io", FIFO, 2), ("std_io", "print(int(input()) * 2 + 1)", 1)],
)
def test_an_interaction(run: Runs, channel: str, player: str, players: int) -> None:
    limits = ProgramLimits(cpu_s=5)
    manager = Program(MANAGER, "python", "in", limits=limits)
    (result,) = run(Interaction(manager, [python(player, limits=limits)] * players, channel))
    assert isinstance(result, InteractionResult), result
    assert result.manager.stdout == "1.0 in\n", result
    assert [each.verdict for each in result.players] == [OK] * players


def test_a_player_that_crashes_does_not_hang_the_manager(run: Runs) -> None:
    manager = Program(MANAGER, "python", "in", limits=ProgramLimits(cpu_s=1, wall_s=1))
    (result,) = run(Interaction(manager, [python("1 / 0")]))
    assert isinstance(result, InteractionResult)
    assert result.manager.verdict == TLE
    assert result.players[0].verdict == RE


def test_closing_the_iterator_stops_what_runs() -> None:
    need_bubblewrap()

    async def first_of_two() -> float:
        executor = LocalExecutor(Code(max_sandboxes=2))
        slow = python("import time; time.sleep(60)", limits=ProgramLimits(cpu_s=60, wall_s=60))
        began = time.monotonic()
        async with aclosing(executor.run([python("print(1)"), slow])) as results:  # type: ignore[type-var]
            async for number, _ in results:
                assert number == 0
                break
        await executor.close()
        return time.monotonic() - began

    assert asyncio.run(first_of_two()) < 30


@pytest.mark.parametrize("settings", [{}, {"warm": False}, {"groups": False}], ids=str)
def test_what_is_stopped_just_as_it_starts_ends(settings: dict[str, bool]) -> None:
    need_bubblewrap()

    async def stop_early() -> None:
        executor = LocalExecutor(Code(max_sandboxes=8), **settings)
        slow = python("import time; time.sleep(60)", limits=ProgramLimits(cpu_s=60, wall_s=60))
        (warden,) = executor._wardens
        for milliseconds in range(0, 24, 2):
            batch = executor.run([slow, slow])
            waiting = asyncio.ensure_future(anext(batch))
            await asyncio.sleep(milliseconds / 1000)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await batch.aclose()  # type: ignore[attr-defined]
        async with asyncio.timeout(30):
            while warden.load():
                await asyncio.sleep(0.02)
        await executor.close()

    asyncio.run(stop_early())


def test_a_warmed_sandbox_that_does_not_come_up_is_no_fault_of_its_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need_bubblewrap()
    found: list[dict[str, Any]] = []
    run_in_warden = warden_client.WardenClient.run

    async def spoilt(self: warden_client.WardenClient, request: dict[str, Any]) -> dict[str, Any]:
        # Nothing of this size can be mounted.
        more = {"disk": -(1 << 30)} if request["warm"] else {}
        found.append(await run_in_warden(self, {**request, **more}))
        return found[-1]

    monkeypatch.setattr(warden_client.WardenClient, "run", spoilt)

    async def main() -> object:
        executor = LocalExecutor(Code(max_sandboxes=1))
        results = [result async for _, result in executor.run([python("print(1)")])]
        await executor.close()
        return results[0]

    result = asyncio.run(main())
    assert isinstance(result, ProgramResult)
    assert (result.verdict, result.stdout) == (ProgramVerdict.OK, "1\n")
    if find_place():
        assert "the sandbox failed: OSError" in found[0]["fault"]


def test_closing_right_after_a_program_leaves_no_group() -> None:
    need_bubblewrap()
    place = find_place()
    if place is None:
        pytest.skip("there are no control groups")
    many = "import os, time\nfor _ in range(5):\n    os.fork() or time.sleep(60)\nos._exit(0)"

    async def main() -> int:
        executor = LocalExecutor(Code(max_sandboxes=1))
        (warden,) = executor._wardens
        results = [result async for _, result in executor.run([python(many)])]
        await executor.close()
        assert isinstance(results[0], ProgramResult)
        assert results[0].verdict is ProgramVerdict.OK
        return warden._child.pid

    pid = asyncio.run(main())
    assert [group for folder in place.folders for group in folder.glob(f"r1-code-{pid}-*")] == []


def test_what_kills_the_process_that_watches_is_a_fault_and_the_next_batch_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need_bubblewrap()
    started: list[warden_client.WardenClient] = []
    begin = warden_client.WardenClient.__init__

    def remember(self: warden_client.WardenClient, *arguments: object) -> None:
        begin(self, *arguments)  # type: ignore[arg-type]
        started.append(self)

    monkeypatch.setattr(warden_client.WardenClient, "__init__", remember)

    async def kill_in_mid_batch() -> tuple[object, object]:
        executor = LocalExecutor(Code(max_sandboxes=1))
        found = [None, None]
        for place, source in enumerate(("import time; time.sleep(1); print(1)", "print(2)")):
            if place == 0:
                asyncio.get_running_loop().call_later(0.3, os.kill, started[0]._child.pid, signal.SIGKILL)
            async for _, result in executor.run([python(source, limits=ProgramLimits())]):
                found[place] = result  # type: ignore[call-overload]
        await executor.close()
        return found[0], found[1]

    first, second = asyncio.run(kill_in_mid_batch())
    # It is run again by another.
    assert isinstance(first, ProgramResult)
    assert isinstance(second, ProgramResult)
    assert (first.stdout, second.stdout) == ("1\n", "2\n")


def test_a_machine_that_fails_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that does not come up is tried again, and is never a runtime error of the program."""
    need_bubblewrap()
    # The process that starts programs has its own /tmp.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        script = Path(folder, "bwrap")
        script.write_text(
            f"#!/bin/sh\n[ -e {folder}/broken ] && {{ echo 'No space left' >&2; exit 1; }}\n"
            f'exec {shutil.which("bwrap")} "$@"\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

        async def run_broken() -> list[object]:
            executor = LocalExecutor(Code(), warm=False)
            Path(folder, "broken").touch()
            found = [result async for _, result in executor.run([python("print(1)")])]
            Path(folder, "broken").unlink()
            found += [result async for _, result in executor.run([python("print(2)")])]
            await executor.close()
            return list(found)

        broken, repaired = asyncio.run(run_broken())
    assert isinstance(broken, ExecutionFault)
    assert "No space left" in str(broken)
    assert isinstance(repaired, ProgramResult)
    assert repaired.stdout == "2\n"


KILLED = """
import asyncio, sys
from r1cli.config.groups.code import Code
from r1cli.execution.local import LocalExecutor
from r1cli.execution.program import Program, ProgramLimits

async def main():
    executor = LocalExecutor(Code(max_sandboxes=2))
    print("started", flush=True)
    limits = ProgramLimits(cpu_s=300, wall_s=300)
    programs = [Program("import time; time.sleep(271.25)", name, limits=limits) for name in ("python",)]
    programs.append(Program("sleep 271.25", "bash", limits=limits))
    async for _ in executor.run(programs): pass

asyncio.run(main())
"""


def test_nothing_is_left_when_r1_is_killed() -> None:
    need_bubblewrap()
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        _until(lambda: _command_lines("271.25"))
        program.kill()
    _until(lambda: not _command_lines("271.25"))
    place = find_place()
    if place is not None:
        # The process that watches removes its groups after it has ended everything.
        _until(lambda: not _groups_of_the_dead(place.folders))


def _until(holds: object) -> None:
    deadline = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _command_lines(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in line and "LocalExecutor" not in line:
            found.append(line)
    return found


def _groups_of_the_dead(folders: tuple[Path, ...]) -> list[Path]:
    groups = [group for folder in folders for group in folder.glob("r1-code-*-*")]
    return [group for group in groups if not Path("/proc", group.name.split("-")[2]).exists()]


def test_without_bubblewrap_other_providers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(R1Error, match="bubblewrap is not installed") as refused:
        LocalExecutor(Code())
    assert "e2b, morph, piston or router" in refused.value.fix


def test_where_namespaces_are_off_other_providers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    need_bubblewrap()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        script = Path(folder, "bwrap")
        script.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        with pytest.raises(R1Error, match=r"cannot be isolated here: .*No permissions") as refused:
            LocalExecutor(Code())
    assert "e2b, morph, piston or router" in refused.value.fix


def test_macos_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(R1Error, match="Linux only"):
        LocalExecutor(Code())


def test_without_isolation_every_start_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    async def run_one() -> tuple[object, dict[str, str]]:
        executor = LocalExecutor(Code(isolation="none"))
        programs = [
            python("print(open('a/b.txt').read())", files={"a/b.txt": "x"}),
            Program("#include <iostream>\nint main(){std::cout<<7;}", "cpp"),
            python("import time; time.sleep(30)"),
        ]
        found: dict[int, object] = {}
        async for number, result in executor.run(programs):
            found[number] = result
        facts = dict(executor.facts())
        await executor.close()
        return [found[number] for number in range(3)], facts

    results, facts = asyncio.run(run_one())
    assert isinstance(results, list)
    assert [(each.verdict, each.stdout) for each in results] == [(OK, "x\n"), (OK, "7"), (TLE, "")]
    assert facts["isolation"] == "none"
    assert "without any protection" in capfd.readouterr().err


BUSY = "import time\nbegan = time.monotonic()\nwhile time.monotonic() - began < 12: pass"


@pytest.mark.slow
def test_a_program_that_gets_no_core_is_never_too_slow(run_python: Runs) -> None:
    """Wall time in which it was ready to run does not count; a program that sleeps is too slow as ever."""
    need = "import time\nbegan = time.process_time()\nwhile time.process_time() - began < 0.3: pass\nprint(1)"
    limits = ProgramLimits(cpu_s=1.0, wall_s=1.0)
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(12)]
    try:
        works = [Program(f"{need}\n# {number}", "python", limits=limits) for number in range(3)]
        results = run_python(*works)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert all(isinstance(one, ExecutionFault) or one.verdict == OK for one in results), results
    (asleep,) = run_python(Program("import time\ntime.sleep(60)", "python", limits=QUICK))
    assert isinstance(asleep, ProgramResult) and asleep.verdict == TLE


@pytest.mark.slow
def test_memory_that_the_job_lacks_is_not_the_program_s_limit(run: Runs) -> None:
    """A limit above that of the program, as that of a Slurm job, is met: nothing is known of the program."""
    from r1cli.execution.cgroups import Groups

    place = find_place()
    if place is None or place.version != 1 or os.getuid() != 0:
        pytest.skip("needs root and control groups of version 1")
    outer = Groups(place)
    job = outer.make(200 << 20, 500)
    try:
        for descriptor in job.enter_files():
            os.close(descriptor)
        program = (
            "import asyncio, sys\nfrom r1cli import Program, ProgramLimits, execute\n"
            "hungry = Program('x = bytearray(400 << 20)\\nprint(len(x))', 'python',"
            " limits=ProgramLimits(memory_mb=2000))\n"
            "print(asyncio.run(execute([hungry]))[0])"
        )
        entered = job.enter_files()
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False,
            preexec_fn=lambda: [os.write(descriptor, b"0") for descriptor in entered],
            pass_fds=entered,
        )  # fmt: skip
        for descriptor in entered:
            os.close(descriptor)
    finally:
        job.kill()
        job.remove()
        outer.close()
    assert "ran out of memory" in done.stdout, done.stdout + done.stderr
