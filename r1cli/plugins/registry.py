"""Finding plugins: entry points, loaded when first needed, each failure kept apart from the rest."""

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from r1cli.environment import disabled_plugins
from r1cli.errors import R1Error, did_you_mean
from r1cli.plugins import spec
from r1cli.plugins.types import Reward


@dataclass(frozen=True)
class Plugin:
    """One entry point of the group, loaded or not.

    ``error`` says why it could not be loaded; ``disabled`` that ``R1_DISABLE_PLUGINS`` names it.
    """

    name: str
    distribution: str
    version: str
    rewards: tuple[Reward, ...] = ()
    error: str = ""
    disabled: bool = False

    @property
    def title(self) -> str:
        """How messages name it: the plugin and the package it came with."""
        return f"{self.name} ({self.distribution} {self.version})"


@cache
def load_plugins() -> tuple[Plugin, ...]:
    """Every plugin that is installed, in the order of their names. A broken one comes with its error."""
    points = sorted(entry_points(group=spec.GROUP), key=lambda point: (point.name, point.value))
    return tuple(_load(point) for point in points)


def _load(point: EntryPoint) -> Plugin:
    distribution = point.dist.name if point.dist else "unknown package"
    version = point.dist.version if point.dist else ""
    if {point.name, distribution} & disabled_plugins():
        return Plugin(point.name, distribution, version, disabled=True)
    try:
        # What a stranger's module prints is talk, and standard output is for data.
        with redirect_stdout(sys.stderr):
            rewards = _register(point.name, point.load())
    except (Exception, SystemExit) as error:  # whatever it raises must not take r1 down
        reason = f"{type(error).__name__}: {error}"
        return Plugin(point.name, distribution, version, error=reason)
    return Plugin(point.name, distribution, version, rewards)


def _register(name: str, module: Any) -> tuple[Reward, ...]:
    """The rewards of one module, through a plugin manager of its own, so that its faults stay its own."""
    manager = pluggy.PluginManager(spec.GROUP)
    manager.add_hookspecs(spec)
    manager.register(module, name)
    unknown = [hook for hook in dir(module) if hook.startswith("r1_") and _is_unknown_hook(module, hook)]
    if unknown:
        raise TypeError(f"'{unknown[0]}' is no hook of r1; the hooks are {', '.join(_hooks())}")
    rewards = tuple(reward for offered in manager.hook.r1_rewards() for reward in offered)
    strangers = [reward for reward in rewards if not isinstance(reward, Reward)]
    if strangers:
        raise TypeError(f"r1_rewards returned {strangers[0]!r}, which is no r1cli.Reward")
    return rewards


def _hooks() -> list[str]:
    return [name for name in vars(spec) if name.startswith("r1_")]


def _is_unknown_hook(module: Any, name: str) -> bool:
    # pluggy leaves this attribute on what @hookimpl marked.
    return hasattr(getattr(module, name), f"{spec.GROUP}_impl") and name not in _hooks()


@cache
def _offered_rewards() -> dict[str, list[tuple[Plugin, Reward]]]:
    """Who offers which reward, by the reward's name."""
    offered: dict[str, list[tuple[Plugin, Reward]]] = {}
    for plugin in load_plugins():
        for reward in plugin.rewards:
            offered.setdefault(reward.name, []).append((plugin, reward))
    return offered


def find_reward(name: str, where: str = "") -> Reward:
    """The reward that bears a name.

    Raises:
        R1Error: nobody offers it, or more than one plugin does.
    """
    offered = _offered_rewards()
    if len(offered.get(name, ())) == 1:
        return offered[name][0][1]
    if name in offered:
        owners = [plugin.title for plugin, _ in offered[name]]
        raise R1Error(
            f"reward '{name}' is claimed by {' and '.join(owners)}",
            where=where,
            mend="uninstall one of them, or name it in R1_DISABLE_PLUGINS",
        )
    broken = [
        f"{plugin.title} could not be loaded: {plugin.error}" for plugin in load_plugins() if plugin.error
    ]
    known = f"the rewards are {', '.join(sorted(offered))}" if offered else "no plugin offers a reward"
    mend = did_you_mean(name, offered, known)
    raise R1Error(f"unknown reward '{name}'", where=where, mend="; ".join([mend, *broken]))
