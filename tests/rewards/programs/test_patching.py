"""Fixing programs for today's languages."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from r1_rewards.programs.patching import add_includes, patch, patch_python

LIMIT = "set_int_max_str_digits"


def outputs(source: str) -> list[str]:
    """What a patched program prints."""
    printed: list[str] = []
    exec(compile(patch_python(source), "patched.py", "exec"), {"print": lambda *a: printed.append(repr(a))})
    return printed


@pytest.mark.parametrize(
    "source",
    [
        # open-r1's patcher made importlib of imp in any text, and broke programs with their own gcd.
        "import importlib\nprint(importlib.import_module('math').pi)",
        "def gcd(a, b):\n    return 'mine'\nprint(gcd(4, 6))",
        "gcd = lambda a, b: 'mine'\nprint(gcd(4, 6))",
        "from math import gcd\nprint(gcd(4, 6))",
        "import math as m\nprint(m.gcd(4, 6))",
        "print('from fractions import gcd', 'import imp', 'os.getlogin()')",
        "important = 5\nprint(important)",
        "class fractions:\n    gcd = 7\nprint(fractions.gcd)",
        "import collections\nprint(collections.Counter('aa')['a'])",
        '"""A text."""\nfrom __future__ import annotations\nprint(__doc__)',
    ],
)
def test_what_runs_today_does_the_same(source: str) -> None:
    printed: list[str] = []
    exec(source, {"print": lambda *a: printed.append(repr(a))})
    assert outputs(source) == printed


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("from fractions import gcd\nprint(gcd(4, 6))", "(2,)"),
        ("from fractions import Fraction, gcd as g\nprint(g(4, 6), Fraction(1, 2))", "(2, Fraction(1, 2))"),
        ("import fractions\nprint(fractions.gcd(4, 6))", "(2,)"),
        ("import fractions as f\nprint(f.gcd(4, 6), f.Fraction(1))", "(2, Fraction(1, 1))"),
        ("from fractions import *\nprint(gcd(4, 6))", "(2,)"),
        ("print(gcd(4, 6))", "(2,)"),
        ("from collections import Mapping, deque\nprint(isinstance({}, Mapping), len(deque()))", "(True, 0)"),
        ("import collections\nprint(isinstance({}, collections.Mapping))", "(True,)"),
        ("import imp\nprint(imp.import_module('math').floor(1.5))", "(1,)"),
        ("import os\nprint(os.getlogin())", "(False,)"),
        ("import array\nprint(array.array('c', [65]))", "(array('b', [65]),)"),
        ("import inspect\nprint(inspect.getargspec(lambda a: a).args)", "(['a'],)"),
        ("print(len(str(10 ** 5000)))", "(5001,)"),
    ],
)
def test_what_has_moved_is_found(source: str, printed: str) -> None:
    assert outputs(source) == [printed]


def test_a_program_that_cannot_be_parsed_stays() -> None:
    for source in ("print 'python 2'", "def f(:", "\0", "(" * 300):
        assert patch_python(source) == source
    assert patch("anything", "javascript") == "anything"
    assert LIMIT not in patch_python(f"import sys\nsys.{LIMIT}(9)\nprint(1)").replace(f"sys.{LIMIT}(9)", "")


@given(st.text(alphabet="importgcdfs \n.,()='\"#:", max_size=60))
def test_what_could_be_parsed_still_can(source: str) -> None:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        assert patch_python(source) == source
    else:
        ast.parse(patch_python(source))


@pytest.mark.parametrize(
    ("source", "added"),
    [
        ("int main() {}", ["#include <bits/stdc++.h>", '#include "task.h"', "using namespace std;"]),
        ("int main() { std::cout; }", ["#include <bits/stdc++.h>", '#include "task.h"']),
        ('#include "task.h"\n#include <bits/stdc++.h>\nusing namespace std;', []),
        ("// std:: using namespace std;\nint main() { puts(\"std::\"); }",
         ["#include <bits/stdc++.h>", '#include "task.h"', "using namespace std;"]),
        ('/* #include "task.h" */\n  #  include <bits/stdc++.h>\nchar q = \'"\'; std::string s;',
         ['#include "task.h"']),
    ],
)  # fmt: skip
def test_missing_includes(source: str, added: list[str]) -> None:
    assert add_includes(source, "task.h") == "".join(f"{line}\n" for line in added) + source


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit", ["/*", "//", 'R"(', '"', "'", "#include <", "\\\n", "import imp\n", "-", "("]
)
def test_hostile_programs_cost_nothing(unit: str) -> None:
    assert add_includes(unit * 50_000).endswith(unit)
    assert patch_python(unit * 50_000)


def test_cpp_gets_the_whole_library_and_no_header() -> None:
    assert patch("int main() {}", "C++") == ("#include <bits/stdc++.h>\nusing namespace std;\nint main() {}")
