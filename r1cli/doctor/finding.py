"""What `r1 doctor` says of one thing."""

from dataclasses import dataclass

OK, WARNING, MISSING = "ok", "warning", "missing"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        about: the group it stands in: "python", "hardware", ...
        name: what it is.
        state: `OK`, `WARNING` or `MISSING`.
        found: what is there, in words.
        fix: the one command, or step, that fixes it; empty when nothing needs it.
        needed: without it this machine does not train.
    """

    about: str
    name: str
    state: str
    found: str
    fix: str = ""
    needed: bool = False
