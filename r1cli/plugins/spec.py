"""What marks a hook of a plugin; `kinds` has the hooks that there are.

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
hook that does not exist fails to load, so that a misspelt hook is never silently ignored.
"""

import pluggy

#: The entry-point group, and the prefix of every hook.
GROUP = "r1"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
