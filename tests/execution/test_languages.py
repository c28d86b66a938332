"""The table of languages."""

import pytest

from r1cli.errors import R1Error
from r1cli.execution import languages
from r1cli.execution.languages import (
    LANGUAGES,
    fill,
    find_language,
    installed_language,
    known_language,
)
from r1cli.execution.program import ExecutionFault, Program, ProgramLimits


def test_no_two_rows_share_a_name() -> None:
    names = [name for row in LANGUAGES for name in (row.name, *row.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "row"),
    [("Python3", "python"), ("C++", "cpp"), ("c++17", "cpp"), (" js ", "javascript"), ("sh", "bash")],
)
def test_names_and_their_other_names(name: str, row: str) -> None:
    assert find_language(name).name == row


def test_unknown_and_missing_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert known_language("cobol") is None
    with pytest.raises(R1Error) as unknown:
        find_language("pyton")
    assert "python" in unknown.value.fix
    monkeypatch.setattr(languages.shutil, "which", lambda name: None)
    assert installed_language("python").name == "python"
    with pytest.raises(ExecutionFault, match=r"g\+\+ is not installed"):
        installed_language("cpp")


def test_lines_are_filled() -> None:
    row = find_language("cpp")
    line = fill(row.compile, {"out": "o"}, ["a.cpp", "b.cpp"])
    assert line[0] == "g++"
    assert line[-5:] == ["-o", "o", "a.cpp", "b.cpp", "-lm"]
    assert {"-DEVAL", "-DONLINE_JUDGE", "-std=gnu++17", "-O2", "-pipe", "-s"} <= set(line)


def test_slow_languages_have_more_time() -> None:
    given = ProgramLimits(cpu_s=1, wall_s=2)
    assert find_language("cpp").limits(given) is given
    slow = find_language("python").limits(given)
    assert (slow.cpu_s, slow.wall_s) == (3, 6)
    assert find_language("python").limits(ProgramLimits(cpu_s=1)).wall == 8


MAIN = "public static void main(String[] a) {}"


@pytest.mark.parametrize(
    ("source", "name", "file"),
    [
        (f"public class Solution {{ {MAIN} }}", "program", "Solution.java"),
        (f"class A {{ {MAIN} }}", "a/b", "a/A.java"),
        (f"class Helper {{}}\nclass B {{ {MAIN} }}\nclass C {{}}", "program", "B.java"),
        ("interface Nothing {}", "program", "Main.java"),
    ],
)
def test_a_java_program_is_named_by_the_class_with_main(source: str, name: str, file: str) -> None:
    assert find_language("java").source_file(Program(source, "java", name=name)) == file
