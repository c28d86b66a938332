"""The contract of code providers: programs whose outcomes are known, and what is wrong with a provider's."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
from r1cli.raised import said

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
            return f"a fault: {result}"
        if not isinstance(result, ProgramResult):
            return f"a {type(result).__name__} instead of a ProgramResult"
        if result.verdict not in self.verdicts:
            return f"the verdict {result.verdict} instead of {' or '.join(self.verdicts)}"
        if self.stdout is not None and result.stdout != self.stdout:
            return f"the output {result.stdout[:60]!r} instead of {self.stdout!r}"
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
        R1Error: it cannot be imported, or cannot run programs here.
    """
    if not isinstance(provider, CodeProvider):
        provider = CodeProvider(getattr(provider, "__name__", "provider"), provider, summary="")
    section = Code(**{"provider": provider.name, **keys})
    broken = asyncio.run(_violations(provider, section))
    if broken:
        lines = "\n".join(f"- {line}" for line in broken)
        raise AssertionError(f"code provider '{provider.name}' breaks the contract:\n{lines}")


async def _violations(provider: CodeProvider, section: Code) -> list[str]:
    make = provider.load()
    try:
        executor: Executor = make(section)
    except R1Error:
        raise
    except (Exception, SystemExit) as error:  # whatever third-party code raises is a violation
        return [f"it cannot be made: it raised {said(error, make)}"]
    found = []
    try:
        for name, check in _checks(executor, provider.interactive):
            if line := await _outcome(check, make):
                found.append(f"{name}: {line}")
    finally:
        if line := await _outcome(_close(executor), make):
            found.append(f"close(): {line}")
    return found


async def _outcome(check: Awaitable[str], make: Callable[..., Any]) -> str:
    """What a check finds wrong, such as what it raises; empty if nothing is."""
    try:
        return await check
    except R1Error as error:
        return f"refused: {error.what}"
    except (Exception, SystemExit) as error:  # whatever third-party code raises is a violation
        return f"it raised {said(error, make)}"


def _checks(executor: Executor, interactive: bool) -> Iterator[tuple[str, Awaitable[str]]]:
    """Each check by the name of what it tries."""
    for example in _examples():
        yield example.name, _try(executor, example)
    yield "no programs at all", _nothing(executor)
    yield "several programs", _batches(executor)
    yield "an unknown language", _refuses(executor, Program("", "no-such-language"))
    if not interactive:
        program = Program("", "python")
        interaction = Interaction(program, [program])
        yield "an interaction, without interactive=True", _refuses(executor, interaction)
    yield "facts()", _facts(executor)
    yield "programs whose results are no longer wanted", _early_end(executor)


async def _try(executor: Executor, example: _Example) -> str:
    try:
        results = await _results(executor, [example.program])
    except R1Error:
        if example.optional:
            return ""
        raise
    if len(results) != 1:
        return f"{len(results)} results"
    return example.complaint(results[0][1])


async def _nothing(executor: Executor) -> str:
    return "it gives results" if await _results(executor, []) else ""


async def _batches(executor: Executor) -> str:
    """What is wrong with the results of two batches at a time."""
    orders = (range(6), range(6)[::-1])
    batches = [[Program(f"print({one})", "python") for one in order] for order in orders]
    both = await asyncio.gather(*(_results(executor, batch) for batch in batches))
    for results, order in zip(both, orders, strict=True):
        if sorted(number for number, _ in results) != list(range(len(order))):
            return f"results for {sorted(number for number, _ in results)}"
        faults = [result for _, result in results if isinstance(result, ExecutionFault)]
        if faults:
            return f"a fault: {faults[0]}"
        outputs = {number: getattr(result, "stdout", "") for number, result in results}
        if outputs != {number: f"{one}\n" for number, one in enumerate(order)}:
            return f"the outputs are mixed up: {outputs}"
    return ""


async def _refuses(executor: Executor, work: Work) -> str:
    """What it cannot do must be refused or be a fault, and never a verdict."""
    try:
        results = await _results(executor, [work])
    except R1Error:
        return ""
    is_result = any(isinstance(result, ProgramResult | InteractionResult) for _, result in results)
    return "a result instead of an R1Error or an ExecutionFault" if is_result else ""


async def _facts(executor: Executor) -> str:
    facts = executor.facts()
    missing = [repr(name) for name in ("isolation", "memory limit") if not isinstance(facts.get(name), str)]
    return f"it has no {' and no '.join(missing)}" if missing else ""


async def _close(executor: Executor) -> str:
    await executor.close()
    return ""


async def _early_end(executor: Executor) -> str:
    """Whether it stops what still runs when nobody listens any longer."""
    slow = Program("import time; time.sleep(60)", "python", limits=ProgramLimits(cpu_s=60))
    started = time.monotonic()
    async with aclosing(executor.run([Program("print(1)", "python"), slow])) as results:  # type: ignore[type-var]
        async for _ in results:
            break
    late = time.monotonic() - started > LATE
    return "they continue" if late else ""


async def _results(executor: Executor, batch: Sequence[Work]) -> list[tuple[int, object]]:
    try:
        async with aclosing(executor.run(batch)) as results:  # type: ignore[type-var]
            return [(number, result) async for number, result in results]
    except SystemExit as error:
        # As it is, it would end the event loop of `asyncio.gather`.
        raise RuntimeError(f"SystemExit({error.code})").with_traceback(error.__traceback__) from None
