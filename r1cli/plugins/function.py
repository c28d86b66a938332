"""Rewards that are named by location: ``package.module:function`` and ``path/to/file.py:function``.

Nothing is imported to find them: a third-party module may be slow, or need packages that only a worker has.
"""

import ast
import importlib.machinery
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path, near_names
from r1cli.plugins.types import PASSED, Reward

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class _Source(str):
    """A default as source text, because it is not a constant: its type is not known."""


@dataclass(frozen=True)
class PlacedReward(Reward):
    """A reward that is named by its location."""

    types: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def annotations(self) -> Mapping[str, str]:
        return self.types


@dataclass(frozen=True)
class _FileReward(PlacedReward):
    """A reward whose ``fn`` is ``/path/to/file.py:function``."""

    def load(self) -> Callable[..., Any]:
        path, _, name = str(self.fn).rpartition(":")
        _can_import_from(Path(path).parent)
        try:
            function: Callable[..., Any] = getattr(_import_file(path), name)
        except Exception as error:  # a user's file may raise anything
            raise R1Error(
                f"reward '{self.name}' cannot be loaded: {error}", where=path, fix="fix the file"
            ) from error
        return function


@dataclass(frozen=True)
class _ModuleReward(PlacedReward):
    """A reward whose ``fn`` is ``module:function``."""

    def load(self) -> Callable[..., Any]:
        _can_import_from(Path.cwd())
        return super().load()


def _can_import_from(folder: Path) -> None:
    """Lets a reward import what lies there, after everything that is installed."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


@cache
def _import_file(path: str) -> ModuleType:
    """Imports a file as a module, once for all of its rewards."""
    spec = importlib.util.spec_from_file_location(f"r1_reward_file:{path}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # As `import` does: dataclasses and pickle look up a module by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def reward_at(name: str, where: str) -> Reward:
    """The reward that a function of a module or file implements. Its keyword-only arguments are parameters.

    A module may import the function from elsewhere: then its existence and its parameters are only known once
    it is loaded.

    Raises:
        R1Error: there is no such module, file or function.
    """
    place, _, function = name.rpartition(":")
    if not place.endswith(".py"):
        source = _source(place, where)
        defined = _functions(source, where) if source else {}
        if source and function not in defined and not _may_name(source, function):
            raise _no_function(function, place, defined, where)
        return _ModuleReward(name, name, **_described(defined.get(function)))
    path = existing_path(place)
    if path is None or not path.is_file():
        fix = did_you_mean(Path(place).name, _neighbours(Path(place)), "check the path")
        raise R1Error(f"there is no file '{place}'", where=where, fix=fix)
    functions = _functions(path, where)
    if function not in functions:
        if f"\n{function} = Reward(" in path.read_text(encoding="utf-8"):
            fix = f"name its function; what else a Reward says is for packages: `r1 plugins new {path.stem}`"
            raise R1Error(f"'{function}' in {place} is a Reward, and no function", where=where, fix=fix)
        raise _no_function(function, place, functions, where)
    found = functions[function]
    fn = f"{path.absolute()}:{function}"
    return _FileReward(name, fn, **_described(found))


def _no_function(function: str, place: str, functions: Iterable[str], where: str) -> R1Error:
    names = ", ".join(functions)
    known = f"it defines {names}" if names else "write it as: def NAME(completions, **kwargs)"
    fix = did_you_mean(function, functions, known)
    return R1Error(f"there is no function '{function}' in {place}", where=where, fix=fix)


def _may_name(source: Path, function: str) -> bool:
    """Whether a module that does not define a function may have it anyway, from elsewhere."""
    text = source.read_text(encoding="utf-8")
    return any(sign in text for sign in (function, "import *", "__getattr__", "globals()"))


def _neighbours(path: Path) -> list[str]:
    near = near_names(path.name, path.parent) if path.parent.is_dir() else []
    return [name for name in near if name.endswith(".py")]


def _functions(path: Path, where: str) -> dict[str, _Function]:
    """The functions that a file defines, by name, without running the file."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise R1Error(f"{path} cannot be read as Python: {error}", where=where, fix="fix the file") from None
    return {node.name: node for node in tree.body if isinstance(node, _Function)}


def _described(function: _Function | None) -> dict[str, Any]:
    """What is known of a reward by its source."""
    return {
        "summary": _summary(function),
        "params": _parameters(function),
        "types": _annotations(function),
        "columns": _columns(function),
    }


def _columns(function: _Function | None) -> tuple[str, ...]:
    """The arguments that the function cannot do without, which are columns of the dataset."""
    if function is None:
        return ()
    positional = [*function.args.posonlyargs, *function.args.args]
    needed = positional[: len(positional) - len(function.args.defaults)]
    return tuple(one.arg for one in needed if one.arg not in PASSED)


def _summary(function: _Function | None) -> str:
    return ((function and ast.get_docstring(function)) or "").partition("\n")[0]


def _parameters(function: _Function | None) -> dict[str, Any]:
    """The keyword-only arguments and their defaults; a default that is not a constant is shown as source."""
    if function is None:
        return {}
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {argument.arg: _constant(default) for argument, default in pairs if argument.arg not in PASSED}


def _annotations(function: _Function | None) -> dict[str, str]:
    arguments = function.args.kwonlyargs if function else []
    return {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}


def _constant(default: ast.expr | None) -> Any:
    if default is None:
        return inspect.Parameter.empty
    try:
        return ast.literal_eval(default)
    except ValueError:
        return _Source(ast.unparse(default))


def _source(module: str, where: str) -> Path | None:
    """The source of a module, None if it has no source. Does not import its parent packages."""
    parts = module.split(".")
    spec = _top_spec(parts[0])
    for depth in range(1, len(parts)):
        folders = spec.submodule_search_locations if spec else None
        dotted = ".".join(parts[: depth + 1])
        spec = importlib.machinery.PathFinder.find_spec(dotted, list(folders)) if folders else None
    if spec is None:
        fix = "install the package that contains it, or name a file: path/to/file.py:function"
        raise R1Error(f"there is no module '{module}'", where=where, fix=fix)
    return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None


def _top_spec(package: str) -> importlib.machinery.ModuleSpec | None:
    here = [str(Path.cwd())]
    try:
        return importlib.util.find_spec(package) or importlib.machinery.PathFinder.find_spec(package, here)
    except ValueError:  # an empty name, or a module that was created by hand
        return None
