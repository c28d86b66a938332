"""The client of the router: what it asks again, and what is a fault."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from r1cli.config.groups.code import Code, TrainingCode
from r1cli.errors import R1Error
from r1cli.execution import router_client
from r1cli.execution.executor import JOB_ROUTER, Result, Work, open_executor
from r1cli.execution.program import ExecutionFault, Interaction, InteractionResult, Program, ProgramResult
from r1cli.execution.router_client import RouterExecutor
from tests.execution.routers import TOKEN, Scripted, serving, until

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_client, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(router_client, "_LONGEST_PAUSE", 0.1)
    monkeypatch.setenv(router_client.TOKEN, TOKEN)


def programs(*sources: str) -> list[Program]:
    return [Program(source, "python") for source in sources]


async def ask(batch: list[Program] | list[Work], *urls: str, **settings: Any) -> dict[int, Result]:
    # It asks for facts, and the router is in this thread.
    executor = await asyncio.to_thread(RouterExecutor, Code(endpoints=list(urls), **settings))
    try:
        return {number: result async for number, result in executor.run(batch)}
    finally:
        await executor.close()


def outputs(found: dict[int, Result]) -> list[str]:
    """What each program has written; the words of a fault."""
    results = [found[number] for number in range(len(found))]
    return [result.stdout if isinstance(result, ProgramResult) else str(result) for result in results]


class Faulty:
    """A server that answers with what a function makes of the sources in a request."""

    def __init__(self, answer: Callable[[int, list[str]], bytes]) -> None:
        self.answer = answer
        self.requests: list[list[str]] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            writer.write(answer(b'{"facts": {}}'))
            await writer.drain()
            return writer.close()
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        body = json.loads(await reader.readexactly(length))
        sources = [one["source"] for one in body["programs"]]
        self.requests.append(sources)
        writer.write(self.answer(len(self.requests), sources))
        await writer.drain()
        writer.close()


def answer(lines: bytes, whole: bool = True) -> bytes:
    length = len(lines) if whole else len(lines) + 100
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % length + lines


def line(number: int, source: str) -> bytes:
    result = {"verdict": "OK", "stdout": source}
    return json.dumps({"number": number, "result": result}).encode() + b"\n"


def test_a_batch_of_programs_and_interactions_of_many_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_client, "_PROGRAMS", 40)
    batch: list[Work] = [*programs(*(f"print {n}" for n in range(90)))]
    batch.append(Interaction(batch[0], [batch[1], batch[2]]))  # type: ignore[arg-type, list-item]
    executor = Scripted()

    async def main() -> list[dict[int, Result]]:
        async with serving(executor, limit=8) as url:
            return await asyncio.gather(ask(batch, url), ask(batch, url), ask(batch, url, max_sandboxes=3))

    for found in asyncio.run(main()):
        assert outputs(found)[:90] == [f"print {n}" for n in range(90)]
        assert isinstance(found[90], InteractionResult)
    assert 3 <= executor.most <= 8


def test_only_what_has_no_result_is_asked_again() -> None:
    def broken_off(request: int, sources: list[str]) -> bytes:
        if request == 1:
            return answer(line(1, "b") + b"\n" + line(3, "d") + b'{"number": 0, "res', whole=False)
        return answer(b"".join(line(number, source) for number, source in enumerate(sources)))

    server = Faulty(broken_off)

    async def main() -> dict[int, Result]:
        async with server.listening() as url:
            return await ask(programs("a", "b", "c", "d"), url)

    assert outputs(asyncio.run(main())) == ["a", "b", "c", "d"]
    assert server.requests == [["a", "b", "c", "d"], ["a", "c"]]


@pytest.mark.parametrize(
    ("bytes_", "words"),
    [
        (b'HTTP/1.1 503 x\r\nretry-after: 0\r\ncontent-length: 24\r\n\r\n{"detail":"queue full .."}', "503"),
        (b"HTTP/1.1 429 x\r\ncontent-length: 0\r\n\r\n", "429"),
        (b"HTTP/1.1 500 x\r\ncontent-length: 4\r\n\r\noops", "500 oops"),
        (b"", "broke off"),
        (b"rubbish\r\n\r\n", "broke off"),
        (answer(b"rubbish\n"), "not a result"),
        (answer(b"[1]\n"), "not a result"),
        (answer(b'{"number": -1, "result": {"verdict": "OK"}}\n'), "not a result"),
        (answer(b'{"number": 0, "result": {"verdict": "GREAT"}}\n'), "not a result"),
        (answer(b'{"number": 0}\n'), "not a result"),
        (answer(b""), "ended its answer early"),
    ],
)
def test_what_passes_is_tried_again_and_what_stays_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, bytes_: bytes, words: str
) -> None:
    monkeypatch.setattr(router_client, "_TRIES", 3)
    passing = Faulty(lambda request, sources: bytes_ if request < 3 else answer(line(0, sources[0])))
    staying = Faulty(lambda request, sources: bytes_)

    async def main() -> tuple[dict[int, Result], dict[int, Result]]:
        async with passing.listening() as first, staying.listening() as second:
            return await ask(programs("a"), first), await ask(programs("a"), second)

    passed, stayed = asyncio.run(main())
    assert outputs(passed) == ["a"] and len(passing.requests) == 3
    assert isinstance(stayed[0], ExecutionFault) and words in str(stayed[0])
    assert len(staying.requests) == 3


def test_a_program_too_large_for_the_router_is_a_fault() -> None:
    refused = b"HTTP/1.1 413 x\r\ncontent-length: 9\r\n\r\ntoo large"
    server = Faulty(lambda request, sources: refused)

    async def main() -> dict[int, Result]:
        async with server.listening() as url:
            return await ask(programs("a"), url)

    assert isinstance(asyncio.run(main())[0], ExecutionFault)
    assert len(server.requests) == 1


def test_a_router_that_never_comes_back_makes_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_client, "_TRIES", 2)

    async def main() -> dict[int, Result]:
        async with serving(Scripted()) as url:
            executor = await asyncio.to_thread(RouterExecutor, Code(endpoints=[url]))
        found = {number: result async for number, result in executor.run(programs("a", "b"))}
        await executor.close()
        return found

    assert [type(result) for result in asyncio.run(main()).values()] == [ExecutionFault] * 2


def test_a_wrong_address_is_found_at_the_start() -> None:
    with pytest.raises(R1Error, match="no answer from the router") as raised:
        RouterExecutor(Code(endpoints=["http://127.0.0.1:9"]))
    assert "r1 code serve" in raised.value.fix


def test_another_router_takes_over() -> None:
    async def main() -> dict[int, Result]:
        async with serving(Scripted()) as url:
            return await ask(programs("a", "b"), "http://127.0.0.1:9", url)

    assert outputs(asyncio.run(main())) == ["a", "b"]


def test_what_the_user_can_fix_ends_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serving(Scripted()) as url:
            with pytest.raises(R1Error, match="unknown programming language"):
                await ask(programs("print", "refuse", "sleep 60"), url)
            monkeypatch.setenv(router_client.TOKEN, "another")
            with pytest.raises(R1Error, match="answered 401") as raised:
                await ask(programs("print"), url)
            assert "R1_CODE_TOKEN" in raised.value.fix and "another" not in str(raised.value)
            monkeypatch.setenv("MINE", TOKEN)
            assert outputs(await ask(programs("print"), f"{url},key_env=MINE")) == ["print"]
            with pytest.raises(R1Error, match="answered 401"):
                await ask(programs("print"), f"{url}/below")

    asyncio.run(main())


def test_whoever_loses_interest_stops_what_runs() -> None:
    executor = Scripted()

    async def main() -> None:
        async with serving(executor) as url:
            asking = asyncio.create_task(ask(programs(*["sleep 60"] * 9), url))
            await until(lambda: executor.running == 2)
            asking.cancel()
            await until(lambda: executor.stopped == 2)

    asyncio.run(main())
    assert len(executor.order) == 2


def test_a_job_finds_its_own_router(monkeypatch: pytest.MonkeyPatch) -> None:
    own = TrainingCode(provider="local", router=True)

    async def main() -> dict[str, str]:
        async with serving(Scripted()) as url:
            monkeypatch.setenv(JOB_ROUTER, url)
            executor = open_executor(own)
            assert isinstance(executor, RouterExecutor)
            found = {number: result async for number, result in executor.run(programs("print"))}
            assert outputs(found) == ["print"]
            facts = await asyncio.to_thread(executor.facts)
            await executor.close()
            return dict(facts)

    assert asyncio.run(main())["isolation"] == "none of note"
    # Beside a job with one, a command without the key is not its client.
    with pytest.raises(R1Error, match="has no address"):
        RouterExecutor(TrainingCode(provider="router"))
