"""Finds plugins: entry points, loaded when first needed; a broken one does not affect the others."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from r1cli.environment import disabled_plugins
from r1cli.errors import R1Error, did_you_mean
from r1cli.plugins import spec
from r1cli.plugins.function import reward_at
from r1cli.plugins.types import Benchmark, Callback, Reward

T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """One entry point of the group, loaded or not.

    ``error`` says why it could not be loaded; ``disabled`` that ``R1_DISABLE_PLUGINS`` names it.
    """

    name: str
    distribution: str
    version: str
    rewards: tuple[Reward, ...] = ()
    presets: tuple[Path, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    error: str = ""
    disabled: bool = False

    @property
    def title(self) -> str:
        """Its name in messages: the plugin and its package."""
        return f"{self.name} ({self.distribution} {self.version})"


@cache
def load_plugins() -> tuple[Plugin, ...]:
    """All installed plugins, sorted by name. A broken one carries its error."""
    points = sorted(entry_points(group=spec.GROUP), key=lambda point: (point.name, point.value))
    return tuple(_load(point) for point in points)


def _load(point: EntryPoint) -> Plugin:
    distribution = point.dist.name if point.dist else "unknown package"
    version = point.dist.version if point.dist else ""
    if {point.name, distribution} & disabled_plugins():
        return Plugin(point.name, distribution, version, disabled=True)
    try:
        # What a third-party module prints goes to standard error: standard output is for data.
        with redirect_stdout(sys.stderr):
            return _register(Plugin(point.name, distribution, version), point.load())
    except (Exception, SystemExit) as error:  # whatever it raises must not end r1
        reason = f"{type(error).__name__}: {error}"
        return Plugin(point.name, distribution, version, error=reason)


def _register(plugin: Plugin, module: Any) -> Plugin:
    """The plugin, with everything that its module offers.

    Each module gets its own plugin manager, so that its errors do not affect others.
    """
    manager = pluggy.PluginManager(spec.GROUP)
    manager.add_hookspecs(spec)
    manager.register(module, plugin.name)
    unknown = [hook for hook in dir(module) if hook.startswith("r1_") and _is_unknown_hook(module, hook)]
    if unknown:
        raise TypeError(f"'{unknown[0]}' is not a hook of r1; the hooks are {', '.join(_hooks())}")
    return replace(
        plugin,
        rewards=_only(Reward, "r1_rewards", manager.hook.r1_rewards()),
        presets=tuple(_preset_file(item) for offered in manager.hook.r1_presets() for item in offered),
        callbacks=_only(Callback, "r1_callbacks", manager.hook.r1_callbacks()),
        benchmarks=_only(Benchmark, "r1_benchmarks", manager.hook.r1_benchmarks()),
    )


def _only(kind: type[T], hook: str, results: Iterable[Iterable[Any]]) -> tuple[T, ...]:
    """All items that a hook returned, checked for their type."""
    offered = tuple(item for result in results for item in result)
    for item in offered:
        if not isinstance(item, kind):
            raise TypeError(f"{hook} returned {item!r}, which is not an r1cli.{kind.__name__}")
    return offered


def _preset_file(item: Any) -> Path:
    if not isinstance(item, str | Path) or not Path(item).is_file():
        raise TypeError(f"r1_presets returned {item!r}, which is not a file")
    return Path(item)


def _hooks() -> list[str]:
    return [name for name in vars(spec) if name.startswith("r1_")]


def _is_unknown_hook(module: Any, name: str) -> bool:
    # pluggy sets this attribute on functions marked with @hookimpl.
    return hasattr(getattr(module, name), f"{spec.GROUP}_impl") and name not in _hooks()


def find_reward(name: str, where: str = "") -> Reward:
    """Finds a reward by name, or by location: ``package.module:function`` or ``path/to/file.py:function``.

    Raises:
        R1Error: no plugin offers it, or several do; there is no such function.
    """
    if ":" in name:
        return reward_at(name, where)
    offers = _by_name((plugin, reward.name, reward) for plugin in load_plugins() for reward in plugin.rewards)
    return find_one("reward", name, offers, where)


def parameter_group(name: str) -> str:
    """The key for a reward's parameters in a config: for ``file.py:function`` the function's name."""
    return name.rpartition(":")[2]


def find_callback(name: str, where: str = "") -> Callback:
    """Finds a callback by name.

    Raises:
        R1Error: no plugin offers it, or several do.
    """
    offers = _by_name((plugin, each.name, each) for plugin in load_plugins() for each in plugin.callbacks)
    return find_one("callback", name, offers, where)


def plugin_presets() -> dict[str, list[tuple[str, Path]]]:
    """The presets of plugins, by name: the title of each plugin that offers it, and the file."""
    return _by_name((plugin, path.stem, path) for plugin in load_plugins() for path in plugin.presets)


def plugin_benchmarks() -> dict[str, list[tuple[str, Benchmark]]]:
    """The benchmarks of plugins, by name: the title of each plugin that offers it, and the benchmark."""
    return _by_name((plugin, each.name, each) for plugin in load_plugins() for each in plugin.benchmarks)


def _by_name(offers: Iterable[tuple[Plugin, str, T]]) -> dict[str, list[tuple[str, T]]]:
    named: dict[str, list[tuple[str, T]]] = {}
    for plugin, name, offer in offers:
        named.setdefault(name, []).append((plugin.title, offer))
    return named


def find_one(kind: str, name: str, offers: Mapping[str, Sequence[tuple[str, T]]], where: str) -> T:
    """Finds the one item with a name.

    Args:
        kind: reward, preset, callback or benchmark, for messages.
        name: what the user typed.
        offers: by name, the title of each plugin that offers it, and the item.
        where: for messages.

    Raises:
        R1Error: no plugin offers it, or several do.
    """
    found = offers.get(name, ())
    if len(found) == 1:
        return found[0][1]
    if found:
        raise R1Error(
            f"{kind} '{name}' is claimed by {' and '.join(owner for owner, _ in found)}",
            where=where,
            fix="uninstall one of the plugins, or add it to R1_DISABLE_PLUGINS",
        )
    broken = [
        f"{plugin.title} could not be loaded: {plugin.error}" for plugin in load_plugins() if plugin.error
    ]
    known = f"the {kind}s are {', '.join(sorted(offers))}" if offers else f"no plugin offers a {kind}"
    fix = did_you_mean(name, offers, known)
    raise R1Error(f"unknown {kind} '{name}'", where=where, fix="; ".join([fix, *broken]))
