"""The one exception for what a user can mend, and the helper that proposes the right name."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any


class R1Error(Exception):
    """Something the user can mend. Anything else that is raised is a bug and keeps its traceback.

    Args:
        what: what is wrong, a single statement.
        where: the file and line, flag, variable or directory it was found in.
        mend: what to do about it, with the command where there is one.
        exit_code: 2 when the request was wrong, 1 when the work failed.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "", exit_code: int = 2) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend
        self.exit_code = exit_code
        self.others: Sequence[R1Error] = ()

    @classmethod
    def together(cls, errors: Sequence["R1Error"]) -> "R1Error":
        """All the errors as one, so that a user sees every mistake at once."""
        first = errors[0]
        joined = cls(first.what, where=first.where, mend=first.mend, exit_code=first.exit_code)
        joined.others = errors[1:]
        return joined

    def all(self) -> list["R1Error"]:
        """This error and those reported together with it."""
        return [self, *self.others]

    def fields(self) -> dict[str, Any]:
        """What the error is made of, for JSON: ``R1Error(**fields)`` is the error again."""
        return {"what": self.what, "where": self.where, "mend": self.mend, "exit_code": self.exit_code}

    def __str__(self) -> str:
        lines = []
        for error in self.all():
            parts = (
                error.what,
                error.where and f"where: {error.where}",
                error.mend and f"mend: {error.mend}",
            )
            lines.append("\n  ".join(part for part in parts if part))
        return "\n".join(lines)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A sentence with the names nearest to a misspelt one, or ``otherwise`` when none is near."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
