"""Every command and flag that a message names exists: in fixes of errors, and wherever `r1 ...` is quoted."""

import ast
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest
import typer
from typer.models import OptionInfo

from r1cli.cli.app import load_command, summaries
from r1cli.cli.keys import of_every_command
from r1cli.cli.own_values import option_names
from r1cli.config.schema import Schema
from r1cli.config.translate import find_alias
from tests.conftest import REPOSITORY

SOURCES = [*(REPOSITORY / "r1cli").rglob("*.py"), *(REPOSITORY / "plugins").rglob("*.py")]
#: What is in a text for what is known only later.
HOLE = "HOLE"
_QUOTED = re.compile(r"`(r1 [^`]+)`")
_FLAG = re.compile(r"(?<![\w/-])(--[a-zA-Z][\w.-]*)")
_EXTRA = re.compile(r"r1cli\[([\w,-]+)\]")
# Options of other programs, which fixes name with their program.
_OTHERS = re.compile(r"\b(pip|apt-get|sudo|srun|sbatch|squeue|sysctl|docker|git|curl|python3?) [^;,`]*")
#: A placeholder, an option of pip after a name that is known only later, and an option of sbatch.
_NO_OPTIONS = {"--key", "--force-reinstall", "--gres"}


def text_of(node: ast.expr) -> str:
    """The text that an expression makes, as far as it is written down."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    if isinstance(node, ast.BinOp):
        return text_of(node.left) + text_of(node.right)
    if isinstance(node, ast.IfExp):
        return f"{text_of(node.body)} ; {text_of(node.orelse)}"
    if isinstance(node, ast.Call):
        return " ; ".join(text for argument in node.args if (text := text_of(argument)))
    return ""


@cache
def texts() -> tuple[tuple[str, str, bool], ...]:
    """Where each text is, the text, and whether it is a fix."""
    found = []
    for source in SOURCES:
        code = source.read_text(encoding="utf-8")
        if not any(part in code for part in ("`r1 ", "fix", "r1cli[")):
            continue
        for node in ast.walk(ast.parse(code)):
            is_fix = isinstance(node, ast.keyword) and node.arg == "fix"
            is_fix |= isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "fix"
            text = node.value if isinstance(node, ast.keyword | ast.Assign) and is_fix else node
            if is_fix or isinstance(node, ast.JoinedStr | ast.Constant):
                place = f"{source.relative_to(REPOSITORY)}:{getattr(text, 'lineno', 0)}"
                found.append((place, text_of(text), is_fix))
    return tuple(found)


def mistakes_in(line: str) -> Iterator[str]:
    """What is wrong with a command of r1, which may have holes and dots."""
    try:
        words = shlex.split(line.replace("...", HOLE))[1:]
    except ValueError:
        return
    if not words or words[0] in (HOLE, "COMMAND", "NAME") or words[0].startswith("-"):
        return
    name, *rest = words
    if name not in summaries():
        yield f"no command {name}"
        return
    command: Any = load_command(name)
    if isinstance(command, typer.Typer):
        known = {info.name or info.callback.__name__: info.callback for info in command.registered_commands}  # type: ignore[union-attr]
        if rest and rest[0] in known:
            name, command, rest = f"{name} {rest[0]}", known[rest[0]], rest[1:]
        elif "run" in known:
            command = known["run"]
        elif rest and rest[0] not in (HOLE, "-h", "--help") and not rest[0].isupper():
            yield f"no command {name} {rest[0]}"
            return
        else:
            return
    for flag in (word.partition("=")[0] for word in rest if word.startswith("--") and HOLE not in word):
        if flag not in own_options(command) and not is_key(flag, schemas_of(command)):
            yield f"r1 {name} has no {flag}"


def own_options(command: Any) -> set[str]:
    """The options of a command that are not keys."""
    names = {"--help", "--set"}
    for parameter in inspect.signature(command).parameters.values():
        info = next((one for one in get_args(parameter.annotation) if isinstance(one, OptionInfo)), None)
        if info is not None:
            names |= {one for name in option_names(parameter, info) for one in name.split("/")}
    return names


def schemas_of(command: Any) -> list[Schema]:
    reader = getattr(command, "reader", None)
    return list(reader.schemas()) if reader else []


def is_key(flag: str, schemas: list[Schema]) -> bool:
    key = flag.removeprefix("--").replace("-", "_")
    return any(schema.has(key) or find_alias(key, schema.has) for schema in schemas)


@cache
def all_options() -> frozenset[str]:
    found: set[str] = set()
    for name in summaries():
        command = load_command(name)
        subcommands = [info.callback for info in getattr(command, "registered_commands", ())] or [command]
        for one in subcommands:
            found |= own_options(one)
    return frozenset(found)


def test_quoted_commands_exist() -> None:
    quoted = [(place, line) for place, text, _ in texts() for line in _QUOTED.findall(" ".join(text.split()))]
    assert len(quoted) > 100
    assert [f"{place}: {line}: {one}" for place, line in quoted for one in mistakes_in(line)] == []


def test_flags_of_fixes_exist() -> None:
    schemas = of_every_command()
    wrong = []
    for place, text, is_fix in texts():
        for flag in _FLAG.findall(_OTHERS.sub("", text)) if is_fix else ():
            named = flag.rstrip(".").partition(HOLE)[0]
            known = named in all_options() or named in _NO_OPTIONS or is_key(named, schemas)
            if HOLE not in flag and not known:
                wrong.append(f"{place}: {flag}")
    assert wrong == []


def test_extras_that_messages_name_exist() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        extra for _, text, _ in texts() for names in _EXTRA.findall(text) for extra in names.split(",")
    } - {HOLE}
    assert {"train", "code"} <= named <= set(project["optional-dependencies"])


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("r1 grop --model M", "no command grop"),
        ("r1 runs shwo", "no command runs shwo"),
        ("r1 grpo --no-such-flag 3", "r1 grpo has no --no-such-flag"),
        ("r1 evaluate aime24 --model M --samples 4", None),
        ("r1 reward score RUN --columns.solution answer", None),
        (f"r1 runs tail {HOLE}", None),
    ],
)
def test_a_wrong_command_is_noticed(line: str, mistake: str | None) -> None:
    assert list(mistakes_in(line)) == ([mistake] if mistake else [])
