"""Finds plugins: entry points, loaded when first needed; a broken one does not affect the others."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import PurePath
from typing import Any, TypeVar

import pluggy

from r1cli.environment import disabled_plugins
from r1cli.errors import R1Error, did_you_mean
from r1cli.plugins import kinds
from r1cli.plugins.function import reward_at
from r1cli.plugins.kinds import CALLBACK, CODE_PROVIDER, KINDS, REWARD, Kind
from r1cli.plugins.spec import GROUP
from r1cli.plugins.types import Callback, CodeProvider, Reward
from r1cli.raised import said

T = TypeVar("T")

# The package that r1's own plugins come with.
_R1 = "r1cli"


@dataclass(frozen=True)
class Plugin:
    """One entry point of the group, loaded or not.

    ``offers`` holds what it offers, by kind; ``error`` why it could not be loaded; ``disabled`` says that
    ``R1_DISABLE_PLUGINS`` names it.
    """

    name: str
    distribution: str
    version: str
    offers: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    error: str = ""
    disabled: bool = False

    @property
    def title(self) -> str:
        """Its name in messages: the plugin and its package."""
        return f"{self.name} ({self.distribution} {self.version})"

    @property
    def names(self) -> set[str]:
        """What it goes by: its own name and that of its package, as `plain_name` writes them."""
        return {plain_name(self.name), plain_name(self.distribution)}

    def of(self, kind: Kind[T]) -> tuple[T, ...]:
        """What it offers of a kind."""
        return self.offers.get(kind.name, ())


def plain_name(name: str) -> str:
    """The name of a package or plugin as pip compares it: my_plugin is my-plugin."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def load_plugins() -> tuple[Plugin, ...]:
    """All installed plugins, sorted by name. A broken one carries its error."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    return tuple(_load(point) for point in points)


def _load(point: EntryPoint) -> Plugin:
    distribution = point.dist.name if point.dist else "unknown package"
    version = point.dist.version if point.dist else ""
    plugin = Plugin(point.name, distribution, version)
    if plugin.names & set(map(plain_name, disabled_plugins())):
        return replace(plugin, disabled=True)
    try:
        # What a third-party module prints goes to standard error: standard output is for data.
        with redirect_stdout(sys.stderr):
            return _register(plugin, point.load())
    except (Exception, SystemExit) as error:  # whatever it raises must not end r1
        return replace(plugin, error=said(error))


def _register(plugin: Plugin, module: Any) -> Plugin:
    """The plugin, with everything that its module offers.

    Each module gets its own plugin manager, so that its errors do not affect others.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(kinds)
    manager.register(module, plugin.name)
    unknown = [hook for hook in dir(module) if hook.startswith("r1_") and _is_unknown_hook(module, hook)]
    if unknown:
        raise TypeError(
            f"'{unknown[0]}' is not a hook of r1; the hooks are {', '.join(kind.hook for kind in KINDS)}"
        )
    offers = {kind.name: _read(kind, getattr(manager.hook, kind.hook)()) for kind in KINDS}
    return replace(plugin, offers=offers)


def _read(kind: Kind[T], results: Iterable[Iterable[Any]]) -> tuple[T, ...]:
    """All that a hook returned."""
    return tuple(kind.read(item) for result in results for item in result)


def _is_unknown_hook(module: Any, name: str) -> bool:
    # pluggy sets this attribute on functions marked with @hookimpl.
    return hasattr(getattr(module, name), f"{GROUP}_impl") and name not in {kind.hook for kind in KINDS}


def find_reward(name: str, where: str = "") -> Reward:
    """Finds a reward by name, or by location: ``package.module:function`` or ``path/to/file.py:function``.

    Raises:
        R1Error: no plugin offers it, or several do; there is no such function.
    """
    known, colon, weight = name.partition(":")
    if colon and known in all_offers(REWARD):
        what = f"'{weight}' is not a weight of" if weight else "there is no weight behind"
        raise R1Error(f"{what} the reward '{known}'", where=where, fix=f"as {known}:0.5, or {known} alone")
    if name.endswith(".py"):
        raise R1Error(f"'{name}' is a file, and not a function in it", where=where, fix=f"as {name}:FUNCTION")
    if ":" in name:
        return reward_at(name, where)
    reward: Reward = find_one(REWARD.name, name, all_offers(REWARD), where)
    return reward


def parameter_group(name: str) -> str:
    """What a reward is called in a config's keys, metrics and files: of ``file.py:function`` the function."""
    return name.rpartition(":")[2]


def find_callback(name: str, where: str = "") -> Callback:
    """Finds a callback by name.

    Raises:
        R1Error: no plugin offers it, or several do.
    """
    callback: Callback = find_one(CALLBACK.name, name, all_offers(CALLBACK), where)
    return callback


def find_code_provider(name: str, where: str = "") -> CodeProvider:
    """Finds a code provider by name.

    Raises:
        R1Error: no plugin offers it, or several do.
    """
    provider: CodeProvider = find_one(CODE_PROVIDER.name, name, all_offers(CODE_PROVIDER), where)
    return provider


def all_offers(kind: Kind[T]) -> dict[str, list[tuple[str, T]]]:
    """What plugins offer of a kind, by name: the title of each plugin that does, and the offer."""
    named: dict[str, list[tuple[str, T]]] = {}
    for plugin in load_plugins():
        for offer in plugin.of(kind):
            named.setdefault(kind.name_of(offer), []).append((plugin.title, offer))
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
            fix=_how_to_keep_one([owner for owner, _ in found]),
        )
    absent = [
        f"{plugin.title} could not be loaded: {plugin.error}" for plugin in load_plugins() if plugin.error
    ]
    disabled = [plugin.title for plugin in load_plugins() if plugin.disabled]
    if disabled:
        absent.append(f"R1_DISABLE_PLUGINS leaves out {', '.join(disabled)}")
    known = f"the {kind}s are {', '.join(sorted(offers))}" if offers else f"no plugin offers a {kind}"
    # A file of a preset or benchmark that was read in a checkout, as presets/tiny-sft.yaml.
    stem = PurePath(name).stem
    # TRL's think_format_reward is format.
    known = next((f"did you mean {one}?" for one in sorted(offers) if len(one) > 3 and one in name), known)
    fix = f"did you mean {stem}?" if stem != name and stem in offers else did_you_mean(name, offers, known)
    raise R1Error(f"unknown {kind} '{name}'", where=where, fix="; ".join([fix, *absent]))


def _how_to_keep_one(owners: Iterable[str]) -> str:
    """How to leave out all owners of a name but one, by names that the one does not have; or by uninstalling.

    An owner is the title of a plugin; or r1, of the presets that it brings itself.
    """
    plugins = {plugin.title: plugin for plugin in load_plugins()}
    claims = [(owner, plugins.get(owner) or Plugin(owner, _R1, "")) for owner in dict.fromkeys(owners)]
    # Nobody is led to do without r1's own plugins.
    claims.sort(key=lambda claim: claim[1].distribution != _R1)
    for title, kept in claims:
        others = [plugin for _, plugin in claims if plugin is not kept]
        names = [
            next((one for one in (plugin.name, plugin.distribution) if plain_name(one) not in kept.names), "")
            for plugin in others
        ]
        if others and all(names):
            value = ",".join(dict.fromkeys([*sorted(disabled_plugins()), *names]))
            return f"to keep {title}, set R1_DISABLE_PLUGINS={value}"
    return f"pip uninstall {claims[-1][1].distribution}"
