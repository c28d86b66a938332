"""Finding the program in a completion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from r1_rewards.programs.extraction import (
    between_last_fences,
    fenced_blocks,
    find_program,
    find_programs,
    language_of,
)

#: Lines without a fence or a tag.
LINES = st.lists(st.text(st.characters(exclude_characters="`~<>\n\r", exclude_categories=["Cs"])), max_size=5)


@given(before=LINES, program=LINES, after=LINES, label=st.sampled_from(["python", "py", "Python3"]))
def test_a_program_comes_back_to_the_letter(
    before: list[str], program: list[str], after: list[str], label: str
) -> None:
    text = "\n".join([*before, f"```{label}", *program, "```", *after])
    assert find_program(text, "python") == "".join(f"{line}\n" for line in program)


@given(st.text(alphabet="`~ \npythoncp+<>/answerk\\'\"#"), st.sampled_from(["python", "cpp", "r"]))
def test_any_text_has_a_program_or_none(text: str, language: str) -> None:
    assert isinstance(find_program(text, language), str)
    assert isinstance(between_last_fences(text), str)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("```python\na\n```\nor\n```python\nb\n```", "b\n"),
        ("```python\na\n```\n```cpp\nb\n```\n```\nc\n```", "a\n"),
        ("<think>\n```python\na\n```\n</think>\nI do not know.", ""),
        ("<think>\n```python\na\n```\nWait,", ""),
        ("```python\na\n```\n</think>\n<answer>\n```python\nb\n```\n</answer>\n```python\nc\n```", "b\n"),
        ("</think>```python\na\n```<answer>as above</answer>", "a\n"),
        ("```python\nprint('<answer>x</answer>')\n```", "print('<answer>x</answer>')\n"),
        ("````python\nprint('''\n```\n''')\n````", "print('''\n```\n''')\n"),
        ("~~~python\na\n~~~", "a\n"),
        ("  ```python title=\"a.py\"\na\n  ```", "a\n"),
        ("```python\na```", "a\n"),
        ("```python\na", ""),
        ("```PY\na\n```", "a\n"),
        ("```pythonic\na\n```", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_last_block_of_the_language_in_the_answer(text: str, program: str) -> None:
    assert find_program(text, "python") == program


def test_thoughts_that_the_template_opens_are_thoughts() -> None:
    cut = "First I try\n```python\na\n```\nbut"
    assert find_programs([cut, cut], ["python"] * 2, None, ["<think>\n", ""]) == ["", "a\n"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["<answer>", "```", "```python\n", "<think>", "~~~ ", "</answer>", "` "])
def test_hostile_completions_cost_nothing(unit: str) -> None:
    assert find_program(unit * 50_000, "python") in ("", "\n") or "python" in unit
    assert between_last_fences(unit * 50_000) is not None


def test_the_names_of_languages() -> None:
    assert [language_of(name) for name in ("C++", "py3", "Cobol")] == ["cpp", "python", "cobol"]
    assert find_program("```c++\na\n```", "cpp") == "a\n"
    assert find_program("```c\na\n```", "cpp") == ""


def test_livecodebench_takes_what_stands_between_the_last_two_fences() -> None:
    assert between_last_fences("```python\na\n```\n```\nb\nc\n``` .") == "b\nc"
    assert between_last_fences("```python\na") == ""


def test_a_block_inside_a_longer_fence_is_text() -> None:
    (block,) = fenced_blocks("````md\n```python\na\n```\n````")
    assert (block.label, block.text) == ("md", "```python\na\n```\n")


@pytest.mark.parametrize("language", ["cpp", "c++", "cpp17", "c++20", "cpp23", "C++", "gnu++17"])
@pytest.mark.parametrize("label", ["cpp", "c++", "cpp17", "C++20", "cc"])
def test_every_standard_of_a_language_finds_its_program(language: str, label: str) -> None:
    assert find_program(f"```{label}\nint main() {{}}\n```\n", language) == "int main() {}\n"


def test_a_standard_stays_where_providers_know_it() -> None:
    names = {"c++20": "cpp20", "cpp17": "cpp", "C++": "cpp", "c17": "c", "Python3": "python", "py": "python"}
    assert {name: language_of(name) for name in names} == names
    assert find_program("```c\nint main() {}\n```", "cpp") == ""
