"""The values of a command's own parameters, beside its keys, without Typer where they are simple.

Typer loads pydantic to convert even one option, which takes about as long as everything else in a dry run.
What is more than a text, a path or a switch, and whatever may be wrong, is left to Typer and its messages.
"""

import inspect
from collections.abc import Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NamedTuple, get_args, get_origin

import typer
from typer.models import ArgumentInfo, OptionInfo

# What does not change how a value is read.
_SHOWN = {"default", "param_decls", "help", "metavar", "show_default", "hidden", "rich_help_panel"}


class _Simple(NamedTuple):
    """A parameter with a value of a kind, or several; a bool is a switch."""

    parameter: inspect.Parameter
    info: Any
    kind: type
    many: bool

    def value(self, texts: Sequence[str]) -> Any:
        if self.kind is bool:
            return True
        values = [self.kind(text) for text in texts]
        return values if self.many else values[-1]


def read_own(parameters: Sequence[inspect.Parameter], words: Sequence[str]) -> dict[str, Any] | None:
    """The values of a command's own parameters by name; None where Typer must look at them.

    Args:
        parameters: without that of the keys.
        words: those that stand alone, and after them the options with their values.
    """
    simple = [_simple(parameter) for parameter in parameters]
    known = [one for one in simple if one]
    if len(known) < len(simple):
        return None
    options = {
        name: one
        for one in known
        if isinstance(one.info, OptionInfo)
        for name in option_names(one.parameter, one.info)
    }
    start = next((place for place, word in enumerate(words) if word in options), len(words))
    texts = _option_texts(options, words[start:])
    if texts is None:
        return None
    standalone = list(words[:start])
    for one in known:
        if isinstance(one.info, ArgumentInfo) and standalone:
            taken = len(standalone) if one.many else 1
            texts[one.parameter.name], standalone = standalone[:taken], standalone[taken:]
    required = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    if standalone or any(name not in texts for name in required):
        return None
    return {
        name: one.value(texts[name]) if name in texts else one.parameter.default
        for one in known
        for name in [one.parameter.name]
    }


def option_names(parameter: inspect.Parameter, info: OptionInfo) -> list[str]:
    """How an option is written."""
    # In an annotation, Typer keeps the first name where the default would be.
    given = [name for name in (info.default, *(info.param_decls or ())) if isinstance(name, str)]
    return given or [f"--{parameter.name.replace('_', '-')}"]


def _simple(parameter: inspect.Parameter) -> _Simple | None:
    """A parameter that needs nothing of Typer, or None."""
    base, *metadata = get_args(parameter.annotation) or (parameter.annotation,)
    info = next((each for each in metadata if isinstance(each, OptionInfo | ArgumentInfo)), None)
    if info is None:
        return None
    plain = typer.Option() if isinstance(info, OptionInfo) else typer.Argument()
    union = get_args(base) if isinstance(base, UnionType) else (base,)
    kinds = [kind for kind in union if kind != NoneType]
    many = get_origin(kinds[0]) is list
    kind = get_args(kinds[0])[0] if many else kinds[0]
    is_simple = len(kinds) == 1 and kind in (str, Path, bool) and _reading(info) == _reading(plain)
    return _Simple(parameter, info, kind, many) if is_simple else None


def _reading(info: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(info).items() if name not in _SHOWN}


def _option_texts(options: dict[str, _Simple], words: Sequence[str]) -> dict[str, list[str]] | None:
    """The texts of each option; None where a word is neither an option nor its value."""
    texts: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if word not in options:
            return None
        one = options[word]
        texts.setdefault(one.parameter.name, []).extend([] if one.kind is bool else [next(rest)])
    return texts
