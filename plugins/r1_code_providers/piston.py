"""The provider ``piston``: one or many Piston servers, over HTTP."""

import asyncio
import json
import os
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from r1_code_providers.patience import Patience, TryAgain, retry_after
from r1_code_providers.piston_contact import FirstContact, NoAnswer
from r1_code_providers.piston_pool import Pool, Server
from r1_code_providers.piston_verdicts import result_of
from r1cli import (
    Endpoint,
    ExecutionFault,
    Interaction,
    InteractionResult,
    Language,
    Program,
    ProgramResult,
    R1Error,
    as_they_end,
    find_language,
    parse_endpoints,
)

Result = ProgramResult | InteractionResult | ExecutionFault

VARIABLE, _PER_SERVER = "PISTON_ENDPOINTS", "PISTON_MAX_REQUESTS_PER_ENDPOINT"
_WHERE = "code.provider piston"
_API = "/api/v2"
# Seconds that Piston may take in addition to the limits of a program, and to list its languages.
_SPARE, _LISTING = 30.0, 15.0
_COMPILING_MS = 60_000
_NAMES = {"cpp": ("c++", "cpp")}
# Its packages for gcc rename every file of a program to a source of the language.
_GCC = ("gcc", "c", "c++", "cpp", "d", "fortran")
_TOO_MUCH = re.compile(r"(\w+) cannot exceed the configured limit of (\S+)")
_SETTINGS = {
    "run_timeout": "PISTON_RUN_TIMEOUT",
    "run_cpu_time": "PISTON_RUN_CPU_TIME",
    "run_memory_limit": "PISTON_RUN_MEMORY_LIMIT",
    "compile_timeout": "PISTON_COMPILE_TIMEOUT",
    "compile_cpu_time": "PISTON_COMPILE_CPU_TIME",
}


class PistonExecutor:
    """Runs programs on Piston servers: each on one that answers, the busiest last.

    Args:
        section: the config's group ``code``; its ``endpoints``, or else the variable, name the servers.
        patience: how often, and when, what fails is tried again.
        rest: seconds for which a server that cannot be reached is left out.
    """

    name = "piston"

    def __init__(self, section: Any, patience: Patience | None = None, rest: float = 5.0) -> None:
        from httpx2 import AsyncClient, Limits

        self.patience = patience or Patience()
        endpoints = _endpoints(section.endpoints)
        each = _per_server()
        self._slots = asyncio.Semaphore(section.max_sandboxes or each * len(endpoints))
        most = each if section.max_sandboxes is None else section.max_sandboxes
        self._pool = Pool([Server(endpoint, most) for endpoint in endpoints], rest)
        self._contact = FirstContact(self._pool, _where(section.endpoints), self._list_languages)
        self._http = AsyncClient(limits=Limits(max_connections=None))
        self._counts: Counter[str] = Counter()

    def run(self, batch: Sequence[Program | Interaction]) -> AsyncIterator[tuple[int, Result]]:
        """As `Executor.run`."""
        programs = [(number, *self._checked(work)) for number, work in enumerate(batch)]
        return as_they_end(self._run_one(*each) for each in programs)

    async def close(self) -> None:
        """As `Executor.close`."""
        await self._http.aclose()

    def facts(self) -> Mapping[str, str]:
        """As `Executor.facts`."""
        return {
            "isolation": "Piston's own sandboxes, as its servers are set up",
            "memory limit": "Piston's run_memory_limit",
            "servers": ", ".join(server.endpoint.url for server in self._pool.servers),
        }

    def take_counts(self) -> Mapping[str, int]:
        """Counts since the last call: ``queue_ms`` and ``retries``."""
        counts = dict(self._counts)
        self._counts.clear()
        return counts

    async def cleanup(self, run: str) -> int:
        """As `RemoteExecutor.cleanup`: a sandbox of Piston ends with its request."""
        return 0

    def _checked(self, work: Program | Interaction) -> tuple[Program, Language | None]:
        """The program and its language; r1 need not know one that Piston has a package for.

        Raises:
            R1Error: Piston cannot run it.
        """
        if isinstance(work, Interaction):
            raise _cannot("run interactions, which tasks of type Communication need")
        if work.output_file:
            raise _cannot(f"return the file '{work.output_file}' that a program writes, only its stdout")
        try:
            return work, find_language(work.language)
        except R1Error:
            return work, None

    async def _run_one(self, number: int, program: Program, language: Language | None) -> tuple[int, Result]:
        since = time.monotonic()
        async with self._slots:
            self._counts["queue_ms"] += round(1000 * (time.monotonic() - since))
            await self._contact.made()
            try:
                return number, await self.patience.keep_trying(
                    lambda: self._attempt(program, language), lambda: self._counts.update(retries=1)
                )
            except ExecutionFault as error:
                return number, error

    async def _attempt(self, program: Program, language: Language | None) -> ProgramResult:
        async with self._pool.server() as server:
            if not server.runtimes:
                await self._list_languages(server)
            runtime = _runtime(server, program, language)
            limits = language.limits(program.limits) if language else program.limits
            body = _request(program, language, runtime, limits.cpu_s, limits.wall)
            compiling = 0 if language and not language.compile else _COMPILING_MS / 1000
            longest = limits.wall + compiling + _SPARE
            started = time.monotonic()
            answer = await self._ask(server, "POST", "execute", body, longest)
            return result_of(answer, limits, str(runtime.get("package", "")), time.monotonic() - started)

    async def _list_languages(self, server: Server, connect: float | None = None) -> None:
        server.runtimes = _runtimes(await self._ask(server, "GET", "runtimes", None, _LISTING, connect))

    async def _ask(
        self, server: Server, method: str, path: str, body: Any, seconds: float, connect: float | None = None
    ) -> Any:
        """What a server answers, as JSON.

        Raises:
            NoAnswer: it did not.
            TryAgain: it cannot now.
            R1Error: it refuses the request for a reason that does not pass.
        """
        from httpx2 import ConnectError, ConnectTimeout, HTTPError, Timeout, TimeoutException

        url = f"{server.endpoint.url}/{path}"
        key = server.endpoint.key()
        try:
            # The deadline is for the whole answer, and not for each part of it.
            async with asyncio.timeout(seconds):
                response = await self._http.request(
                    method,
                    url,
                    json=body,
                    timeout=Timeout(None, connect=connect),
                    headers={"authorization": f"Bearer {key}"} if key else {},
                )
        except (ConnectError, ConnectTimeout) as error:
            self._pool.lost(server)
            raise NoAnswer(f"no answer from Piston at {url}: {type(error).__name__}") from error
        except (TimeoutError, TimeoutException) as error:
            raise NoAnswer(f"no answer from Piston at {url} in {seconds:g} s") from error
        except HTTPError as error:
            raise NoAnswer(f"Piston at {url} dropped the connection: {type(error).__name__}") from error
        if response.status_code == 400 and "runtime is unknown" in response.text:
            # Its packages have changed: the next attempt asks which there are.
            server.runtimes = ()
            raise TryAgain(f"Piston at {url} no longer has the runtime {body['language']}")
        if response.status_code != 200:
            raise _refusal(
                response.status_code, response.text, retry_after(response.headers.get("retry-after"))
            )
        try:
            return json.loads(response.text)
        except ValueError as error:
            raise NoAnswer(f"Piston at {url} answered with something that is not JSON") from error


def _endpoints(given: Sequence[str]) -> tuple[Endpoint, ...]:
    """The servers that the config names, or else the variable.

    Raises:
        R1Error: there is none, or an address is wrong.
    """
    where = _where(given)
    value: Any = list(given) or os.environ.get(VARIABLE, "").strip()
    if value in ("slurm", ["slurm"]):
        raise R1Error(
            "the value 'slurm', which makes open-r1 look for jobs named piston-worker-PORT, is not supported",
            where=where,
            fix="name the servers: http://HOST:PORT/api/v2, separated by commas; "
            "`squeue --format '%j %N' --states RUNNING` shows where they run",
        )
    found = parse_endpoints(value, where, variable="PISTON_KEY")
    if not found:
        raise R1Error(
            "the provider piston needs the addresses of its servers",
            where=_WHERE,
            fix=f"name them: --code.endpoints http://HOST:PORT{_API}, as --endpoint in `r1 code check`, or "
            f"export {VARIABLE} with addresses and commas; Piston's public server was closed",
        )
    return tuple(_with_path(endpoint) for endpoint in found)


def _where(given: Sequence[str]) -> str:
    return "code.endpoints" if given else f"variable {VARIABLE}"


def _with_path(endpoint: Endpoint) -> Endpoint:
    plain = re.fullmatch(r"https?://[^/]+", endpoint.url)
    return Endpoint(f"{endpoint.url}{_API}", endpoint.key_env, endpoint.direct) if plain else endpoint


def _per_server() -> int:
    text = os.environ.get(_PER_SERVER, "1").strip() or "1"
    if not text.isdecimal() or int(text) < 1:
        raise R1Error(
            f"'{text}' is not a number of requests",
            where=f"variable {_PER_SERVER}",
            fix="set it to 1 or more",
        )
    return int(text)


def _cannot(what: str) -> R1Error:
    return R1Error(f"the provider piston cannot {what}", where=_WHERE, fix="use --code.provider local")


def _runtimes(answer: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(answer, list) or not all(isinstance(one, dict) and "language" in one for one in answer):
        raise NoAnswer("Piston listed its languages in a way that r1 does not know")
    return answer


def _runtime(server: Server, program: Program, language: Language | None) -> dict[str, Any]:
    """The runtime of a server for a program: what to call it, and the package that it comes from.

    Raises:
        R1Error: the server does not have it, or it would not see the program's files.
    """
    wanted = (
        program.language,
        *(_NAMES.get(language.name, (language.name, *language.aliases)) if language else ()),
    )
    for name in wanted:
        for one in server.runtimes:
            if name == one["language"] or name in one.get("aliases", ()):
                package = str(one.get("runtime") or one["language"])
                if program.files and package in _GCC:
                    raise _cannot(
                        f"run programs in {name} that have files: its package compiles each of them"
                    )
                return {"language": name, "version": "*", "package": package}
    raise R1Error(
        f"Piston at {server.endpoint.url} cannot run programs in {program.language[:40]}",
        where=_WHERE,
        fix=f"install a package for it there: POST {server.endpoint.url}/packages",
        exit_code=1,
    )


def _request(
    program: Program, language: Language | None, runtime: Mapping[str, Any], cpu_s: float, wall_s: float
) -> dict[str, Any]:
    name = language.source_file(program) if language else program.name
    files = [{"name": name, "content": program.source}]
    files += [{"name": file, "content": text} for file, text in program.files.items()]
    return {
        "language": runtime["language"],
        "version": runtime["version"],
        "files": files,
        "stdin": program.stdin,
        "args": list(program.argv),
        "compile_timeout": _COMPILING_MS,
        "run_timeout": round(1000 * wall_s),
        # Piston before 3.2 has one limit, on wall time, and ignores this one.
        "run_cpu_time": round(1000 * cpu_s),
        "run_memory_limit": program.limits.memory_mb << 20,
    }


def _refusal(status: int, text: str, wait: float | None) -> R1Error | TryAgain:
    """What an answer other than 200 means."""
    try:
        message = str(json.loads(text)["message"])
    except (ValueError, LookupError, TypeError):
        message = text
    message = " ".join(message.split())[:300]
    what = f"Piston answered HTTP {status}: {message}"
    if status in (401, 403):
        return R1Error(
            what, where=_WHERE, fix="name the variable with its key: URL,key_env=NAME", exit_code=1
        )
    if limit := _TOO_MUCH.search(message) if status == 400 else None:
        setting = _SETTINGS.get(limit[1], f"PISTON_{limit[1].upper()}")
        fix = f"start Piston with {setting} above the limits of your programs, in milliseconds or bytes"
        return R1Error(what, where=_WHERE, fix=fix, exit_code=1)
    if status in (400, 404, 413, 415, 422):
        fixes = {
            404: f"name the address of Piston's API, up to {_API}",
            413: "start Piston with a larger body limit",
        }
        fix = fixes.get(status, "")
        return R1Error(what, where=_WHERE, fix=fix, exit_code=1)
    return TryAgain(what, wait)
