"""The words that users and contributors read: help, messages, docstrings, comments and documents.

Each rule is a phrase that puzzles a reader, and what to write in its place. Identifiers are not searched, nor
are strings of a single word, which are keys and names.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import REPOSITORY


class Rule(NamedTuple):
    """A pattern that must not occur, what to write instead, and a text that the pattern has to find."""

    pattern: str
    instead: str
    example: str


_BE = r"(?:is|are|was|were|be|been)"
_COMPARATIVE = r"longer|more|fewer|less|better|worse|larger|smaller|slower|faster"

RULES = (
    Rule(r"\bmend(?:s|ed|ing)?\b", "fix", "how to mend it"),
    Rule(r"\bat second (?:0|zero)\b", "before anything loads", "found at second 0"),
    Rule(
        r"\b(?:it|that|which|r1|run|preset|model|reward|server) wants\b(?! to\b)|\b(?:is|are) wanted\b",
        "requires, needs",
        "the hardware that it wants",
    ),
    Rule(r"\bmeans? nothing\b", "is not recognised", "the key means nothing to r1"),
    Rule(
        rf"(?<![Tt]here )(?<!are there )\b{_BE} no\b(?! (?:{_COMPARATIVE})\b)",
        "is not a, is not an",
        "'--frobnicate' is no option",
    ),
    Rule(r"\bholds? no(?:ne|thing)?\b", "contains no", "the folder holds no model"),
    Rule(r"\b(?:has|have|had) none\b", "does not have, has no", "the dataset has none of it"),
    Rule(
        r"\bcalls? nothing\b|\bnot here is named\b",
        "no network access; missing files are listed",
        "call nothing on the internet",
    ),
    Rule(
        r"\b(?:go|goes|going|gone|went) on\b", "resumes, continues", "the same command goes on where it was"
    ),
    Rule(
        rf"\b{_BE} (?:heard|let|told)\b|\bhears? of\b",
        "received; is allowed; is notified",
        "the watcher is told of each",
    ),
    Rule(r"\bfrom nothing\b", "from scratch", "trains from nothing"),
    Rule(r"\btalk\b(?! (?:to|over)\b)", "messages", "its talk goes to standard error"),
    Rule(r"\bstrangers?\b", "third-party", "a stranger's plugin"),
    Rule(r"\bonce more\b", "again, re-score", "scores what is stored once more"),
    Rule(
        r"\bso many\b(?! (?:\w+ )?that\b)|\bso-many-?eth\b|\bhow-manieth\b",
        "a number of, at most N; every nth; index",
        "only so many problems",
    ),
    Rule(
        r"\bwho pays\b|\bwhat is proposed\b|\bask(?:s|ed)? nothing\b",
        "account to charge; accept all defaults",
        "take what is proposed, ask nothing",
    ),
    Rule(r"\bdice\b", "random generator", "vLLM draws by dice of its own"),
    Rule(r"\blook(?:s|ing)? into rewards\b", "inspect rewards", "look into rewards"),
    Rule(
        r"\b(?:hold|holds|held|holding)\b[^.;:,()]{0,60}\bagainst\b",
        "check against",
        "holds each benchmark's file against what there is",
    ),
    Rule(
        r"\b(?:environment|interpreter)s? of (?:its|their|your|one's) own\b",
        "a separate environment",
        "an environment of its own",
    ),
    Rule(
        r"\bthe house\b|\bone door\b|\bconductors?\b|\b(?:a|the|scoring) room\b",
        "the code base; the registry; prepare; a package",
        "the rules of the house",
    ),
    Rule(r"\bgolds\b(?!:)", "reference answers", "12 golds cannot be parsed"),
    Rule(r"\bunder way\b", "still running", "the run is under way"),
    Rule(r"\b(?:comes?|came) to no end\b", "does not finish", "the worker came to no end"),
    Rule(r"\bnobody's business\b", "is not shown", "their values are nobody's business"),
)

GOOD = (
    "there is no file 'a.yaml'",
    "the option is no longer read",
    "the interface that the nodes talk over",
    "there are so many rows that the disk fills up",
    "R1_MENDER",
    "golds: reference answers, one per answer",
)

#: A file, a phrase in it, and why it may stay.
ALLOWED = {
    ("r1cli/errors.py", "mend"): "the name that 0.1 used, which still works until 0.4",
}

PYTHON = [*(REPOSITORY / "r1cli").rglob("*.py"), *(REPOSITORY / "plugins").rglob("*.py")]
DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").rglob("*.md")]
COMMENTED = [*(REPOSITORY / "presets").rglob("*.yaml"), *(REPOSITORY / "slurm_templates").rglob("*.sh")]


def _joined(node: ast.JoinedStr) -> str:
    """An f-string, with {} for each value."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def _strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings of a module, docstrings among them, with the line where each begins."""
    inside: set[int] = set()
    for node in ast.walk(tree):  # an f-string comes before its parts
        if isinstance(node, ast.JoinedStr):
            inside.update(map(id, node.values))
            yield node.lineno, _joined(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.lineno, node.value


def _python_comments(source: str) -> Iterator[tuple[int, str]]:
    """The comments of a module; those on lines that follow each other are one text."""
    first = last = 0
    words: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1:
            if words:
                yield first, " ".join(words)
            first, words = token.start[0], []
        last = token.start[0]
        words.append(token.string.lstrip("#: "))
    if words:
        yield first, " ".join(words)


def _paragraphs(text: str, mark: str = "") -> Iterator[tuple[int, str]]:
    """The paragraphs of a document, or with a mark of the comments that it begins, with their first lines."""
    start, words = 0, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        stripped = line.strip()
        if not stripped.startswith(mark) or not stripped.strip("#"):
            if words:
                yield start, " ".join(words)
            words = []
            continue
        start = start if words else number
        words.append(stripped.lstrip("#: "))


#: Code inside of a text, between single or double backticks.
_CODE = re.compile(r"(?<!`)(``?)(?!`)[^`]+\1(?!`)")


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        found = [*_strings(ast.parse(source)), *(_python_comments(source) if "#" in source else ())]
    else:
        found = [*_paragraphs(source, "" if path.suffix == ".md" else "#")]
    for line, text in found:
        if " " in text:
            yield line, _CODE.sub("``", " ".join(text.split()))


def _violations(path: Path) -> Iterator[str]:
    name = path.relative_to(REPOSITORY).as_posix()
    for line, text in _texts(path):
        for rule in RULES:
            for found in re.finditer(rule.pattern, text):
                if (name, found.group().lower()) not in ALLOWED:
                    around = text[max(found.start() - 30, 0) : found.end() + 30]
                    yield f"{name}:{line}: '{found.group()}' in '...{around}...': write: {rule.instead}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.instead)
def test_a_rule_finds_its_example_and_nothing_that_is_good(rule: Rule) -> None:
    assert re.search(rule.pattern, rule.example)
    assert not re.search(rule.pattern, rule.instead)
    assert [text for text in GOOD if re.search(rule.pattern, text)] == []


def test_all_kinds_of_text_are_searched() -> None:
    source = '"""One. A stranger\'s\n    file."""\nx = f"is no {1} of" " more"\n# goes\n# on here\n'
    texts = [*_strings(ast.parse(source)), *_python_comments(source)]
    assert [(line, " ".join(text.split())) for line, text in texts] == [
        (1, "One. A stranger's file."),
        (3, "is no {} of more"),
        (4, "goes on here"),
    ]
    assert list(_paragraphs("key: 1\n# a\n# b\n", "#")) == [(2, "a b")]
    assert list(_paragraphs("a\nb\n\nc\n")) == [(1, "a b"), (4, "c")]


def test_texts_use_plain_words() -> None:
    found = [line for path in sorted([*PYTHON, *DOCUMENTS, *COMMENTED]) for line in _violations(path)]
    assert found == [], "\n".join(found)
