"""YAML as r1 reads and writes it: scalars are those of YAML 1.2."""

import re
from math import inf
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2 scalars: ``1e-5`` is a number, and ``no`` and ``on`` are words."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [pair for pair in pairs if not pair[0].endswith((":bool", ":float", ":int", ":timestamp"))]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.I), list("tTfF"))
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$"), list("-+0123456789")
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def parse_scalar(value: Any) -> Any:
    """Text as YAML reads it: ``1e-5`` a number, ``true`` a boolean. Anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return yaml.load(value, Loader=Loader)
    except yaml.YAMLError:
        return value


def to_yaml(tree: Any) -> str:
    """A tree of JSON's types, in the order of its keys."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def to_flow_yaml(tree: Any) -> str:
    """A tree in one line, as ``{prompt: question}``."""
    return yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=inf, default_flow_style=True
    ).strip()


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, and shared objects out in full."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
# A text that either reading of YAML, 1.1's or ours, takes for a number is put in quotes.
for _first, _pairs in Loader.yaml_implicit_resolvers.items():
    for _tag, _pattern in _pairs:
        _Dumper.add_implicit_resolver(_tag, _pattern, [_first])
