"""What is compiled, once for all runs of the same source."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from r1cli.execution.languages import NOT_STARTED, Language, cannot_run, fill
from r1cli.execution.program import Program, ProgramLimits, ProgramResult, ProgramVerdict

#: What a compiler may use.
LIMITS = ProgramLimits(cpu_s=30, wall_s=60, memory_mb=1536, output_kb=64 * 1024, processes=64)
_HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".tcc")
#: Bytes of compiled programs that are kept.
_KEPT = 256 << 20
_OUT = "./.compiled"
# The last words of the script are the compile line; what it made is sent through standard output.
_FILE = 'o=$1; shift; "$@" >&2 && cat -- "$o"'
_FOLDER = 'o=$1; shift; mkdir "$o" && "$@" >&2 && jar --create --file "$o.jar" -C "$o" . >&2 && cat "$o.jar"'

Build = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
#: Runs a request; for the first time, or again.
Attempt = Callable[[bool], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Artifact:
    """A compiled program.

    Args:
        key: the same for programs that compile to the same.
        content: the executable.
    """

    key: str
    content: bytes


class Compiler:
    """Compiles programs and keeps the result.

    Args:
        build: runs a request in a sandbox.
    """

    def __init__(self, build: Build) -> None:
        self._build = build
        self._running: dict[str, asyncio.Task[Artifact | ProgramResult]] = {}
        self._made: OrderedDict[str, Artifact | ProgramResult] = OrderedDict()
        self._size = 0

    async def artifact(self, program: Program, language: Language) -> Artifact | ProgramResult:
        """The compiled program, or the result that says why there is none.

        Raises:
            ExecutionFault: the machine failed, or its compiler does not start.
        """
        files = _files(program, language)
        key = _key(language, language.source_file(program), files)
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        if key not in self._running:
            self._running[key] = asyncio.ensure_future(self._compile(key, program, language, files))
            self._running[key].add_done_callback(lambda task: self._keep(key, task))
        # Others may wait for the same: one of them that gives up does not end it.
        return await asyncio.shield(self._running[key])

    def cancel(self) -> None:
        """Ends what is being compiled."""
        for task in list(self._running.values()):
            task.cancel()

    async def _compile(
        self, key: str, program: Program, language: Language, files: Mapping[str, str]
    ) -> Artifact | ProgramResult:
        first = language.source_file(program)
        others = sorted(name for name in files if name.endswith(language.extension) and name != first)
        line = fill(language.compile, {"source": first, "out": _OUT}, [first, *others])
        script = _FOLDER if language.folder else _FILE
        request = {"line": ["/bin/sh", "-c", script, "compile", _OUT, *line], "wide": True}
        encoded = {name: text.encode(errors="surrogateescape") for name, text in files.items()}
        found = await self._build({**request, "files": encoded, "stdin": b""})
        if found["verdict"] == "OK":
            return Artifact(key, found["stdout"])
        why = {"TLE": "takes too long", "MLE": "needs too much memory", "OLE": "is too large"}
        text = found["stderr"].decode(errors="replace")
        if found["exit_code"] in NOT_STARTED:
            raise cannot_run(language, f"the compiler does not start ({text.strip()[-200:]})")
        if found["verdict"] in why:
            text = f"compiling {why[found['verdict']]}\n{text}"
        return ProgramResult(ProgramVerdict.CE, stderr=text, exit_code=found["exit_code"])

    def _keep(self, key: str, task: "asyncio.Task[Artifact | ProgramResult]") -> None:
        self._running.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        self._made[key] = task.result()
        self._size += _size(task.result())
        while self._size > _KEPT and len(self._made) > 1:
            self._size -= _size(self._made.popitem(last=False)[1])


def _size(made: Artifact | ProgramResult) -> int:
    return len(made.content) if isinstance(made, Artifact) else len(made.stderr)


def _files(program: Program, language: Language) -> dict[str, str]:
    """The files that the compiler sees: the source, others of the language, headers."""
    wanted = (language.extension, *_HEADERS)
    files = {name: text for name, text in program.files.items() if name.endswith(wanted)}
    return {**files, language.source_file(program): program.source}


def _key(language: Language, first: str, files: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for part in (language.name, first, *(part for pair in sorted(files.items()) for part in pair)):
        encoded = part.encode(errors="surrogatepass")
        digest.update(len(encoded).to_bytes(8) + encoded)
    return digest.hexdigest()
