"""The words that users and contributors read: help, messages, docstrings, comments and documents.

Each rule is a phrase that puzzles a reader, and what to write in its place. Identifiers are not searched, nor
are strings of a single word, which are keys and names.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from r1cli.cli.app import load_command, summaries
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
        r"\bwho pays\b|\bthat pays\b|\bwhat is proposed\b|\bask(?:s|ed)? nothing\b",
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
        r"(?<!r1's )\b\w+ of (?:its|their|your|one's) own\b",
        "its own environment, a separate environment",
        "an environment of its own of pinned packages",
    ),
    Rule(
        r"\bthe house\b|\bone door\b|\bconductors?\b|\b(?:a|the|scoring) room\b",
        "the code base; the registry; prepare; a package",
        "the rules of the house",
    ),
    Rule(r"\bgolds\b(?!:)", "reference answers", "12 golds cannot be parsed"),
    Rule(r"\bunder way\b", "still running", "the run is under way"),
    Rule(r"\b(?:comes?|came) to no end\b", "does not finish", "the worker came to no end"),
    Rule(r"\b(?:nobody|config check`?)'s business\b", "is not shown", "their values are nobody's business"),
    Rule(r"\banew\b", "again", "a line that is drawn anew"),
    Rule(r"\bfor ever\b", "forever", "it waits for ever"),
    Rule(r"\bamiss\b", "wrong", "what may be amiss there"),
    Rule(r"\bat hand\b", "existing; on this machine", "when its config is at hand"),
    Rule(r"\b(?:comes?|came) of\b", "the result of", "what came of a program"),
    Rule(r"\bin small\b", "at small scale", "the whole recipe in small"),
    Rule(
        r"\b(?:share[sd]?|sharing) (?!objects)(?:\w+ ){0,3}out\b",
        "split, shard, distribute",
        "the rows are shared out over an array",
    ),
    Rule(r"\bwithout a word\b", "silently; without arguments", "it is left out without a word"),
    Rule(
        r"\b(?:to|cannot|not|can) be had\b", "be obtained; is not available", "a dataset that cannot be had"
    ),
    Rule(r"\bheed(?:s|ed|ing)?\b", "honour", "Retry-After is heeded"),
    Rule(
        r"\bbr(?:ings?|ought) (?:\w+ )?along\b", "contains, comes with", "the tests that a row brings along"
    ),
    Rule(
        r"\bbehind (?:the|an?|its|their|these|that)\b(?! (?:scenes|link|firewall|proxy))",
        "after",
        "the last box behind the thoughts",
    ),
    Rule(r"\brubbish\b", "an invalid response", "a service that answers with rubbish"),
    Rule(
        r"\b(?:therein|thereof|thereby|whereby|hitherto|henceforth|lest|amongst|whilst|whither|thither)\b",
        "a present-day word",
        "the folder and the files therein",
    ),
)

GOOD = (
    "in its own process, a key of r1's own",
    "the sandboxes that it left behind",
    "shared objects are written out",
    "it becomes of use",
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

#: What is searched. Of tests, only docstrings and comments are: their strings are what others may write.
FOLDERS = ("r1cli", "plugins", "docs", "presets", "slurm_templates", "scripts", "benchmarks", "tests")
ALONE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "constraints.txt")
#: How each kind of file marks its prose: as strings and comments, as all of it, or as comments alone.
DOCUMENTS = (".md",)
COMMENTED = (".yaml", ".sh", ".fish", ".txt", ".toml", ".template", "")


def _searched() -> list[Path]:
    below = (path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*") if path.is_file())
    kinds = (".py", *DOCUMENTS, *COMMENTED)
    found = [path for path in below if path.suffix in kinds and path.name != "test_words.py"]
    texts = [path for path in found if "wrong_configs" not in path.parts and "__pycache__" not in path.parts]
    return sorted([*texts, *(REPOSITORY / name for name in ALONE)])


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


#: A docstring: it opens a module, or follows the line that opens a class or a function.
_DOCSTRING = re.compile(r'(?:\A|:\n\s*)r?"""(.*?)"""', re.DOTALL)


def _docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, with the line where each begins; parsing all tests would take seconds."""
    for found in _DOCSTRING.finditer(source):
        yield source.count("\n", 0, found.start(1)) + 1, found[1]


#: A comment that follows code. Two blanks before the sign tell it from one in a string, well enough.
_BESIDE_CODE = re.compile(r"\S  #:? (.*)")


def _python_comments(source: str) -> Iterator[tuple[int, str]]:
    """The comments of a module; those on lines that follow each other are one text."""
    for number, line in enumerate(source.splitlines(), 1):
        if beside := _BESIDE_CODE.search(line):
            yield number, beside[1]
    yield from _paragraphs(source, "#")


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
        of_tests = path.is_relative_to(REPOSITORY / "tests")
        found = [*(_docstrings(source) if of_tests else _strings(ast.parse(source)))]
        found += _python_comments(source) if "#" in source else ()
    else:
        # A template's own strings are prose as well: it is searched as a whole.
        found = [*_paragraphs(source, "" if path.suffix in (*DOCUMENTS, ".template") else "#")]
    for line, text in found:
        if " " in text:
            yield line, _CODE.sub("``", " ".join(text.split()))


#: Most texts meet no rule: they are searched once.
_ANY = re.compile("|".join(f"(?:{rule.pattern})" for rule in RULES))


def _violations(path: Path) -> Iterator[str]:
    name = path.relative_to(REPOSITORY).as_posix()
    for line, text in _texts(path):
        if not _ANY.search(text):
            continue
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
    assert list(_docstrings('"""a"""\nx = """b"""\ndef f():\n    """c\n    d"""\n')) == [
        (1, "a"),
        (4, "c\n    d"),
    ]
    assert list(_paragraphs("key: 1\n# a\n# b\n", "#")) == [(2, "a b")]
    assert list(_paragraphs("a\nb\n\nc\n")) == [(1, "a b"), (4, "c")]


def test_texts_use_plain_words() -> None:
    found = [line for path in _searched() for line in _violations(path)]
    assert found == [], "\n".join(found)


def test_every_kind_of_file_is_searched() -> None:
    names = {path.relative_to(REPOSITORY).as_posix() for path in _searched()}
    assert {
        "r1cli/cli/app.py", "r1cli/cli/shells/fish.fish", "r1cli/plugins/template/reward_readme.md.template",
        "plugins/r1_rewards/math.py", "docs/slurm.md", "presets/tiny-grpo.yaml", "slurm_templates/job.sh",
        "scripts/trl_fields.py", "benchmarks/README.md", "tests/conftest.py", "CHANGELOG.md", "Makefile",
    } <= names  # fmt: skip


def test_help_contains_no_section_for_contributors() -> None:
    """A command's docstring is its help: "Raises:" and "Args:" would be printed."""
    commands = [load_command(name) for name in summaries()]
    groups = [one for one in commands if isinstance(one, typer.Typer)]
    callbacks = [info.callback for group in groups for info in group.registered_commands]
    texts = {one.__name__: one.__doc__ or "" for one in [*commands, *callbacks] if hasattr(one, "__name__")}
    assert len(texts) > 40
    assert [name for name, text in texts.items() if re.search(r"^ *(Raises|Args|Returns):", text, re.M)] == []
