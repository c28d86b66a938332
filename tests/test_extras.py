"""The extras of pyproject.toml install what something imports, and nothing else."""

import ast
import re
import tomllib

import pytest

from r1cli.launch.machine import EXTRAS as CHECKED
from tests.conftest import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
#: Those that users install one by one.
EXTRAS = {name: OPTIONAL[name] for name in OPTIONAL if name not in ("dev", "all")}

#: Distributions whose module has another name.
MODULES = {"e2b-code-interpreter": "e2b_code_interpreter", "lingua-language-detector": "lingua"}
#: What r1 does not import itself, and who does.
IMPORTED_BY_OTHERS = {
    "deepspeed": "accelerate, for --launch.accelerate zero2 and zero3",
    "gguf": "transformers, for the weights of `r1 quickstart --model smollm2`",
    "peft": "TRL, for --use_peft",
    "vllm": "a server of its own, and TRL with vllm_mode=colocate",
}
#: The extras of distributions, and what imports them.
THEIR_EXTRAS = {
    ("math-verify", "antlr4_13_2"): "its parser",
    ("transformers", "serving"): "`transformers serve`",
}


def imported_modules() -> set[str]:
    found: set[str] = set()
    for source in (*(REPOSITORY / "r1cli").rglob("*.py"), *(REPOSITORY / "plugins").rglob("*.py")):
        text = source.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "import" in text else ():
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


@pytest.fixture(scope="module")
def imported() -> set[str]:
    return imported_modules()


@pytest.mark.parametrize(("extra", "requirement"), [(name, item) for name in EXTRAS for item in EXTRAS[name]])
def test_what_an_extra_installs_is_imported(imported: set[str], extra: str, requirement: str) -> None:
    parts = re.match(r"([\w.-]+)(?:\[([^\]]+)\])?", requirement)
    assert parts
    name, theirs = parts[1], parts[2]
    module = MODULES.get(name, name.replace("-", "_"))
    assert module in imported or name in IMPORTED_BY_OTHERS, f"nothing imports {name} of the extra {extra}"
    assert theirs is None or (name, theirs) in THEIR_EXTRAS


def test_what_others_import_is_still_installed() -> None:
    installed = {re.split(r"[\[><=~ ]", item)[0] for items in EXTRAS.values() for item in items}
    assert set(IMPORTED_BY_OTHERS) <= installed
    assert {name for name, _ in THEIR_EXTRAS} <= installed


def test_all_is_every_extra_and_the_machine_is_checked_for_known_ones() -> None:
    (everything,) = OPTIONAL["all"]
    assert set(everything.removeprefix("r1cli[").removesuffix("]").split(",")) == set(EXTRAS)
    assert set(CHECKED) <= set(EXTRAS)
