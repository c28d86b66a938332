"""The structure that a newcomer relies on: no circles, no twin names, no package that swallows the rest."""

import re
from itertools import combinations
from pathlib import Path

import grimp
import pytest

import r1cli
from r1cli.cli.app import summaries

PACKAGE = Path(r1cli.__file__).parent
#: The largest part of r1cli's lines that one package may hold.
LARGEST = 0.15


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Each module of r1cli, and those that it imports, for type checks alone as well."""
    graph = grimp.build_graph("r1cli", exclude_type_checking_imports=False, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_no_two_files_import_each_other_in_a_circle(imports: dict[str, set[str]]) -> None:
    def reaches(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for found in imports.get(waiting.pop(), ()):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
        return seen

    # The package itself names the home of each public name, and imports none of them.
    modules = [module for module in imports if module != "r1cli"]
    assert [module for module in modules if module in reaches(module)] == []


def test_no_package_holds_more_than_a_sixth() -> None:
    lines = {
        folder.name: sum(len(file.read_text(encoding="utf-8").splitlines()) for file in folder.rglob("*.py"))
        for folder in PACKAGE.iterdir()
        if folder.is_dir() and not folder.name.startswith("__")
    }
    total = sum(lines.values())
    assert {name: count for name, count in lines.items() if count > LARGEST * total} == {}


def test_no_two_modules_differ_by_a_plural_or_an_ing() -> None:
    """`task` next to `tasks` is confusing. The command line's own modules have the names that users type."""
    files = [file for file in PACKAGE.rglob("*.py") if file.stem != "__init__"]
    typed = {file for file in files if file.parent.name == "cli" and file.stem in summaries()}
    names = {file.stem for file in {*files} - typed} | {
        file.parent.name for file in files if file.parent != PACKAGE
    }
    twins = [pair for pair in combinations(sorted(names), 2) if _root(pair[0]) == _root(pair[1])]
    assert twins == []


def _root(name: str) -> str:
    return re.sub(r"(ing|es|e|s)$", "", name)
