"""A program to run, its limits, and its result."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from r1cli.execution.file_names import check_file_name


class ProgramVerdict(StrEnum):
    """The result of a program, or of a test case.

    A provider gives the first six. The others come from comparing an output with the expected one, or from a
    completion whose program was not run.
    """

    OK = "OK"
    """It ended by itself with exit code 0."""
    TLE = "TLE"
    """It passed its limit on CPU or wall time."""
    MLE = "MLE"
    """It passed its limit on memory."""
    OLE = "OLE"
    """It wrote more than its limit on output."""
    RE = "RE"
    """It ended with another exit code, or by a signal."""
    CE = "CE"
    """It could not be compiled."""
    AC = "AC"
    """The output is right."""
    PA = "PA"
    """The output earns a part of the points."""
    WA = "WA"
    """The output is wrong."""
    NO_CODE = "NO_CODE"
    """The completion has no program."""
    SKIPPED = "SKIPPED"
    """It was not run, because an earlier test had decided the result."""


@dataclass(frozen=True)
class ProgramLimits:
    """What a program may use, with everything that it starts.

    Args:
        cpu_s: seconds of CPU time, of all its processes together, before the language's time factor.
        wall_s: seconds of wall time; None: twice the CPU time, and 2 s.
        memory_mb: MiB of memory, of all its processes together.
        output_kb: KiB that it may write to stdout and stderr together; also the most in its files, in MiB.
        processes: processes and threads at a time.
    """

    cpu_s: float = 10.0
    wall_s: float | None = None
    memory_mb: int = 512
    output_kb: int = 16 * 1024
    processes: int = 64

    def __post_init__(self) -> None:
        for name in ("cpu_s", "wall_s", "memory_mb", "output_kb", "processes"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"the limit {name} must be above 0, not {value}")

    @property
    def wall(self) -> float:
        """Seconds of wall time."""
        return 2 * self.cpu_s + 2 if self.wall_s is None else self.wall_s


@dataclass(frozen=True)
class Program:
    """A program and its input. Programs alike except for stdin, argv and limits are compiled once.

    Args:
        source: its text.
        language: a name of `r1cli.execution.languages`: python, cpp, c, javascript, bash, ...
        stdin: what it reads from standard input.
        files: files in its working directory, by relative name. Those with the language's extension are
            compiled with the source, and headers are found.
        argv: words of its command line.
        limits: what it may use.
        name: the file of the source, without its extension; it may be in a folder.
        output_file: the file that is read as its output instead of stdout.

    Raises:
        ValueError: a file's name is absolute, has ``..`` or control characters, or is too long.
    """

    source: str
    language: str
    stdin: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    argv: Sequence[str] = ()
    limits: ProgramLimits = ProgramLimits()
    name: str = "program"
    output_file: str = ""

    def __post_init__(self) -> None:
        for name in (*self.files, self.name, *([self.output_file] if self.output_file else [])):
            check_file_name(name)

    def key(self) -> Hashable:
        """The same for programs that do the same."""
        files = tuple(sorted(self.files.items()))
        return (self.source, self.language, self.stdin, files, tuple(self.argv), self.limits, self.name,
                self.output_file)  # fmt: skip


@dataclass(frozen=True)
class ProgramResult:
    """The result of a program.

    Args:
        verdict: OK, TLE, MLE, OLE, RE or CE.
        stdout: what it wrote, or its output file; cut at the limit. Bytes that are not UTF-8 are replaced.
        stderr: also what the compiler wrote.
        exit_code: negative for a signal; None where it was stopped at a limit or never started.
        cpu_s: seconds of CPU time of all its processes.
        wall_s: seconds of wall time, without the compilation.
        peak_mb: MiB of memory at its peak; None where the provider does not say.
    """

    verdict: ProgramVerdict
    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = None
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float | None = None


@dataclass(frozen=True)
class Interaction:
    """A manager and players that run at the same time, each in its own sandbox, joined by pipes.

    This is how CMS runs tasks of type Communication: the manager's command line names, for each player, the
    pipe from the player and the pipe to it. With ``fifo_io`` a player's command line names the pipe to it and
    the pipe from it, and its number from 0 where there are several; with ``std_io`` they are its stdin and
    stdout. The manager reads the test's input from its stdin, and writes the score to stdout.

    Args:
        manager: trusted by the task, not by r1.
        players: the submission, once for each process.
        channel: ``fifo_io`` or ``std_io``.
    """

    manager: Program
    players: Sequence[Program]
    channel: str = "fifo_io"

    def key(self) -> Hashable:
        """The same for interactions that do the same."""
        return (self.manager.key(), tuple(player.key() for player in self.players), self.channel)


@dataclass(frozen=True)
class InteractionResult:
    """The result of an interaction."""

    manager: ProgramResult
    players: Sequence[ProgramResult]


class ExecutionFault(Exception):
    """The machine, the network or the provider failed, so that nothing is known of the program.

    A reward returns it in the completion's place: the row is masked, and never scored as wrong.
    """


class NotJudged(Exception):
    """A budget was used up before anything was known of the program.

    A reward returns it in the completion's place: the row is masked like that of a fault, is counted apart,
    and never ends a run.
    """
