"""How a manager and its players are joined: which pipes there are, and who is called with which."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from r1cli.execution.isolation import PIPES
from r1cli.execution.program import Interaction, Program


def channels(players: int) -> dict[str, dict[str, str]]:
    """Folders of pipes, the manager's first: in each, the names of its pipes, and which others they are.

    A player's folder has the pipe ``in`` that it reads and ``out`` that it writes; the manager's has those of
    all players. No player sees another's.
    """
    unique = os.urandom(8).hex()
    of_players = {f"{unique}-{number}": {"in": "", "out": ""} for number in range(players)}
    of_manager = {
        f"{name}{number}": f"{folder}/{name}"
        for number, folder in enumerate(of_players)
        for name in ("in", "out")
    }
    # A pipe is made in the player's folder, and linked into the manager's.
    return {**of_players, unique: of_manager}


def members(
    work: Interaction, folders: Sequence[str], place: str
) -> Iterator[tuple[Program, Mapping[str, Any]]]:
    """The programs of an interaction with their command lines, and what their requests have more.

    Args:
        work: the interaction.
        folders: of `channels`.
        place: where these folders lie, without a sandbox.
    """
    *of_players, of_manager = folders
    seen = {folder: f"{place}/{folder}" if place else PIPES for folder in folders}
    # To the manager, a player's output comes first.
    names = [name for number in range(len(of_players)) for name in (f"out{number}", f"in{number}")]
    words = [f"{seen[of_manager]}/{name}" for name in names]
    yield replace(work.manager, argv=(*words, *work.manager.argv)), {"pipes": of_manager}
    several = len(work.players) > 1
    for number, (player, folder) in enumerate(zip(work.players, of_players, strict=True)):
        read, written = f"{seen[folder]}/in", f"{seen[folder]}/out"
        index = (str(number),) if several else ()
        if work.channel == "std_io":
            joined = {"joined": True, "environment": {"R1_IN": read, "R1_OUT": written}}
            yield replace(player, argv=(*index, *player.argv)), {"pipes": folder, **joined}
        else:
            yield replace(player, argv=(read, written, *index, *player.argv)), {"pipes": folder}
