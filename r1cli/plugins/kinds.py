"""The kinds of things that plugins offer: the hook that returns them, and a row.

A new kind is a hook and a row here, a type in `types`, and that type's public name in ``r1cli/__init__.py``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from r1cli.plugins.spec import hookspec
from r1cli.plugins.types import Benchmark, Callback, CodeProvider, Reward

T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind.

    Args:
        name: how messages call one of them; the plural is also its key in JSON.
        hook: the name of the hook that returns them.
        read: from what a plugin returned to what is offered; it raises TypeError for anything else.
        name_of: the name that users type.
        summary_of: the line that lists show.
    """

    name: str
    hook: str
    read: Callable[[Any], T]
    name_of: Callable[[T], str]
    summary_of: Callable[[T], str]


def _kind_of(type_: type[T], hook: Callable[[], Iterable[T]]) -> Kind[T]:
    """The kind of the instances of a type."""

    def read(item: Any) -> T:
        if not isinstance(item, type_):
            raise TypeError(f"{hook.__name__} returned {item!r}, which is not an r1cli.{type_.__name__}")
        return item

    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_.__name__).lower()
    return Kind(name, hook.__name__, read, _name, _summary)


def _preset_file(item: Any) -> Path:
    if not isinstance(item, str | Path) or not Path(item).is_file():
        raise TypeError(f"r1_presets returned {item!r}, which is not a file")
    return Path(item)


def _name(offer: Any) -> str:
    return str(offer.name)


def _summary(offer: Any) -> str:
    return str(offer.summary)


@hookspec
def r1_rewards() -> Iterable[Reward]:  # type: ignore[empty-body]
    """The rewards that this plugin offers, for ``--reward NAME``.

    The hooks are called when a plugin is first looked up or listed. Keep the module light: name a reward
    whose function needs heavy packages as ``Reward("name", "package.module:function", ...)``; it is imported
    when used.
    """


@hookspec
def r1_presets() -> Iterable[Path | str]:  # type: ignore[empty-body]
    """The presets that this plugin offers, for ``--preset NAME``: YAML files, each named by its stem.

    They have the format of r1's own presets: ``r1 presets show NAME`` prints one.
    """


@hookspec
def r1_callbacks() -> Iterable[Callback]:  # type: ignore[empty-body]
    """The training callbacks that this plugin offers, for ``--callbacks.names NAME``.

    They need transformers, so name them as ``Callback("name", "package.module:Class", ...)``.
    """


@hookspec
def r1_benchmarks() -> Iterable[Benchmark]:  # type: ignore[empty-body]
    """The benchmarks that this plugin offers, for ``r1 evaluate NAME``.

    Naming an existing group, such as ``math``, adds the benchmark to that group.
    """


@hookspec
def r1_code_providers() -> Iterable[CodeProvider]:  # type: ignore[empty-body]
    """The code providers that this plugin offers, for ``--code.provider NAME``: what runs programs.

    Keep the module light: name the class as ``CodeProvider("name", "package.module:Class", ...)``.
    """


REWARD = _kind_of(Reward, r1_rewards)
PRESET = Kind("preset", "r1_presets", _preset_file, lambda path: path.stem, str)
CALLBACK = _kind_of(Callback, r1_callbacks)
BENCHMARK = _kind_of(Benchmark, r1_benchmarks)
CODE_PROVIDER = _kind_of(CodeProvider, r1_code_providers)

KINDS: tuple[Kind[Any], ...] = (REWARD, PRESET, CALLBACK, BENCHMARK, CODE_PROVIDER)
