"""Completions a second of `r1 generate`, and of a bare asyncio client: the ratio should be 0.97 or more.

Both ask the same server for the same chats, 64 at a time, in turns. r1's side stores each completion, and has
it scored with --reward. Without --endpoint the server is a process that answers in about a second; with
it, any server of OpenAI's protocol, such as vLLM.

Run it from the repository, as a module, with the interpreter of the environment that has r1:
`.venv/bin/python -m benchmarks.generate`.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from httpx2 import AsyncClient, Limits

from r1cli.commands import COMMANDS
from r1cli.config.arguments import ANY_NUMBER, Rules, parse
from r1cli.config.record import RecordedConfig
from r1cli.config.resolve import Request
from r1cli.config.schema import schema_of
from r1cli.generate.sampled_rows import SampledRows
from r1cli.generate.schema import RowSampling
from r1cli.prepare.request import prepare
from r1cli.runs.run_dir import write_job

AT_A_TIME = 64


def bare(url: str, model: str, prompts: list[str], limit: int) -> float:
    """Seconds of a client that only asks."""
    texts: list[str] = []

    async def run() -> None:
        waiting = iter(prompts)

        async def work(client: AsyncClient) -> None:
            for prompt in waiting:
                messages = [{"role": "user", "content": prompt}]
                body = {
                    "model": model,
                    "temperature": 0.6,
                    "top_p": 0.95,
                    "max_tokens": limit,
                    "messages": messages,
                }
                answer = await client.post(f"{url}/chat/completions", json=body)
                texts.append(answer.json()["choices"][0]["message"]["content"])

        async with AsyncClient(limits=Limits(max_connections=AT_A_TIME), timeout=600) as client:
            await asyncio.gather(*(work(client) for _ in range(AT_A_TIME)))

    start = time.perf_counter()
    asyncio.run(run())
    assert len(texts) == len(prompts)
    return time.perf_counter() - start


def r1(url: str, prompts: list[str], limit: int, reward: str) -> float:
    """Seconds in which the worker of r1 samples, after it has loaded its rows."""
    with tempfile.TemporaryDirectory() as folder:
        rows, run_dir = Path(folder, "rows.jsonl"), Path(folder, "run")
        rows.write_text("".join(json.dumps({"prompt": prompt, "solution": "1"}) + "\n" for prompt in prompts))
        words = [
            "--dataset", str(rows), "--endpoint", url, "--output-dir", str(run_dir),
            "--max_new_tokens", str(limit), *(("--reward", reward) if reward else ()),
        ]  # fmt: skip
        flags = parse(words, Rules((schema_of(COMMANDS["generate"]),), {}, ANY_NUMBER)).settings
        job = prepare("generate", Request(flags=tuple(flags))).job
        write_job(job)
        config = RecordedConfig(job.record["config"])
        sampled = SampledRows(run_dir, config, config.section(RowSampling), None)
        start = time.perf_counter()
        sampled.sample()
        seconds = time.perf_counter() - start
        if sampled.scores:
            sampled.scores.finish()
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", help="a server that is already running")
    parser.add_argument("--model", default="m", help="its model's name")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1.0, help="of that process, for an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-new-tokens", type=int, default=64)
    parser.add_argument("--reward", default="")
    given = parser.parse_args()
    service = None
    url = given.endpoint
    if not url:
        command = [sys.executable, "-m", "tests.completion_service", "--seconds", str(given.seconds)]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert service.stdout is not None
        url = service.stdout.readline().strip()
    rounds = []
    try:
        for turn in range(given.rounds):
            prompts = [f"What is {turn} plus {number}?" for number in range(given.rows)]
            others = bare(url, given.model, prompts, given.max_new_tokens)
            rounds.append((others, r1(url, prompts, given.max_new_tokens, given.reward)))
    finally:
        if service:
            service.kill()
    plain, ours = (given.rows / statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(other / own for other, own in rounds)
    print(f"bare client {plain:8.1f} completions a second")
    print(f"r1 generate {ours:8.1f} completions a second, {ratio:.3f} of the bare client (0.97 or more)")


if __name__ == "__main__":
    main()
