"""Programs whose verdicts are known, for ``r1 code check``: they show what a provider does."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from r1cli.execution.executor import Executor
from r1cli.execution.languages import LANGUAGES
from r1cli.execution.program import ExecutionFault, Program, ProgramLimits, ProgramResult
from r1cli.execution.program import ProgramVerdict as Verdict

_LIMITS = ProgramLimits(cpu_s=1.0, wall_s=5.0, memory_mb=256, output_kb=256)
_GENEROUS = ProgramLimits(cpu_s=5.0, wall_s=20.0, memory_mb=1024, output_kb=1024)
#: Adds two numbers, in each language.
_SUMS = {
    "python": "print(sum(map(int, input().split())))",
    "c": '#include <stdio.h>\nint main(){int a,b;scanf("%d%d",&a,&b);printf("%d\\n",a+b);}',
    "cpp": "#include <iostream>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a+b<<std::endl;}",
    "javascript": "const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b)",
    "bash": "read a b; echo $((a+b))",
    "java": "import java.util.*;public class Main{public static void main(String[] x){var s=new Scanner("
    "System.in);System.out.println(s.nextInt()+s.nextInt());}}",
    "rust": "use std::io::*;fn main(){let mut s=String::new();stdin().read_to_string(&mut s).unwrap();"
    'println!("{}",s.split_whitespace().map(|x|x.parse::<i64>().unwrap()).sum::<i64>());}',
    "perl": "my ($a,$b)=split ' ', <STDIN>; print $a+$b, qq{\\n};",
}
_NETWORK = """import socket
try:
    socket.create_connection(("1.1.1.1", 53), timeout=2)
    print("reached")
except OSError:
    print("none")
"""
_FILES = """import os
looked = ("/etc/shadow", "/root/.ssh", "/root/.bashrc", "/home", "/var/log")
seen = [path for path in looked if os.path.exists(path)]
print(*seen or ["none"])
"""
_MEMORY = "data = bytearray()\nwhile True:\n    data += bytes(1 << 24)\n"


@dataclass(frozen=True)
class KnownProgram:
    """A program, and the expected result.

    Args:
        name: what it does.
        program: it.
        verdicts: those that are right.
        stdout: what it prints, without blanks around; None: whatever.
    """

    name: str
    program: Program
    verdicts: Sequence[Verdict]
    stdout: str | None = None

    def fits(self, result: ProgramResult | ExecutionFault) -> bool:
        """Whether this is the expected result."""
        if isinstance(result, ExecutionFault):
            return False
        return result.verdict in self.verdicts and self.stdout in (None, result.stdout.strip())


def known_programs(*, local: bool) -> list[KnownProgram]:
    """The programs for this machine, in its languages; or for a service, which may have a network."""
    nothing = "none" if local else None
    sums = [
        KnownProgram(f"sum in {row.name}", Program(_SUMS[row.name], row.name, "2 40", limits=_LIMITS),
                     (Verdict.OK,), "42")
        for row in LANGUAGES if row.name in _SUMS and (row.is_installed() or not local)
    ]  # fmt: skip
    return [
        # Java reserves more.
        *(replace(one, program=replace(one.program, limits=_GENEROUS)) for one in sums),
        _python("fails", "raise SystemExit(3)", Verdict.RE),
        _python("crashes", "import ctypes; ctypes.string_at(0)", Verdict.RE),
        _python("loops", "while True: pass", Verdict.TLE),
        _python("sleeps", "import time; time.sleep(60)", Verdict.TLE),
        _python("eats memory", _MEMORY, Verdict.MLE, Verdict.RE),
        _python("prints without end", "while True: print('x' * 1000)", Verdict.OLE),
        _python("calls the network", _NETWORK, Verdict.OK, stdout=nothing),
        _python("reads files of the machine", _FILES, Verdict.OK, stdout=nothing),
        KnownProgram("does not compile", Program("int main( {", "c", limits=_LIMITS), (Verdict.CE,)),
    ]  # fmt: skip


async def check(
    executor: Executor, programs: Sequence[KnownProgram]
) -> list[tuple[KnownProgram, ProgramResult | ExecutionFault]]:
    """Runs the programs, and reports the result of each, in their order."""
    found: dict[int, ProgramResult | ExecutionFault] = {}
    async for number, result in executor.run([one.program for one in programs]):
        assert isinstance(result, ProgramResult | ExecutionFault)
        found[number] = result
    missing = ExecutionFault("the provider gave no result")
    return [(one, found.get(number, missing)) for number, one in enumerate(programs)]


async def rate(executor: Executor, count: int) -> float:
    """Executions a second of tiny Python programs."""
    batch = [Program(f"print({number})", "python") for number in range(count)]
    began = time.monotonic()
    async for _, result in executor.run(batch):
        if isinstance(result, ExecutionFault):
            raise result
    return count / (time.monotonic() - began)


def _python(name: str, source: str, *verdicts: Verdict, stdout: str | None = None) -> KnownProgram:
    return KnownProgram(name, Program(source, "python", limits=_LIMITS), verdicts, stdout)
