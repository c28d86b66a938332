"""Piston: local servers that speak its protocol, and what each answer says of a program."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import replace
from typing import Any

import pytest
from r1_code_providers import piston, piston_contact
from r1_code_providers.patience import Patience, TryAgain, retry_after
from r1_code_providers.piston import PistonExecutor
from r1_code_providers.piston_verdicts import result_of

from r1cli import ExecutionFault, Interaction, Program, ProgramLimits, ProgramVerdict, R1Error
from r1cli.config.groups.code import Code
from tests.code_services import PistonService, Trouble, serving, troubles

pytestmark = pytest.mark.e2e

QUICK = Patience(first_wait=0.01, longest_wait=0.3)
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def service() -> Iterator[PistonService]:
    with serving(PistonService()) as found:
        yield found


def run(batch: Sequence[Any], endpoints: Sequence[str], tries: int = 6, **keys: Any) -> list[Any]:
    async def all_of_them() -> list[Any]:
        section = Code(provider="piston", endpoints=list(endpoints), **keys)
        executor = PistonExecutor(section, replace(QUICK, tries=tries), rest=0.2)
        found = {}
        async with aclosing(executor.run(batch)) as results:
            async for number, result in results:
                found[number] = result
        await executor.close()
        return [found[number] for number in range(len(batch))]

    return asyncio.run(all_of_them())


def test_programs_run_with_all_that_they_need(service: PistonService) -> None:
    batch = [
        Program("import sys; print(input(), sys.argv[1:])", "python", stdin="in", argv=["a b", "c"]),
        Program("print(open('data/in.txt').read())", "py", files={"data/in.txt": "yes"}, name="main"),
        Program("raise SystemExit(3)", "python"),
        Program("while True: pass", "python", limits=ProgramLimits(cpu_s=0.1, wall_s=0.2)),
    ]
    found = run(batch, [service.url])
    assert [each.verdict for each in found] == ["OK", "OK", "RE", "TLE"]
    assert [each.stdout for each in found[:2]] == ["in ['a b', 'c']\n", "yes\n"]
    assert found[2].exit_code == 3 and found[3].exit_code is None
    assert found[0].cpu_s == 0.02 and found[0].peak_mb == 8
    assert service.most_running == 1


def test_what_fails_once_is_tried_again(service: PistonService, monkeypatch: pytest.MonkeyPatch) -> None:
    # Short deadlines, which a busy machine may miss a few times more.
    monkeypatch.setattr(piston, "_SPARE", -59.0)
    monkeypatch.setattr(piston, "_LISTING", 0.5)
    service.troubles = troubles("/execute")
    program = Program("print(1)", "python", limits=ProgramLimits(wall_s=20))
    assert run([program], [service.url], tries=20)[0].stdout == "1\n"
    service.troubles = troubles("/runtimes")
    assert run([program], [service.url], tries=20)[0].stdout == "1\n"
    assert not service.troubles


def test_what_keeps_failing_is_a_fault_and_never_a_verdict(service: PistonService) -> None:
    service.troubles = [Trouble("/execute", 500, "{}")] * 100
    (found,) = run([Program("print(1)", "python")], [service.url])
    assert isinstance(found, ExecutionFault) and "in 6 tries" in str(found)


def test_an_address_that_does_not_answer_is_an_error_at_the_first_contact(
    service: PistonService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piston_contact, "_PAUSE", 0.01)
    # With its own patience, which would take a minute.
    executor = PistonExecutor(Code(provider="piston", endpoints=[DEAD]))
    program = Program("print(1)", "python")

    async def first(executor: PistonExecutor) -> Any:
        return [each async for each in executor.run([program] * 2)]

    with pytest.raises(R1Error, match=f"no answer from Piston at {DEAD}") as caught:
        asyncio.run(first(executor))
    assert "check the address" in caught.value.fix
    # What is busy is there.
    service.troubles = [Trouble("/runtimes", 503, "{}")] * 5
    assert run([program], [service.url], tries=20)[0].stdout == "1\n"


def test_a_dead_server_is_left_out_and_tried_again_later(service: PistonService) -> None:
    batch = [Program(f"print({number})", "python") for number in range(6)]
    with ExitStack() as others:
        other = others.enter_context(serving(PistonService()))
        found = run(batch, [DEAD, service.url, other.url])
        assert [each.stdout for each in found] == [f"{number}\n" for number in range(6)]
        assert "POST /api/v2/execute" in service.paths() and "POST /api/v2/execute" in other.paths()


def test_a_server_that_answers_badly_gets_less(service: PistonService) -> None:
    batch = [Program(f"print({number})", "python") for number in range(8)]
    with serving(PistonService()) as bad:
        bad.troubles = [Trouble("/execute", 503, "{}")] * 100
        found = run(batch, [bad.url, service.url], max_sandboxes=2)
    assert [each.stdout for each in found] == [f"{number}\n" for number in range(8)]
    assert bad.paths().count("POST /api/v2/execute") < service.paths().count("POST /api/v2/execute")


def test_what_it_cannot_do_is_refused_by_name(service: PistonService) -> None:
    program = Program("", "python")
    for work, words in (
        (Interaction(program, [program]), "interactions"),
        (Program("", "python", output_file="out.txt"), r"out\.txt"),
        (Program("", "cobol"), "cobol"),
        (Program("", "cpp", files={"a.h": ""}), r"cpp that have files"),
        (Program("", "python", limits=ProgramLimits(wall_s=100)), "run_timeout cannot exceed"),
    ):
        with pytest.raises(R1Error, match=words) as caught:
            run([work], [service.url])
    assert "PISTON_RUN_TIMEOUT" in caught.value.fix


def test_servers_come_from_the_config_or_the_variable(
    service: PistonService, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("print(1)", "python")
    with pytest.raises(R1Error, match="addresses"):
        run([program], [])
    monkeypatch.setenv("PISTON_ENDPOINTS", f"{service.url}/api/v2,{DEAD}")
    assert run([program], [])[0].stdout == "1\n"
    monkeypatch.setenv("PISTON_ENDPOINTS", "slurm")
    with pytest.raises(R1Error, match="'slurm'"):
        run([program], [])


LIMITS = ProgramLimits(cpu_s=1, memory_mb=64, output_kb=1)


@pytest.mark.parametrize(
    ("stage", "package", "verdict"),
    [
        ({"code": 0, "signal": None}, "", "OK"),
        ({"code": 0, "signal": None, "cpu_time": 1500}, "", "TLE"),
        ({"code": 1, "signal": None}, "", "RE"),
        ({"code": 139, "signal": None}, "", "RE"),
        ({"code": None, "signal": "SIGSEGV"}, "", "RE"),
        ({"code": None, "signal": "SIGKILL", "status": "TO", "message": "Time limit exceeded"}, "", "TLE"),
        ({"code": None, "signal": "SIGKILL", "status": "SG", "memory": 64 << 20}, "", "MLE"),
        ({"code": 137, "signal": None, "status": "RE", "memory": 64 << 20}, "", "MLE"),
        ({"code": 1, "signal": None, "stderr": "Traceback ...\nMemoryError"}, "", "MLE"),
        ({"code": 134, "signal": None, "stderr": "what():  std::bad_alloc"}, "", "MLE"),
        ({"code": 134, "signal": None}, "", "RE"),
        ({"code": 134, "signal": None}, "codeforces", "MLE"),
        ({"code": 124, "signal": None}, "codeforces", "TLE"),
        ({"code": 137, "signal": None}, "codeforces", "TLE"),
        ({"code": 143, "signal": None}, "codeforces", "TLE"),
        ({"code": 124, "signal": None}, "", "RE"),
        ({"code": None, "signal": "SIGKILL", "status": "OL", "stdout": "x" * 1024}, "", "OLE"),
        # Piston's own limit is below the program's: nobody knows what the program would have done.
        ({"code": None, "signal": "SIGKILL", "status": "OL", "stdout": "x" * 100}, "", None),
        # What an older Piston says of every kill.
        ({"code": None, "signal": "SIGKILL"}, "", None),
        ({"code": 1, "signal": None, "stderr": "fork: Resource temporarily unavailable"}, "", None),
        ({"code": None, "signal": None, "status": "XX", "message": "isolate"}, "", None),
    ],
)
def test_verdicts(stage: dict[str, Any], package: str, verdict: str | None) -> None:
    if verdict is None:
        with pytest.raises(TryAgain):
            result_of({"run": stage}, LIMITS, package, 0.5)
    else:
        assert result_of({"run": stage}, LIMITS, package, 0.5).verdict == ProgramVerdict(verdict)


def test_a_kill_without_a_reason_after_the_wall_time_is_tle() -> None:
    assert result_of({"run": {"code": None, "signal": "SIGKILL"}}, LIMITS, "", 4.1).verdict == "TLE"


def test_a_compile_stage_that_fails_is_ce() -> None:
    stage = {"code": 1, "signal": None, "stderr": "expected ';'"}
    found = result_of({"compile": stage, "run": {"code": 127, "signal": None}}, LIMITS, "", 0.5)
    assert found.verdict == "CE" and "expected ';'" in found.stderr
    assert result_of({"compile": stage}, LIMITS, "", 0.5).verdict == "CE"
    with pytest.raises(TryAgain):
        result_of({"message": "?"}, LIMITS, "", 0.5)


def test_retry_after() -> None:
    assert retry_after("3") == 3 and retry_after("0.5") == 0.5
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after(None) is None and retry_after("soon") is None
