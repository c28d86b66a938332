# ruff: noqa: E501 - programs have long lines
"""Tasks with graders, managers and checkers, built and run in the sandbox of this machine."""

import asyncio
import shutil
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from r1_rewards.programs.codeforces import cf_code
from r1_rewards.programs.ioi import ioi_code
from r1_rewards.programs.livecodebench import lcb_code
from r1_rewards.programs.verified import code

from r1cli import ExecutionFault
from r1cli.execution import languages
from r1cli.execution.current import close_executor
from tests.rewards.programs.conftest import in_block

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not (shutil.which("bwrap") and shutil.which("g++")), reason="needs bubblewrap and g++"
    ),
]

GRADER = """
#include "sum.h"
#include <cstdio>
int main() { int a, b; scanf("%d %d", &a, &b); printf("%d\\n", sum(a, b)); }
"""
#: Half of the points for an answer that is off by one.
CHECKER = """
#include <cstdio>
#include <cstdlib>
int main(int argc, char** argv) {
  int right, found;
  if (fscanf(fopen(argv[2], "r"), "%d", &right) != 1 || fscanf(fopen(argv[3], "r"), "%d", &found) != 1) {
    puts("0"); return 0;
  }
  int off = abs(right - found);
  fprintf(stderr, "off by %d\\n", off);
  puts(off == 0 ? "1.0" : off == 1 ? "0.5" : "0.0");
}
"""
#: Thinks of a number; the players are asked for bounds in turn.
MANAGER = """
#include <cstdio>
#include <cstdlib>
#include <csignal>
int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  int secret; if (scanf("%d", &secret) != 1) return 1;
  FILE* out = fopen(argv[2], "w"); FILE* in = fopen(argv[1], "r");
  fprintf(out, "%d\\n", 100); fflush(out);
  int guess, asked = 0;
  while (fscanf(in, "%d", &guess) == 1 && ++asked <= 7) {
    fprintf(out, "%d\\n", guess < secret ? 1 : guess > secret ? -1 : 0); fflush(out);
    if (guess == secret) { puts("1.0"); return 0; }
  }
  puts("0.0"); fprintf(stderr, "too many questions\\n");
}
"""
STUB = """
#include "guess.h"
#include <cstdio>
#include <cstdlib>
static FILE *in, *out;
int ask(int guess) {
  fprintf(out, "%d\\n", guess); fflush(out);
  int said; if (fscanf(in, "%d", &said) != 1) exit(0);
  return said;
}
int main(int argc, char** argv) {
  in = fopen(argv[1], "r"); out = fopen(argv[2], "w");
  int most; if (fscanf(in, "%d", &most) != 1) exit(0);
  play(most);
}
"""
HALVES = '#include "guess.h"\nvoid play(int n) { int a = 1, b = n; for (;;) { int m = (a + b) / 2, s = ask(m); if (!s) return; s > 0 ? a = m + 1 : b = m - 1; } }'
STEPS = '#include "guess.h"\nvoid play(int n) { for (int i = 1; i <= n; i++) if (!ask(i)) return; }'


def run(scores: Awaitable[list[Any]]) -> list[Any]:
    async def and_close() -> list[Any]:
        try:
            return await scores
        finally:
            await close_executor()

    return asyncio.run(and_close())


def columns(size: int, **values: Any) -> dict[str, list[Any]]:
    return {name: [value] * size for name, value in values.items()}


def test_a_batch_task_with_a_grader_and_a_checker() -> None:
    programs = [
        "int sum(int a, int b) { return a + b; }",
        "int sum(int a, int b) { return a + b + (a == 2); }",
        "int sum(int a, int b) { for (;;) ; }",
        "int sum(int a, int b) { return a +; }",
        # What the submission writes is not what the checker reads.
        "#include <cstdlib>\nint sum(int a, int b) { system(\"mkdir -p checker; echo 'int main(){puts(1.0);}' > checker/checker.cpp; echo 0 > correct_output.txt\"); return 0; }",
    ]
    logged: dict[str, Any] = {}
    row = columns(
        len(programs), id="Sum", test_names=["1", "2"], test_cases=[["1 5", "6"], ["2 5", "7"]],
        grader_files=[["graders/grader.cpp", GRADER], ["graders/sum.h", "int sum(int, int);\n"],
                      ["checker/checker.cpp", CHECKER]],
        time_limit=0.5, memory_limit=256 << 20,
    )  # fmt: skip
    completions = [in_block(program, "cpp") for program in programs]
    scores = run(
        ioi_code(completions, **row, log_extra=logged.__setitem__, test_batch_size=-1, add_includes=False)
    )
    assert scores == [1.0, 0.5, 0.0, 0.0, 0.0]
    verdicts = logged["ioi_code_verdict"]
    assert verdicts[1] == "AC 1/2, PA at test 2: off by 1"
    assert "TLE at test 1" in verdicts[2] and verdicts[3].startswith("CE: ") and "error" in verdicts[3]


def test_a_task_of_two_programs_that_talk() -> None:
    logged: dict[str, Any] = {}
    row = columns(
        3, id="guess", test_names=["1", "2"], test_cases=[["3", ""], ["77", ""]], task_type="Communication",
        grader_files=[["graders/manager.cpp", MANAGER], ["graders/stub.cpp", STUB],
                      ["graders/guess.h", "int ask(int);\nvoid play(int);\n"]],
        time_limit=0.5, memory_limit=256 << 20,
    )  # fmt: skip
    completions = [
        in_block(each, "cpp") for each in (HALVES, STEPS, "#include <cstdlib>\nvoid play(int n) { abort(); }")
    ]
    scores = run(
        ioi_code(completions, **row, log_extra=logged.__setitem__, test_batch_size=-1, add_includes=False)
    )
    assert scores == [1.0, 0.0, 0.0], logged
    assert logged["ioi_code_verdict"][1].startswith("AC 1/2, WA at test 2: too many questions")
    assert "RE at test 1" in logged["ioi_code_verdict"][2]


def test_a_checker_in_cpp_with_the_user_s_header(tmp_path: Path) -> None:
    header = tmp_path / "testlib.h"
    header.write_text(
        "#include <fstream>\n#include <cstdlib>\ninline int read(char* p) { std::ifstream s(p); int v = 99; s >> v; return v; }\n"
    )
    checker = '#include "testlib.h"\nint main(int, char** a) { int out = read(a[2]), ans = read(a[3]);\n' \
              "if (ans == 99) return 3; return abs(out) == abs(ans) ? 0 : 1; }"  # fmt: skip
    programs = [
        "print(-int(input()))",
        "print(int(input()) + 1)",
        "import os\nos.remove('answer.txt')\nprint(1)",
    ]
    row = columns(3, id="1/A", test_cases=[{"input": "4", "output": "4"}, {"input": "5", "output": "5"}],
                  checker=checker, time_limit=1.0, memory_limit=256)  # fmt: skip
    completions = [in_block(program) for program in programs]
    assert run(
        cf_code(completions, **row, language=["python"] * 3, testlib=str(header), scoring_mode="partial")
    ) == [1.0, 0.0, 0.0]


def test_a_program_that_reads_and_writes_files() -> None:
    completions = [in_block("open('output.txt', 'w').write(open('input.txt').read())"), in_block("print(1)")]
    row = columns(2, id="1/A", official_tests=[{"input": "1", "output": "1"}], input_mode="file")
    assert run(cf_code(completions, **row, language=["python"] * 2, scoring_mode="pass_fail")) == [1.0, 0.0]


def test_livecodebench_in_the_sandbox() -> None:
    tests = '[{"input": "[1, 2]", "output": "3", "testtype": "functional"}]'
    completions = [f"```python\n{each}\n```" for each in ("def f(a): return sum(a)", "def f(a): return None")]
    row = columns(2, public_test_cases=tests, private_test_cases="", metadata='{"func_name": "f"}')
    assert run(lcb_code(completions, **row)) == [1.0, 0.0]


def test_a_missing_language_leaves_the_other_rows_their_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(languages.shutil, "which", lambda name: None if name == "rustc" else which(name))
    rows = [("rust", 'fn main() { println!("1"); }'), ("python", "print(1)"), ("python", "print(2)")]
    case = {"input": "", "output": "1", "type": "stdin_stdout"}
    missing, right, wrong = run(
        code(
            [in_block(source, language) for language, source in rows],
            [{"language": language, "test_cases": [case]} for language, _ in rows],
        )
    )
    assert isinstance(missing, ExecutionFault) and "rustc is not installed" in str(missing)
    assert (right, wrong) == (1.0, 0.0)
