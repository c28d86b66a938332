"""What is sent to `remote_runner` for a program, and what it answers."""

import base64
import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from r1_code_providers.patience import TryAgain
from r1cli import Language, Program, ProgramResult, ProgramVerdict, R1Error, find_language

#: Seconds that the compiler may take.
COMPILING = 60.0
_OUT = "program.out"
# What the compiler reads beside the sources.
_HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inc", ".tpp", ".inl")


@dataclass(frozen=True)
class RemoteJob:
    """One program for a sandbox.

    Args:
        program: what runs.
        language: its language.
    """

    program: Program
    language: Language

    @classmethod
    def of(cls, program: Program) -> "RemoteJob":
        """
        Raises:
            R1Error: the language is unknown.
        """
        return cls(program, find_language(program.language))

    @property
    def seconds(self) -> float:
        """How long it may take in the sandbox, with its compilation."""
        wall = self.language.limits(self.program.limits).wall
        return wall + 10.0 + (COMPILING if self.language.compile else 0.0)

    def sources(self) -> dict[str, str]:
        """The files that the compiler sees; for an interpreter, the source alone."""
        read = (self.language.extension, *_HEADERS) if self.language.compile else ()
        files = {name: text for name, text in self.program.files.items() if name.endswith(read)}
        return {**files, self.language.source_file(self.program): self.program.source}

    def build_key(self) -> str:
        """The same for programs that are compiled alike."""
        text = json.dumps([self.language.name, sorted(self.sources().items())])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def encoded(self, mark: str) -> str:
        """The job as `remote_runner` reads it."""
        program, sources = self.program, self.sources()
        source = self.language.source_file(program)
        compiled = [source, *sorted(name for name in sources if name.endswith(self.language.extension)
                                    and name != source)]  # fmt: skip
        limits = self.language.limits(program.limits)
        job = {
            "mark": mark,
            "key": self.build_key(),
            "sources": sources,
            "compile": _filled(self.language.compile, program, source, compiled, _OUT),
            "run": [*_filled(self.language.run, program, source, [], f"./{_OUT}"), *program.argv],
            "files": dict(program.files),
            "stdin": program.stdin,
            "output_file": program.output_file,
            "limits": {**asdict(limits), "wall_s": limits.wall},
        }
        return base64.b64encode(zlib.compress(json.dumps(job).encode())).decode()


def _filled(line: Any, program: Program, source: str, compiled: list[str], out: str) -> list[str]:
    """A compile line or a run line of a `Language` with its words put in."""
    stem = PurePosixPath(source).stem
    words = {
        "{source}": source, "{stem}": stem, "{out}": out, "{memory}": str(program.limits.memory_mb),
        "{python}": "{python}",
    }  # fmt: skip
    filled: list[str] = []
    for part in line:
        text = str(part)
        for name, value in words.items():
            text = text.replace(name, value)
        filled += compiled if text == "{sources}" else [text]
    return filled


def new_mark() -> str:
    """What a result begins with: no program can know it."""
    return f"r1-result-{secrets.token_hex(16)}:"


@cache
def runner() -> str:
    """The text of `remote_runner`."""
    return Path(__file__).with_name("remote_runner.py").read_text(encoding="utf-8")


def result_in(text: str, mark: str, provider: str, language: Language) -> ProgramResult:
    """The result in what the runner has printed.

    Raises:
        TryAgain: there is none, or the sandbox was at fault.
        R1Error: the sandbox cannot run the language.
    """
    line = next((line for line in reversed(text.splitlines()) if line.startswith(mark)), "")
    try:
        found = json.loads(zlib.decompress(base64.b64decode(line.removeprefix(mark), validate=True)))
        if isinstance(found, dict) and "missing" in found:
            raise R1Error(
                f"{provider} cannot run programs in {language.name}: {found['missing']} is missing there",
                where=f"code.provider {provider}",
                fix="choose another --code.provider, or another language",
                exit_code=1,
            )
        if "fault" in found:
            raise TryAgain(f"{provider}: {found['fault']}")
        return _result(found)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise TryAgain(f"{provider} returned no result of the program: {text[-200:]!r}") from error


def _result(found: Mapping[str, Any]) -> ProgramResult:
    return ProgramResult(
        ProgramVerdict(found["verdict"]),
        str(found["stdout"]),
        str(found["stderr"]),
        found["exit_code"],
        float(found["cpu_s"]),
        float(found["wall_s"]),
        float(found["peak_mb"]),
    )
