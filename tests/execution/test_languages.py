"""The table of languages."""

import pytest

from r1cli.execution.languages import find_language
from r1cli.execution.program import Program

MAIN = "public static void main(String[] a) {}"


@pytest.mark.parametrize(
    ("source", "file"),
    [
        (f"public class Solution {{ {MAIN} }}", "Solution.java"),
        (f"class A {{ {MAIN} }}", "A.java"),
        (f"class Helper {{}}\nclass B {{ {MAIN} }}\nclass C {{}}", "B.java"),
        ("interface Nothing {}", "Main.java"),
    ],
)
def test_a_java_program_is_named_by_the_class_with_main(source: str, file: str) -> None:
    assert find_language("java").source_file(Program(source, "java")) == file
