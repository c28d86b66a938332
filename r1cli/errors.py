"""The exception for errors that a user can fix, and a helper that suggests the right name."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any


class R1Error(Exception):
    """Something the user can fix. Anything else that is raised is a bug and keeps its traceback.

    Args:
        what: what is wrong, as a single statement.
        where: the file and line, flag, variable or directory.
        fix: how to fix it, with the command if there is one.
        exit_code: 2 when the request was wrong, 1 when the work failed.
    """

    def __init__(
        self, what: str, *, where: str = "", fix: str = "", exit_code: int = 2, mend: str | None = None
    ) -> None:
        super().__init__(what)
        if mend is not None:
            _warn_of_mend()
        self.what = what
        self.where = where
        self.fix = fix or mend or ""
        self.exit_code = exit_code
        self.others: Sequence[R1Error] = ()
        #: What was left out or changed of what was asked, which may be the cause.
        self.warnings: Sequence[str] = ()

    @classmethod
    def together(cls, errors: Sequence["R1Error"], warnings: Sequence[str] = ()) -> "R1Error":
        """All the errors as one, so that a user sees every mistake at once, beside what was warned of."""
        first = errors[0]
        joined = cls(first.what, where=first.where, fix=first.fix, exit_code=first.exit_code)
        joined.others, joined.warnings = errors[1:], warnings
        return joined

    def all(self) -> list["R1Error"]:
        """This error and those reported together with it."""
        return [self, *self.others]

    @property
    def mend(self) -> str:
        """The old name of ``fix``, until 0.4."""
        _warn_of_mend()
        return self.fix

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "R1Error":
        """The error that `fields` was made of; r1 0.1 wrote ``mend`` instead of ``fix``."""
        known = dict(fields)
        known.setdefault("fix", known.pop("mend", ""))
        others = known.pop("others", ())
        error = cls(**known)
        error.others = [cls.from_fields(one) for one in others]
        return error

    def fields(self) -> dict[str, Any]:
        """What the error is made of, for JSON: `from_fields` makes the error of it again."""
        fields = {"what": self.what, "where": self.where, "fix": self.fix, "exit_code": self.exit_code}
        return fields | ({"others": [one.fields() for one in self.others]} if self.others else {})

    def __str__(self) -> str:
        lines = []
        for error in self.all():
            parts = (
                error.what,
                error.where and f"where: {error.where}",
                error.fix and f"fix: {error.fix}",
            )
            lines.append("\n  ".join(part for part in parts if part))
        return "\n".join(lines)


def _warn_of_mend() -> None:
    # The user of the old name is two frames up.
    warnings.warn("R1Error: mend is called fix now, and goes in r1 0.4", DeprecationWarning, stacklevel=3)


def did_you_mean(
    name: str, known: Iterable[str], otherwise: str = "", before: str = "", cutoff: float = 0.6
) -> str:
    """A suggestion of the most similar known names, or ``otherwise`` if there are none.

    Args:
        name: as it was written.
        known: the names that there are; `name` itself is not suggested.
        otherwise: what to say where none is similar.
        before: what users write before a name, as the dashes of an option.
        cutoff: how similar a name must be, from 0 to 1.
    """
    others = list(dict.fromkeys(one for one in known if one != name))
    near = get_close_matches(name, others, n=3, cutoff=cutoff)
    return f"did you mean {' or '.join(before + one for one in near)}?" if near else otherwise


def did_you_mean_column(name: str, columns: Iterable[str]) -> str:
    """A suggestion of the column that was misspelt; or all of them: "question" does not mean "solution"."""
    names = list(columns)
    return did_you_mean(name, names, f"its columns are {', '.join(names)}", cutoff=0.8)
