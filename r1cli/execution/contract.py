"""The contract of code providers: programs whose outcomes are known, and what is wrong with a provider's."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution.executor import Executor, Work
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
)
from r1cli.plugins.types import CodeProvider

#: Seconds above which a provider does not notice that nobody listens any longer.
LATE = 20.0
_TIGHT = ProgramLimits(cpu_s=0.2, wall_s=1.0, output_kb=64)


@dataclass(frozen=True)
class _Example:
    """A program, and the expected result.

    Args:
        name: for messages.
        program: what runs.
        verdicts: those that are right.
        stdout: what must be there, if anything.
        optional: the provider may refuse it with an R1Error.
    """

    name: str
    program: Program
    verdicts: Sequence[ProgramVerdict]
    stdout: str | None = None
    optional: bool = False

    def complaint(self, result: object) -> str:
        """What is wrong with a result; empty if nothing is."""
        if isinstance(result, ExecutionFault):
            return f"{self.name}: a fault: {result}"
        if not isinstance(result, ProgramResult):
            return f"{self.name}: a {type(result).__name__} instead of a ProgramResult"
        if result.verdict not in self.verdicts:
            return f"{self.name}: the verdict {result.verdict} instead of {' or '.join(self.verdicts)}"
        if self.stdout is not None and result.stdout != self.stdout:
            return f"{self.name}: the output {result.stdout[:60]!r} instead of {self.stdout!r}"
        return ""


def _examples() -> Iterator[_Example]:
    ok, limit = ProgramVerdict.OK, ProgramVerdict
    yield _Example("reading stdin", Program("print(input()[::-1])", "python", stdin="né\n"), (ok,), "én\n")
    yield _Example("an exception", Program("raise ValueError", "python"), (limit.RE,), "")
    yield _Example("an exit code", Program("print(1); raise SystemExit(3)", "python"), (limit.RE,), "1\n")
    yield _Example("an endless loop", Program("while True: pass", "python", limits=_TIGHT), (limit.TLE,))
    endless = Program("while True: print('x' * 1000)", "python", limits=_TIGHT)
    yield _Example("endless output", endless, (limit.OLE, limit.TLE))
    words = Program("import sys; print(sys.argv[1:])", "python", argv=["a b", "-c"])
    yield _Example("arguments", words, (ok,), "['a b', '-c']\n", optional=True)
    reads = Program("print(open('data/in.txt').read())", "python", files={"data/in.txt": "yes"})
    yield _Example("files", reads, (ok,), "yes\n", optional=True)
    writes = Program("open('out.txt', 'w').write('42')", "python", output_file="out.txt")
    yield _Example("an output file", writes, (ok,), "42", optional=True)


def check_code_provider(provider: CodeProvider | Callable[[Any], Executor], **keys: Any) -> None:
    """Checks a code provider against the contract in docs/plugins.md, by running programs in Python with it.

    Args:
        provider: a `CodeProvider`, or its function.
        keys: of the config's group ``code``, such as ``endpoints``.

    Raises:
        AssertionError: it breaks the contract; all violations are listed.
        R1Error: it cannot run programs here.
    """
    if not isinstance(provider, CodeProvider):
        provider = CodeProvider(getattr(provider, "__name__", "provider"), provider, summary="")
    section = Code(**{"provider": provider.name, **keys})
    broken = asyncio.run(_violations(provider, section))
    if broken:
        lines = "\n".join(f"- {line}" for line in broken)
        raise AssertionError(f"code provider '{provider.name}' breaks the contract:\n{lines}")


async def _violations(provider: CodeProvider, section: Code) -> list[str]:
    executor: Executor = provider.load()(section)
    try:
        found = [line for example in _examples() if (line := await _try(executor, example))]
        found += await _batches(executor)
        found += await _refusals(executor, provider.interactive)
        found += [f"facts() has no '{name}'" for name in ("isolation", "memory limit")
                  if not isinstance(executor.facts().get(name), str)]  # fmt: skip
        return found + await _early_end(executor)
    finally:
        await executor.close()


async def _try(executor: Executor, example: _Example) -> str:
    try:
        results = await _results(executor, [example.program])
    except R1Error as error:
        return "" if example.optional else f"{example.name}: refused: {error.what}"
    except Exception as error:  # any exception of third-party code is a violation
        return f"{example.name}: it raised {type(error).__name__}: {error}"
    if len(results) != 1:
        return f"{example.name}: {len(results)} results"
    return example.complaint(results[0][1])


async def _batches(executor: Executor) -> list[str]:
    """What is wrong with the results of no program, of many, and of two batches at a time."""
    found = ["no programs at all: it gives results"] if await _results(executor, []) else []
    batch = [Program(f"print({number})", "python") for number in range(6)]
    for results in await asyncio.gather(_results(executor, batch), _results(executor, batch[::-1])):
        if sorted(number for number, _ in results) != list(range(len(batch))):
            found.append(f"several programs: results for {sorted(number for number, _ in results)}")
    outputs = {number: getattr(result, "stdout", "") for number, result in await _results(executor, batch)}
    if outputs != {number: f"{number}\n" for number in range(len(batch))}:
        found.append(f"several programs: the outputs are mixed up: {outputs}")
    return found


async def _refusals(executor: Executor, interactive: bool) -> list[str]:
    """What it cannot do must be refused or be a fault, and never a verdict."""
    unknown: list[tuple[str, Work]] = [("an unknown language", Program("", "no-such-language"))]
    if not interactive:
        program = Program("", "python")
        unknown.append(("an interaction, without interactive=True", Interaction(program, [program])))
    found = []
    for name, work in unknown:
        try:
            results = await _results(executor, [work])
        except R1Error:
            continue
        if any(isinstance(result, ProgramResult | InteractionResult) for _, result in results):
            found.append(f"{name}: a result instead of an R1Error or an ExecutionFault")
    return found


async def _early_end(executor: Executor) -> list[str]:
    """Whether it stops what still runs when nobody listens any longer."""
    slow = Program("import time; time.sleep(60)", "python", limits=ProgramLimits(cpu_s=60))
    started = time.monotonic()
    async with aclosing(executor.run([Program("print(1)", "python"), slow])) as results:  # type: ignore[type-var]
        async for _ in results:
            break
    late = time.monotonic() - started > LATE
    return ["programs continue when their results are no longer wanted"] if late else []


async def _results(executor: Executor, batch: Sequence[Work]) -> list[tuple[int, object]]:
    async with aclosing(executor.run(batch)) as results:  # type: ignore[type-var]
        return [(number, result) async for number, result in results]
