"""What the code of others has raised: its words, its place, and the part of the traceback that is theirs."""

import os
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from r1cli import environment

# Folders of r1 and of everything that is installed.
_OTHERS = tuple(
    folder + os.sep
    for folder in (
        str(Path(__file__).parent),
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    )
)


def words_of(error: BaseException) -> str:
    """The exception's message; a third-party exception may fail to make one."""
    try:
        return str(error)
    except Exception:
        return "no message"


def said(error: BaseException, owner: Callable[..., Any] | None = None) -> str:
    """An exception in one line: its type, its message and, in parentheses, the line of their code.

    Args:
        error: what was raised.
        owner: the function or class that was called: its package is theirs even where it is installed.
    """
    while isinstance(error, BaseExceptionGroup):
        # Tasks that fail together: the group's own message says nothing.
        error = error.exceptions[0]
    place = place_of(error, owner)
    return f"{type(error).__name__}: {words_of(error)}" + (f" ({place})" if place else "")


def place_of(error: BaseException, owner: Callable[..., Any] | None = None) -> str:
    """The line of their code, as ``file:line``; empty if there is none.

    Args:
        error: what was raised.
        owner: see `said`.
    """
    own = _own(traceback.extract_tb(error.__traceback__), _roots(owner))
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def own_traceback(error: BaseException, owner: Callable[..., Any] | None = None) -> str:
    """The traceback without the frames of r1 and of libraries, empty if none is left; R1_DEBUG keeps all.

    Args:
        error: what was raised.
        owner: see `said`.
    """
    whole = traceback.TracebackException.from_exception(error)
    if not environment.debug() and not _trim(whole, _roots(owner)):
        return ""
    return "".join(whole.format())


def _trim(one: traceback.TracebackException, roots: tuple[str, ...]) -> bool:
    """Removes others' frames, and the causes that have no other; whether any frame is left."""
    one.stack = traceback.StackSummary.from_list(_own(one.stack, roots))
    if one.__cause__ and not _trim(one.__cause__, roots):
        one.__cause__ = None
    if one.__context__ and not _trim(one.__context__, roots):
        one.__context__ = None
    parts = [_trim(part, roots) for part in one.exceptions or ()]
    return bool(one.stack or one.__cause__ or one.__context__) or any(parts)


def _own(frames: traceback.StackSummary, roots: tuple[str, ...]) -> list[traceback.FrameSummary]:
    return [
        frame
        for frame in frames
        if frame.filename.startswith(roots) or not frame.filename.startswith((*_OTHERS, "<frozen "))
    ]


def _roots(owner: Callable[..., Any] | None) -> tuple[str, ...]:
    """The folders or the file of the package that has a function."""
    name = getattr(owner, "__module__", None) or ""
    top = sys.modules.get(name.partition(".")[0])
    folders = tuple(folder + os.sep for folder in getattr(top, "__path__", ()))
    return folders or tuple(filter(None, [getattr(top, "__file__", None)]))
