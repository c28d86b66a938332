"""Fixes programs for today's languages: what models have learned from programs of older ones.

Python is changed by parsing it, so that texts, and names that only look alike, stay as they are. A program
that cannot be parsed is not changed.
"""

import ast
import collections.abc
import re
import warnings

from r1_rewards.programs.extraction import language_of

#: Attributes of modules that have moved: (module, name) to the same.
_MOVED = {
    ("fractions", "gcd"): ("math", "gcd"),
    ("inspect", "getargspec"): ("inspect", "getfullargspec"),
    ("time", "clock"): ("time", "perf_counter"),
    **{("collections", name): ("collections.abc", name) for name in collections.abc.__all__},
}
_UNLIMITED = (
    "import sys as _sys\nif hasattr(_sys, 'set_int_max_str_digits'): _sys.set_int_max_str_digits(0)\n"
)


def patch(source: str, language: str) -> str:
    """The program with today's names of what it uses; the same if there is nothing to change."""
    language = language_of(language)
    if language == "python":
        return patch_python(source)
    return add_includes(source) if language.startswith("cpp") else source


def patch_python(source: str) -> str:
    """A Python 3 program with names that have moved since, and without the limit on digits of numbers."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(source)
            changed = _Patch(tree)
            changed.visit(tree)
            if not (changed.done or changed.imports or changed.counts):
                return source
            _insert(tree, changed)
            return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


class _Patch(ast.NodeTransformer):
    """What a program's names mean decides what is changed."""

    def __init__(self, tree: ast.Module) -> None:
        self.done = False
        self.imports: set[str] = set()
        self.modules = _imported_modules(tree)
        bound = _bound_names(tree)
        # A name that is bound otherwise somewhere is no longer sure to be the module.
        self.modules = {name: module for name, module in self.modules.items() if name not in bound}
        imported = _imported_names(tree) | set(self.modules)
        loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if "gcd" in loaded - bound - imported and not _imports_everything(tree):
            self.imports.add("from math import gcd")
        self.counts = bool(loaded & {"int", "str", "print", "input"}) and not any(
            isinstance(node, ast.Attribute) and node.attr == "set_int_max_str_digits"
            for node in ast.walk(tree)
        )

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            if alias.name == "imp":
                alias.name, alias.asname = "importlib", alias.asname or "imp"
                self.done = True
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        moved = [alias for alias in node.names if not node.level and (node.module, alias.name) in _MOVED]
        if not moved:
            return node
        self.done = True
        stay = [alias for alias in node.names if alias not in moved]
        parts: list[ast.AST] = [ast.ImportFrom(node.module, stay, 0)] if stay else []
        for alias in moved:
            module, name = _MOVED[node.module or "", alias.name]
            as_name = alias.asname or alias.name
            renamed = ast.alias(name, None if as_name == name else as_name)
            parts.append(ast.ImportFrom(module, [renamed], 0))
        return parts

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load)):
            return node
        module = self.modules.get(node.value.id)
        moved = _MOVED.get((module or "", node.attr))
        if moved is None:
            return node
        self.done = True
        if moved[0] == module:
            node.attr = moved[1]
            return node
        self.imports.add(f"import {moved[0]} as _{moved[0].replace('.', '_')}")
        return ast.Attribute(ast.Name(f"_{moved[0].replace('.', '_')}", ast.Load()), moved[1], ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            module = self.modules.get(called.value.id)
            if (module, called.attr) == ("os", "getlogin"):
                # Programs ask who they run as, to find out whether they are being debugged.
                self.done = True
                return ast.Constant(False)
            if (module, called.attr) == ("array", "array") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value == "c":
                    self.done, first.value = True, "b"
        return node


def _imported_modules(tree: ast.Module) -> dict[str, str]:
    """The names that ``import`` binds to modules, each with its module."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname or "." not in alias.name
    }


def _imported_names(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _imports_everything(tree: ast.Module) -> bool:
    """Whether ``from math import *`` may bind any name; fractions no longer has a gcd."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module != "fractions" and node.names[0].name == "*"
        for node in ast.walk(tree)
    )


def _bound_names(tree: ast.Module) -> set[str]:
    """The names that the program itself defines, assigns or takes as arguments."""
    bound = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.arg(arg=name):
                bound.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                bound.add(name)
            case _:
                pass
    return bound


def _insert(tree: ast.Module, changed: _Patch) -> None:
    """Puts imports after the docstring and the imports from ``__future__``."""
    lines = [*sorted(changed.imports), *([_UNLIMITED] if changed.counts else [])]
    new = ast.parse("\n".join(lines)).body
    at = 0
    for at, node in enumerate([*tree.body, ast.Pass()]):
        docstring = at == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
    tree.body[at:at] = new


_CPP_NOISE = re.compile(
    r'//(?:[^\n\\]|\\.)*|/\*.*?(?:\*/|\Z)|R"([^()\s]{0,16})\(.*?(?:\)\1"|\Z)'
    r'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'',
    re.DOTALL,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)
_USING = re.compile(r"\busing\s+namespace\s+std\s*;")
_COMMENT = re.compile(r"//(?:[^\n\\]|\\.)*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def add_includes(source: str, header: str = "") -> str:
    """A C++ program with the whole standard library, the task's header, and ``using namespace std``.

    What is there stays, and ``using`` is only added where the program never says ``std::``.

    Args:
        source: the program.
        header: the file of the task's header, as ``candies.h``.
    """
    # What is in comments and texts is not code.
    code = _CPP_NOISE.sub(lambda found: '""' if found[0][0] in "\"'R" else " ", source)
    included = set(_INCLUDE.findall(_COMMENT.sub(" ", source)))
    lines = [] if "bits/stdc++.h" in included else ["#include <bits/stdc++.h>"]
    if header and header not in included:
        lines.append(f'#include "{header}"')
    if not _USING.search(code) and "std::" not in code:
        lines.append("using namespace std;")
    return "".join(f"{line}\n" for line in lines) + source
