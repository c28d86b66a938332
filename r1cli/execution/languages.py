"""The languages that programs may be written in: one table."""

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from r1cli.errors import R1Error, did_you_mean
from r1cli.execution.program import ExecutionFault, Program, ProgramLimits

#: What stands for the interpreter that runs Python programs: that of r1, but without its packages.
PYTHON = "{python}"
#: Exit codes by which a shell says that what it was to run does not start.
NOT_STARTED = (126, 127)
_FLAGS = ("-DEVAL", "-DONLINE_JUDGE")
_OPTIMISED = ("-O2", "-pipe", "-s")


@dataclass(frozen=True)
class Language:
    """A language, and how its programs are compiled and run.

    In both lines ``{source}`` is the file of the program, ``{sources}`` all files that are compiled,
    ``{out}`` what the compiler writes, ``{stem}`` the program's name without its extension, and
    ``{memory}`` the limit on memory in MiB.

    Args:
        name: what rows, configs and users call it.
        aliases: what else they call it.
        extension: of its source files.
        executable: what must be installed.
        run: the line that runs a program.
        compile: the line that compiles it; none for an interpreter's language.
        time_factor: the limit on CPU time is multiplied by it.
        name_of: the name that the compiler requires of a source file, without its extension.
        folder: ``{out}`` is a folder.
        reserves: its runtime reserves far more address space than it uses.
    """

    name: str
    aliases: Sequence[str]
    extension: str
    executable: str
    run: Sequence[str]
    compile: Sequence[str] = ()
    time_factor: float = 1.0
    name_of: Callable[[str], str | None] = field(default=lambda source: None)
    folder: bool = False
    reserves: bool = False

    def is_installed(self) -> bool:
        """Whether this machine can run its programs."""
        return self.executable == PYTHON or shutil.which(self.executable) is not None

    def source_file(self, program: Program) -> str:
        """The relative name of a program's source file."""
        path = PurePosixPath(program.name)
        required = self.name_of(program.source)
        return str(path.with_name((required or path.name) + self.extension))

    def limits(self, given: ProgramLimits) -> ProgramLimits:
        """The limits of a program in this language: the given ones, with more time where it is slow."""
        if self.time_factor == 1.0:
            return given
        wall = given.wall_s and given.wall_s * self.time_factor
        return replace(given, cpu_s=given.cpu_s * self.time_factor, wall_s=wall)


def _c_family(name: str, *aliases: str, standard: str) -> Language:
    compiler = "gcc" if name == "c" else "g++"
    line = (compiler, *_FLAGS, f"-std={standard}", *_OPTIMISED, "-I.", "-o", "{out}", "{sources}", "-lm")
    extension = ".c" if name == "c" else ".cpp"
    return Language(name, aliases, extension, compiler, ("{out}",), line)


def _public_class(source: str) -> str | None:
    found = re.search(r"^\s*public\s+(?:final\s+|abstract\s+)*class\s+(\w+)", source, re.MULTILINE)
    if found:
        return found[1]
    # Without a public one, the class that precedes main has it.
    before = re.search(r"\bstatic\s+(?:public\s+)?void\s+main\b", source)
    classes = re.findall(r"\bclass\s+(\w+)", source[: before.start()] if before else source)
    return str(classes[-1]) if classes else "Main"


LANGUAGES = (
    Language("python", ("python3", "py"), ".py", PYTHON, (PYTHON, "{source}"), time_factor=3.0),
    _c_family("c", "c17", standard="gnu17"),
    _c_family("cpp", "c++", "cpp17", "c++17", "cc", standard="gnu++17"),
    _c_family("cpp11", "c++11", standard="gnu++11"),
    _c_family("cpp14", "c++14", standard="gnu++14"),
    _c_family("cpp20", "c++20", standard="gnu++20"),
    _c_family("cpp23", "c++23", standard="gnu++23"),
    Language(
        "javascript", ("js", "node"), ".js", "node", ("node", "{source}"), time_factor=2.0, reserves=True
    ),
    Language("bash", ("sh", "shell"), ".sh", "bash", ("bash", "{source}"), time_factor=3.0),
    Language(
        "java", (), ".java", "javac",
        ("java", "-Xmx{memory}m", "-Xss64m", "-XX:+UseSerialGC", "-cp", "{out}", "{stem}"),
        ("javac", "-encoding", "UTF-8", "-d", "{out}", "{sources}"),
        time_factor=2.0, name_of=_public_class, folder=True, reserves=True,
    ),
    Language("rust", ("rs",), ".rs", "rustc", ("{out}",), ("rustc", "-O", "-o", "{out}", "{source}")),
    Language("perl", ("pl",), ".pl", "perl", ("perl", "{source}"), time_factor=3.0),
)  # fmt: skip

_BY_NAME = {name: row for row in LANGUAGES for name in (row.name, *row.aliases)}


def known_language(name: str) -> Language | None:
    """The language that a name means, whatever its case; None if there is none."""
    return _BY_NAME.get(name.strip().lower())


def find_language(name: str) -> Language:
    """The language that a name means.

    Raises:
        R1Error: it is unknown.
    """
    found = known_language(name)
    if found is None:
        known = [row.name for row in LANGUAGES]
        fix = did_you_mean(name, list(_BY_NAME), f"known are {', '.join(known)}")
        raise R1Error(f"unknown programming language '{name[:40]}'", fix=fix)
    return found


def time_factor(name: str) -> float:
    """What the limit on CPU time of a program in this language is multiplied by.

    A reward whose limit is meant as it stands divides by it.

    Raises:
        ValueError: the language is unknown.
    """
    found = known_language(name)
    if found is None:
        raise ValueError(f"unknown programming language '{name[:40]}'")
    return found.time_factor


def installed_language(name: str) -> Language:
    """The language that a name means, if this machine can run its programs.

    Raises:
        R1Error: it is unknown.
        ExecutionFault: its toolchain is not installed.
    """
    found = find_language(name)
    if not found.is_installed():
        raise cannot_run(found, f"{found.executable} is not installed")
    return found


def cannot_run(language: Language, why: str) -> ExecutionFault:
    """The fault of programs whose language this machine lacks: others of the same batch do run."""
    return ExecutionFault(
        f"programs in {language.name} cannot run here: {why}; "
        f"install {language.executable} with the system's packages, "
        "or name another provider: --code.provider piston"
    )


def fill(line: Sequence[str], words: dict[str, str], sources: Sequence[str] = ()) -> list[str]:
    """A compile line or a run line with its words put in."""
    filled: list[str] = []
    for part in line:
        filled += sources if part == "{sources}" else [part.format_map(words)]
    return filled


def python_executable() -> str:
    """The interpreter behind r1's own: not the virtual environment's, whose packages are r1's."""
    import os

    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))
