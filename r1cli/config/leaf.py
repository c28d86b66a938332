"""One value of a config, as a schema knows it."""

import json
from dataclasses import dataclass
from typing import Any

from r1cli.config.bounds import Range

#: JSON's types as users call them.
_WORDS = {"array": "list", "object": "mapping"}


@dataclass(frozen=True)
class Leaf:
    """One value of a config.

    Those of r1's own are fields of sections, the others come from the table of TRL's classes.

    ``types`` are JSON types: boolean, integer, number, string, array, object, null. ``owner`` is "r1", or
    the TRL class whose field it is: unless it is set, TRL's own default holds and r1 passes nothing.
    ``written`` says that r1 writes its default into every config, ``range`` which numbers it takes, ``unset``
    in words what holds when the default is None, ``of_texts`` that the items of its lists are texts.
    """

    path: str
    types: tuple[str, ...]
    default: Any = None
    help: str = ""
    choices: tuple[Any, ...] = ()
    owner: str = "r1"
    written: bool = False
    range: Range | None = None
    unset: str = ""
    of_texts: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def fix(self) -> str:
        """What to do about a wrong value, for error messages."""
        if isinstance(self.default, list):
            return "a list is a,b or [a, b]"
        if "object" in self.types and self.default in (None, {}):
            return """leave it out, or write JSON with double quotes: '{"name": 1}'"""
        if self.default is not None:
            plain = isinstance(self.default, float)
            return f"its default is {f'{self.default:g}' if plain else json.dumps(self.default)}"
        return f"its default is {self.unset}" if self.unset else "leave it out, or choose another value"

    @property
    def expected(self) -> str:
        """What a value must be, for error messages."""
        types = [kind for kind in self.types if not (kind == "integer" and "number" in self.types)]
        kinds = [_WORDS.get(kind, kind) for kind in types]
        if self.choices:
            kinds = [f"one of {', '.join(map(str, self.choices))}", *(k for k in kinds if k != "string")]
        return " or ".join(kinds)
