"""``r1 code check``."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.code_run import Endpoints, Isolation, Provider, open_provider
from r1cli.cli.output import emit, emit_json, print_table, say
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.execution.executor import Executor

#: Tiny programs that the speed is measured with.
_MEASURED = 40


def check(
    provider: Provider = "local",
    isolation: Isolation = "sandbox",
    endpoint: Endpoints = None,
    hostile: Annotated[
        bool, typer.Option("--hostile", help="Also try to break out, inside a second sandbox; takes minutes.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Check that a code provider works: run programs whose verdicts are known.

    They succeed, fail, crash, loop, eat memory, print without end, call the network and read files. Prints
    the verdicts, the isolation that is in force, and executions a second. --hostile is for the provider
    local: fork bombs, memory bombs and many more must stay inside.
    """
    if hostile and (provider != "local" or isolation == "none"):
        raise R1Error(
            "hostile programs run in the sandbox of this machine only",
            where="flag --hostile",
            fix="leave out --isolation and --provider, or --hostile",
        )
    executor = open_provider(provider, isolation, endpoint)
    try:
        rows, speed, facts = asyncio.run(_check(executor, local=provider == "local"))
    except R1Error as error:
        raise _with_narrower_check(error, provider) from error
    wrong = [row for row in rows if not row["right"]]
    answer: dict[str, Any] = {
        "provider": provider, "facts": dict(facts), "programs": rows, "executions_per_second": speed,
    }  # fmt: skip
    if not as_json:
        _print(rows, ("name", "verdict", "printed"), "right")
        for name, value in facts.items():
            emit(f"{name}: {value}")
        emit("executions a second: " + ("not measured" if speed is None else f"{speed:.1f}"))
    broken = False
    if hostile:
        answer["hostile"] = _hostile(as_json)
        broken = not answer["hostile"]["held"]
    if as_json:
        emit_json(answer)
    if wrong or broken:
        names = ", ".join(row["name"] for row in wrong) or "hostile programs"
        say(f"not as expected: {names}")
        for row in wrong:
            if row["verdict"] == "fault":
                say(f"{row['name']}: {row['why']}")
        sys.exit(1)


def _with_narrower_check(error: R1Error, provider: str) -> R1Error:
    """What a provider cannot do; of a plugin that is not r1's own, with the check of what it can."""
    from r1cli.plugins.kinds import CODE_PROVIDER
    from r1cli.plugins.registry import load_plugins

    owner = next(
        plugin
        for plugin in load_plugins()
        if provider in [CODE_PROVIDER.name_of(one) for one in plugin.of(CODE_PROVIDER)]
    )
    if owner.distribution == "r1cli":
        return error
    narrower = f"`r1 plugins check {owner.distribution}` checks what it does support"
    fix = "; ".join(filter(None, [error.fix, narrower]))
    return R1Error(error.what, where=error.where, fix=fix, exit_code=error.exit_code)


async def _check(
    executor: "Executor", *, local: bool
) -> tuple[list[dict[str, Any]], float | None, Mapping[str, str]]:
    from r1cli.execution import check_programs
    from r1cli.execution.program import ExecutionFault

    try:
        found = await check_programs.check(executor, check_programs.known_programs(local=local))
        rows = [
            {
                "name": known.name,
                "right": known.fits(result),
                **(
                    {"verdict": "fault", "printed": "", "why": str(result)}
                    if isinstance(result, ExecutionFault)
                    else {
                        "verdict": str(result.verdict),
                        "printed": result.stdout.strip()[:40],
                        "why": result.stderr[-500:],
                    }
                ),
            }
            for known, result in found
        ]
        try:
            speed = round(await check_programs.rate(executor, _MEASURED), 1)
        except ExecutionFault:
            speed = None
        return rows, speed, executor.facts()
    finally:
        await executor.close()


def _hostile(quiet: bool) -> dict[str, Any]:
    from r1cli.execution.hostile import run_suite

    say("trying hostile programs, which takes some minutes")
    suite = run_suite()
    answer = {
        "held": suite.held(), "programs": [vars(one) for one in suite.tried], "left": list(suite.left),
        "least_free_memory": suite.least_free,
    }  # fmt: skip
    if not quiet:
        emit("")
        _print([vars(one) for one in suite.tried], ("name", "language", "found"), "held")
        emit(f"left behind: {', '.join(suite.left) or 'nothing'}")
        emit(f"least free memory: {suite.least_free:.0%}")
    return answer


def _print(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], good: str) -> None:
    cells = [("ok" if row[good] else "WRONG", *(str(row[name])[:60] for name in columns)) for row in rows]
    print_table(("", *columns), cells)
