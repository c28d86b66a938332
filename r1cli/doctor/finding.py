"""One result of `r1 doctor`."""

from dataclasses import dataclass

OK, WARNING, MISSING = "ok", "warning", "missing"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Args:
        about: its group: "python", "hardware", ...
        name: what was checked.
        state: `OK`, `WARNING` or `MISSING`.
        found: what was found, as text.
        fix: the command or step that fixes it; empty when there is nothing to fix.
        needed: this machine cannot train without it.
    """

    about: str
    name: str
    state: str
    found: str
    fix: str = ""
    needed: bool = False
