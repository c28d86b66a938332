"""Requests a second of r1's client, and of a bare asyncio client on httpx2: the ratio should be 0.8 or more.

Both send the same chats, 64 at a time, to a service in another process that answers at once. They
take turns, so that a machine whose speed drifts treats them alike. r1's client limits, spreads, and retries.

Run it from the repository, as a module, with the interpreter of the environment that has r1:
`.venv/bin/python -m benchmarks.client`.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from httpx2 import AsyncClient, Limits

from r1cli.endpoint import Endpoint
from r1cli.sampling.client import Client, sample_all
from r1cli.sampling.sampling_request import SamplingRequest, requests_for

AT_A_TIME, REQUESTS, ROUNDS = 64, 2000, 5
SAMPLING = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 512}


def bare(url: str, requests: list[SamplingRequest]) -> None:
    texts: list[str] = []

    async def run() -> None:
        waiting = iter(requests)

        async def work(client: AsyncClient) -> None:
            for request in waiting:
                body = {"model": "m", **SAMPLING, "messages": request.prompt}
                answer = await client.post(f"{url}/chat/completions", json=body)
                texts.append(answer.json()["choices"][0]["message"]["content"])

        async with AsyncClient(limits=Limits(max_connections=AT_A_TIME), timeout=60) as client:
            await asyncio.gather(*(work(client) for _ in range(AT_A_TIME)))

    asyncio.run(run())
    assert len(texts) == REQUESTS


def r1(url: str, requests: list[SamplingRequest]) -> None:
    found: list[object] = []
    client = Client([Endpoint(url)], model="m", concurrency=AT_A_TIME)
    sample_all(client, requests, SAMPLING, lambda request, outcome: found.append(outcome))
    assert len(found) == REQUESTS


def rate(client: Callable[[str, list[SamplingRequest]], None], url: str) -> float:
    prompts = [
        (str(number), [{"role": "user", "content": f"What is {number}?"}]) for number in range(REQUESTS)
    ]
    requests = requests_for(prompts, 1, {})
    start = time.perf_counter()
    client(url, requests)
    return REQUESTS / (time.perf_counter() - start)


def main() -> None:
    service = subprocess.Popen(
        [sys.executable, "-m", "tests.completion_service"], stdout=subprocess.PIPE, text=True
    )
    assert service.stdout is not None
    url = service.stdout.readline().strip()
    try:
        rounds = [(rate(bare, url), rate(r1, url)) for _ in range(ROUNDS)]
    finally:
        service.kill()
    plain, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(own / other for other, own in rounds)
    print(f"bare {plain:6.0f} requests a second")
    print(f"r1   {ours:6.0f} requests a second, {ratio:.2f} of the bare client (0.8 or more)")


if __name__ == "__main__":
    main()
