"""The hooks that a plugin may implement. This file is the whole extension interface of r1.

A plugin is a module named in the entry-point group ``r1`` of an installed package:

    # pyproject.toml
    [project.entry-points.r1]
    brevity = "r1_brevity"

    # r1_brevity.py
    from r1cli import Reward, hookimpl

    def brevity(completions, *, target=200, **kwargs):
        return [min(1.0, target / max(len(c[0]["content"]), 1)) for c in completions]

    @hookimpl
    def r1_rewards():
        return [Reward("brevity", brevity, summary="Shorter is better.")]

After ``pip install``, ``r1 grpo --reward brevity --rewards.brevity.target 100`` uses it. A module with a
hook that is not listed here fails to load, so that a misspelt hook is never silently ignored.
"""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from r1cli.plugins.types import Benchmark, Callback, Reward

#: The entry-point group, and the prefix of every hook.
GROUP = "r1"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def r1_rewards() -> "Iterable[Reward]":  # type: ignore[empty-body]
    """The rewards that this plugin offers, for ``--reward NAME``.

    The hooks are called when a plugin is first looked up or listed. Keep the module light: name a reward
    whose function needs heavy packages as ``Reward("name", "package.module:function", ...)``; it is imported
    when used.
    """


@hookspec
def r1_presets() -> "Iterable[Path | str]":  # type: ignore[empty-body]
    """The presets that this plugin offers, for ``--preset NAME``: YAML files, each named by its stem.

    They have the format of r1's own presets: ``r1 presets show NAME`` prints one.
    """


@hookspec
def r1_callbacks() -> "Iterable[Callback]":  # type: ignore[empty-body]
    """The training callbacks that this plugin offers, for ``--callbacks.names NAME``.

    They need transformers, so name them as ``Callback("name", "package.module:Class", ...)``.
    """


@hookspec
def r1_benchmarks() -> "Iterable[Benchmark]":  # type: ignore[empty-body]
    """The benchmarks that this plugin offers, for ``r1 evaluate NAME``.

    Naming an existing group, such as ``math``, adds the benchmark to that group.
    """
