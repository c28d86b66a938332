"""The kinds of things that plugins offer, a row each: a new kind is a row here, a hook, and a type."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from r1cli.plugins.types import Benchmark, Callback, Reward

T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind.

    Args:
        name: how messages call one of them; the plural is also its key in JSON.
        hook: the hook in `r1cli.plugins.spec` that returns them.
        read: from what a plugin returned to what is offered; it raises TypeError for anything else.
        name_of: the name that users type.
        summary_of: the line that lists show.
    """

    name: str
    hook: str
    read: Callable[[Any], T]
    name_of: Callable[[T], str]
    summary_of: Callable[[T], str]


def _instance_of(type_: type[T], hook: str) -> Callable[[Any], T]:
    def read(item: Any) -> T:
        if not isinstance(item, type_):
            raise TypeError(f"{hook} returned {item!r}, which is not an r1cli.{type_.__name__}")
        return item

    return read


def _preset_file(item: Any) -> Path:
    if not isinstance(item, str | Path) or not Path(item).is_file():
        raise TypeError(f"r1_presets returned {item!r}, which is not a file")
    return Path(item)


def _name(offer: Any) -> str:
    return str(offer.name)


def _summary(offer: Any) -> str:
    return str(offer.summary)


REWARD = Kind("reward", "r1_rewards", _instance_of(Reward, "r1_rewards"), _name, _summary)
PRESET = Kind("preset", "r1_presets", _preset_file, lambda path: path.stem, str)
CALLBACK = Kind("callback", "r1_callbacks", _instance_of(Callback, "r1_callbacks"), _name, _summary)
BENCHMARK = Kind("benchmark", "r1_benchmarks", _instance_of(Benchmark, "r1_benchmarks"), _name, _summary)

KINDS: tuple[Kind[Any], ...] = (REWARD, PRESET, CALLBACK, BENCHMARK)
