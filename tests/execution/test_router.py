"""The router's service: who may use it, whose turn it is, and what happens when somebody goes."""

import asyncio
import json
from typing import Any

import pytest

from r1cli.execution import router, router_intake
from r1cli.execution.program import Interaction, Program
from r1cli.execution.wire import CLIENT, PROGRAMS, tree_of
from tests.execution.routers import TOKEN, Scripted, serving, until, web

pytestmark = pytest.mark.e2e


def body(*sources: str) -> dict[str, Any]:
    return {"programs": [{"source": source, "language": "python"} for source in sources]}


async def results(url: str, *sources: str, client: str = "") -> list[dict[str, Any]]:
    headers = {CLIENT: client} if client else {}
    async with web(url, **headers) as http:
        answer = await http.post(PROGRAMS, json=body(*sources))
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines() if line]


def test_a_batch_is_answered_line_by_line_under_one_limit() -> None:
    executor = Scripted()

    async def main() -> list[dict[str, Any]]:
        async with serving(executor) as url:
            return await results(url, "sleep 0.2", "fault", "raise", "refuse", "print")

    lines = asyncio.run(main())
    found = {line["number"]: line for line in lines}
    assert sorted(found) == [0, 1, 2, 3, 4] and lines[-1]["number"] == 0
    assert found[4]["result"]["stdout"] == "print" and found[4]["result"]["verdict"] == "OK"
    assert found[1]["fault"] == "the machine is gone"
    # A bug of the provider is a fault, never a verdict.
    assert found[2]["fault"] == "RuntimeError: a bug of the provider"
    assert found[3]["error"]["fix"] == "known are a, b"
    assert executor.most == 2 and executor.closed


def test_a_small_batch_does_not_wait_for_a_large_one() -> None:
    executor = Scripted()

    async def main() -> None:
        async with serving(executor, limit=1) as url:
            large = asyncio.create_task(results(url, *(f"sleep 0.02 a{n}" for n in range(20)), client="a"))
            await until(lambda: executor.order)
            await results(url, "sleep 0.02 b0", "sleep 0.02 b1", client="b")
            await large

    asyncio.run(main())
    places = [number for number, source in enumerate(executor.order) if " b" in source]
    assert len(executor.order) == 22 and max(places) < 12


def test_an_interaction_takes_a_place_for_each_of_its_programs() -> None:
    executor, program = Scripted(), Program("print", "python")
    work = [tree_of(Interaction(program, [program, program])), *[tree_of(program)] * 3]

    async def main() -> str:
        async with serving(executor, limit=3) as url, web(url) as http:
            return (await http.post(PROGRAMS, json={"programs": work * 2})).text

    answer = asyncio.run(main())
    assert sum("manager" in line for line in answer.splitlines()) == 2
    assert executor.most == 3


def test_the_programs_of_a_submission_share_a_sandbox_where_they_can() -> None:
    """A service bills each sandbox: one for each test of a submission would cost 20 times as much."""
    executor = Scripted()
    sources = ["print", "fault", "print", "raise", "print", "raise"]

    async def main() -> list[dict[str, Any]]:
        async with serving(executor, by_submission=True) as url:
            return await results(url, *sources)

    found = {line["number"]: line for line in asyncio.run(main())}
    assert sorted(executor.batches) == [1, 2, 3] and len(found) == 6
    assert ["fault" in found[number] for number in range(6)] == [source != "print" for source in sources]


def test_who_is_not_answered() -> None:
    executor = Scripted()
    requests = {
        401: {"authorization": "Bearer wrong"},
        403: {"origin": "http://127.0.0.1"},
        415: {"content-type": "text/plain"},
        421: {"host": "rebound.example:8001"},
    }

    async def main() -> None:
        async with serving(executor) as url, web(url) as http:
            content = json.dumps(body("print"))
            for status, headers in requests.items():
                given = {"content-type": "application/json", **headers}
                for path in (PROGRAMS, "/execute_batch", "/nothing"):
                    answer = await http.post(path, content=content, headers=given)
                    assert (answer.status_code, path) == (status, path), answer.text
            for header in (
                "",
                TOKEN,
                f"Basic {TOKEN}",
                f"Bearer {TOKEN}x",
                f"Bearer {TOKEN[:-1]}",
                "Bearer \xff",
            ):
                answer = await http.post(
                    PROGRAMS, json={}, headers=[(b"authorization", header.encode("latin1"))]
                )
                assert answer.status_code == 401, header
            # These run nothing, and need no token; but a page that has rebound its name cannot read them.
            for path in ("/health", "/metrics"):
                assert (await http.get(path, headers={"authorization": ""})).status_code == 200
                assert (await http.get(path, headers=requests[421])).status_code == 421
            for path in ("/docs", "/openapi.json"):
                assert (await http.get(path)).status_code == 404

    asyncio.run(main())
    assert executor.order == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"programs": 3}', 400),
        (b'{"programs": [{"source": "x", "language": "python", "files": {"../x": ""}}]}', 400),
        (json.dumps(body(*["print"] * 11)).encode(), 413),
        (json.dumps(body("x" * (1 << 20))).encode(), 413),
    ],
)  # fmt: skip
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, content: bytes, status: int) -> None:
    monkeypatch.setattr(router_intake, "MOST_MB", 1)
    monkeypatch.setattr(router_intake, "MOST_PROGRAMS", 10)
    executor = Scripted()

    async def parts() -> Any:
        yield content

    async def main() -> None:
        async with serving(executor) as url, web(url, **{"content-type": "application/json"}) as http:
            # With its length, and without: what is not declared is counted.
            for body in (content, parts()):
                answer = await http.post(PROGRAMS, content=body)
                assert answer.status_code == status, answer.text

    asyncio.run(main())
    assert executor.order == []


def test_a_full_queue_sends_clients_away_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_intake, "MOST_PROGRAMS_TOGETHER", 3)

    async def main() -> None:
        executor = Scripted()
        async with serving(executor) as url, web(url) as http:
            first = asyncio.create_task(results(url, "sleep 0.3", "print"))
            await until(lambda: executor.order)
            answer = await http.post(PROGRAMS, json=body("print", "print"))
            assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
            await first
            assert (await http.post(PROGRAMS, json=body("print", "print"))).status_code == 200

    asyncio.run(main())


def test_a_client_that_goes_takes_its_programs_along() -> None:
    executor = Scripted()

    async def main() -> str:
        async with serving(executor) as url, web(url) as http:
            async with http.stream("POST", PROGRAMS, json=body(*["sleep 60"] * 40)) as answer:
                assert answer.status_code == 200
                await until(lambda: executor.running == 2)
            await until(lambda: executor.stopped == 2 and not executor.running)
            assert await results(url, "print")
            return (await http.get("/metrics")).text

    metrics = asyncio.run(main())
    assert len(executor.order) == 3
    assert 'r1_router_programs_total{outcome="stopped"} 40' in metrics
    assert "r1_router_programs_waiting 0" in metrics and "r1_router_programs_running 0" in metrics


def test_a_client_that_does_not_read_its_results_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "_UNREAD", 4 << 20)
    executor = Scripted()

    async def main() -> int:
        async with serving(executor) as url, web(url) as http:
            async with http.stream("POST", PROGRAMS, json=body(*["flood"] * 40)) as answer:
                # Others are not kept waiting.
                await until(lambda: len(executor.order) > 2)
                assert await results(url, "print", "print", client="other")
                await asyncio.sleep(0.3)
                stopped_at = len(executor.order)
                assert sum([1 async for line in answer.aiter_lines() if line]) == 40
            return stopped_at

    assert asyncio.run(main()) < 20
    assert len(executor.order) == 42


def test_the_end_stops_what_runs() -> None:
    executor = Scripted()

    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with serving(executor) as url:
            asking = asyncio.create_task(results(url, "sleep 60", "sleep 60", "sleep 60"))
            await until(lambda: executor.running == 2)
            began = loop.time()
        took = loop.time() - began
        await asyncio.gather(asking, return_exceptions=True)
        return took

    assert asyncio.run(main()) < 3
    assert executor.stopped == 2 and executor.closed


def test_what_a_service_bills_is_counted() -> None:
    class Remote(Scripted):
        def take_counts(self) -> dict[str, int]:
            return {"sandboxes": 2, "sandbox_ms": 1500, "retries": 1}

        async def cleanup(self, run: str) -> int:
            return 0

    async def main() -> str:
        async with serving(Remote()) as url, web(url) as http:
            await http.get("/metrics")
            return (await http.get("/metrics")).text

    metrics = asyncio.run(main()).splitlines()
    assert "r1_router_remote_sandboxes_total 4" in metrics
    assert "r1_router_remote_sandbox_seconds_total 3.0" in metrics


def test_the_metrics_have_labels_from_fixed_sets_only() -> None:
    async def main() -> tuple[str, str]:
        async with serving(Scripted(), limit=7) as url, web(url, **{CLIENT: 'x"}'}) as http:
            before = (await http.get("/metrics")).text
            await http.post(PROGRAMS, json=body("print", "fault", "refuse", "raise"))
            await http.post("/a/path/of/its/own", json={})
            await http.post(PROGRAMS, content=b"", headers={"authorization": ""})
            return before, (await http.get("/metrics")).text

    before, after = asyncio.run(main())
    names = [[line.rpartition(" ")[0] for line in text.splitlines()] for text in (before, after)]
    assert names[0] == names[1]
    for line in (
        'r1_router_programs_total{outcome="OK"} 1', 'r1_router_programs_total{outcome="fault"} 2',
        'r1_router_programs_total{outcome="refused"} 1', 'r1_router_requests_total{status="2xx"} 1',
        'r1_router_requests_total{status="4xx"} 2', "r1_router_sandboxes_limit 7",
    ):  # fmt: skip
        assert line in after.splitlines()
