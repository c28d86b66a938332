"""E2B and Morph: their real clients against local servers that speak their protocols."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest
from r1_code_providers.patience import Patience
from r1_code_providers.remote_job import RemoteJob
from r1_code_providers.remote_sandboxes import RUN_KEY, SandboxExecutor

from r1cli import ExecutionFault, Interaction, Program, ProgramLimits, ProgramVerdict, R1Error
from r1cli.config.groups.code import Code
from r1cli.execution import current
from r1cli.execution.executor import open_executor
from tests.code_services import E2BService, MorphService, Service, Trouble, serving, troubles
from tests.conftest import require

pytestmark = pytest.mark.e2e

QUICK = Patience(first_wait=0.01, longest_wait=0.5)
PACKAGES = {"e2b": "e2b_code_interpreter", "morph": "morphcloud"}
#: Where a program is sent.
SEND = {"e2b": "/execute", "morph": "/exec"}
START = {"e2b": "POST /v2/sandboxes", "morph": "POST /instance"}


#: For what both share.
ONE = pytest.mark.parametrize("provider", ["e2b"], indirect=True)


@pytest.fixture(params=PACKAGES)
def provider(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    require(name, find_spec(PACKAGES[name]) is not None, f"{PACKAGES[name]} is not installed")
    return name


@pytest.fixture
def service(provider: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with serving(E2BService() if provider == "e2b" else MorphService()) as found:
        for name, value in {
            "E2B_API_KEY": "e2b_0", "E2B_API_URL": found.url, "E2B_SANDBOX_URL": found.url,
            "MORPH_API_KEY": "morph_0", "MORPH_BASE_URL": found.url, "R1_RUN_TAG": "this-run",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield found


def run(
    provider: str,
    batch: Sequence[Any],
    check: Callable[[Any], None] = lambda _: None,
    tries: int = 6,
    **keys: Any,
) -> list[Any]:
    """The results of a batch, in its order; ``check`` sees the executor before it is closed."""

    async def all_of_them() -> list[Any]:
        executor = open_executor(Code(provider=provider, **keys))
        assert isinstance(executor, SandboxExecutor)
        executor.patience = replace(QUICK, tries=tries)
        found = {}
        async with aclosing(executor.run(batch)) as results:
            async for number, result in results:
                found[number] = result
        check(executor)
        await executor.close()
        return [found[number] for number in range(len(batch))]

    return asyncio.run(all_of_them())


def test_programs_run_with_all_that_they_need_and_leave_no_sandbox(provider: str, service: Service) -> None:
    sums = [Program("print(sum(map(int, input().split())))", "python", stdin=f"{n} 1") for n in range(3)]
    files = Program(
        "import sys; open('out.txt', 'w').write(open('in.txt').read() + sys.argv[1])", "python",
        files={"in.txt": "a" * 200_000}, argv=["b c"], output_file="out.txt",
    )  # fmt: skip
    squares = Program(
        '#include "square.h"\n#include <cstdio>\nint main() { printf("%d", square(4)); }', "cpp",
        files={"square.h": "int square(int);", "square.cpp": "int square(int a) { return a * a; }"},
        name="graders/main",
    )  # fmt: skip
    counts: dict[str, int] = {}
    found = run(provider, [*sums, files, squares], lambda executor: counts.update(executor.take_counts()))
    assert [each.verdict for each in found] == [ProgramVerdict.OK] * 5
    assert [each.stdout for each in found] == ["1\n", "2\n", "3\n", "a" * 200_000 + "b c", "16"]
    assert counts["sandboxes"] == 3 and "retries" not in counts  # one for each submission
    assert not service.sandboxes
    started = [body for _, path, body in service.requests if path == START[provider]]
    assert all(body["metadata"] == {RUN_KEY: "this-run"} for body in started[-3:])
    lifetimes = sorted(body.get("timeout") or body["ttl_seconds"] for body in started[-3:])
    wall = ProgramLimits(cpu_s=30).wall
    # The files' own, the three sums', and the compiled program's; each with a minute to spare.
    assert lifetimes[0] == wall + 10 + 60 and lifetimes[-1] == 3 * (wall + 10) + 60


@ONE
def test_verdicts(provider: str, service: Service) -> None:
    limits = ProgramLimits(cpu_s=0.2, wall_s=0.3, memory_mb=100, output_kb=64)
    sources = {
        "while True: pass": ProgramVerdict.TLE,
        "import time; time.sleep(60)": ProgramVerdict.TLE,
        "x = bytearray(300 << 20); print(len(x))": ProgramVerdict.MLE,
        "while True: print('x' * 1000)": ProgramVerdict.OLE,
        "raise SystemExit(3)": ProgramVerdict.RE,
        "import os; os.abort()": ProgramVerdict.RE,
        "print('r1-result-00:', flush=True)": ProgramVerdict.OK,
    }
    found = run(provider, [Program(source, "python", limits=limits) for source in sources])
    assert [each.verdict for each in found] == list(sources.values())
    assert found[4].exit_code == 3 and found[5].exit_code == -6
    broken = [Program("int main() {", "cpp", stdin=text) for text in "ab"]
    sent = len(service.requests)
    found = run(provider, broken)
    assert [each.verdict for each in found] == [ProgramVerdict.CE] * 2 and "error" in found[0].stderr
    # It is not compiled again for the second test.
    assert sum(SEND[provider] in path for path in service.paths()[sent:]) <= 2


def test_what_fails_once_is_tried_again(
    provider: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Short deadlines, which a busy machine may miss a few times more.
    monkeypatch.setattr(RemoteJob, "seconds", 1.0)
    monkeypatch.setattr(SandboxExecutor, "starting", 0.5)
    monkeypatch.setattr("r1_code_providers.morph._PREPARING", 0.5)
    # Too many requests, an error, a lost connection, an invalid response and a hang, one after the other.
    service.troubles = [*troubles(START[provider]), *troubles(SEND[provider])]
    (found,) = run(provider, [Program("print(1)", "python")], tries=20)
    assert found.stdout == "1\n"
    assert not service.troubles


def test_a_service_that_cannot_be_reached_is_an_error_at_the_first_contact(
    provider: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("print(1)", "python")
    monkeypatch.setattr("r1_code_providers.remote_sandboxes._FIRST_CONTACT", 0.01)
    monkeypatch.setenv({"e2b": "E2B_API_URL", "morph": "MORPH_BASE_URL"}[provider], "http://127.0.0.1:9")
    with pytest.raises(R1Error, match=r"no answer from (E2B|Morph)") as caught:
        run(provider, [program], tries=3)
    assert "network" in caught.value.fix


def test_the_wait_that_a_service_asks_for_is_kept(provider: str, service: Service) -> None:
    service.troubles = [Trouble(START[provider], 429, '{"message": "slow down"}', {"Retry-After": "1"})]
    (found,) = run(provider, [Program("print(1)", "python")])
    assert found.stdout == "1\n"
    times = [at for at, path, _ in service.requests if path == START[provider]]
    assert times[1] - times[0] >= (1.0 if provider == "e2b" else QUICK.longest_wait)


def test_what_keeps_failing_is_a_fault_and_never_a_verdict(provider: str, service: Service) -> None:
    service.troubles = [Trouble(SEND[provider], 500, "{}")] * 100
    counts: dict[str, int] = {}
    batch = [Program("print(1)", "python", stdin=text) for text in "ab"]
    found = run(provider, batch, lambda executor: counts.update(executor.take_counts()))
    assert all(isinstance(each, ExecutionFault) and "in 6 tries" in str(each) for each in found)
    assert counts["retries"] == 5
    assert not service.sandboxes


@ONE
def test_no_more_sandboxes_than_allowed(provider: str, service: Service) -> None:
    batch = [Program(f"print({number})", "python") for number in range(4)]
    assert [each.stdout for each in run(provider, batch, max_sandboxes=2)] == [f"{n}\n" for n in range(4)]
    assert service.most == 2


def test_what_nobody_waits_for_is_ended(provider: str, service: Service) -> None:
    async def leave_early() -> None:
        executor = open_executor(Code(provider=provider))
        slow = Program("import time; time.sleep(0.5)", "python")
        async with aclosing(executor.run([Program("print(1)", "python"), slow])) as results:
            async for _ in results:
                break
        await executor.close()

    started = time.monotonic()
    asyncio.run(leave_early())
    assert not service.sandboxes
    assert time.monotonic() - started < 20


def test_cleanup_ends_the_sandboxes_of_one_run(provider: str, service: Service) -> None:
    async def clean_up() -> int:
        executor: Any = open_executor(Code(provider=provider))
        ended = await executor.cleanup("this-run")
        await executor.close()
        return int(ended)

    for tag in ("this-run", "this-run", "another"):
        service.start_sandbox(metadata={RUN_KEY: tag})
    assert asyncio.run(clean_up()) == 2
    assert [facts["metadata"] for facts in service.sandboxes.values()] == [{RUN_KEY: "another"}]


@ONE
def test_the_step_counts_sandboxes(provider: str, service: Service) -> None:
    async def counts() -> dict[str, int]:
        current.configure(Code(provider=provider))
        current.take_counts()
        try:
            await current.execute([Program("print(1)", "python"), Program("print(2)", "python")])
            await current.executor().close()
            return current.take_counts()
        finally:
            await current.close_executor()
            current.configure(Code())

    found = asyncio.run(counts())
    assert found["programs"] == found["sandboxes"] == 2
    assert found["sandbox_ms"] >= found["running_ms"] > 0


def test_refusals_come_before_anything_starts(
    provider: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("", "python")
    for work, words in ((Interaction(program, [program]), "interactions"), (Program("", "cobol"), "cobol")):
        with pytest.raises(R1Error, match=words):
            run(provider, [program, work])
    assert not service.requests
    monkeypatch.delenv(f"{provider.upper()}_API_KEY")
    with pytest.raises(R1Error, match=f"{provider.upper()}_API_KEY"):
        run(provider, [program])


def test_a_refused_key_and_a_missing_toolchain_are_for_the_user(provider: str, service: Service) -> None:
    service.troubles = [Trouble("", 401, '{"code": 401, "message": "no"}')]
    with pytest.raises(R1Error, match="refuses the key"):
        run(provider, [Program("", "python")])
    with pytest.raises(R1Error, match="rustc is missing there"):
        run(provider, [Program("", "rust")])
    assert not service.sandboxes
