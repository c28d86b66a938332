"""Finds keys of a command by a word that people use, and says in one line what each does."""

import json
import re

from r1cli.config.leaf import Leaf
from r1cli.config.said import what_is_meant
from r1cli.config.schema import Schema
from r1cli.config.translate import todays_name
from r1cli.errors import R1Error, did_you_mean

# The end of a sentence: what begins another one follows.
_SENTENCE_ENDS = re.compile(r"(?<!e\.g\.)(?<!i\.e\.)(?<=\.)\s+(?=[A-Z`'\"])")


def find_keys(schema: Schema, word: str = "") -> list[Leaf]:
    """The keys whose name contains a word, and then those whose help does; all of them for an empty word.

    The whole name of a key finds that key alone.

    Raises:
        R1Error: there is none.
    """
    leaves = list(schema.leaves.values())
    wanted = word.replace("-", "_").lower()
    exact = [leaf for leaf in leaves if wanted in (leaf.path.lower(), leaf.name.lower())]
    if not wanted or exact:
        return exact or leaves
    meant = what_is_meant(wanted, schema.has) or wanted
    names = {wanted, todays_name(wanted), meant.partition(" ")[0]}
    found = [leaf for leaf in leaves if any(name in leaf.path.lower() for name in names)]
    begins = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
    found += [leaf for leaf in leaves if leaf not in found and begins.search(leaf.help)]
    if not found:
        parts = {part for leaf in leaves for part in re.split(r"[._]", leaf.path)}
        known = [*(leaf.name for leaf in leaves), *sorted(parts)]
        fix = did_you_mean(wanted, known, f"`r1 config keys {schema.command}` lists them all")
        raise R1Error(f"no key of r1 {schema.command} mentions '{word}'", where="argument WORD", fix=fix)
    return found


def first_sentence(leaf: Leaf) -> str:
    """What a key does, in one line."""
    sentence = _SENTENCE_ENDS.split(" ".join(leaf.help.split()), maxsplit=1)[0]
    # A name such as vLLM begins a sentence as it is.
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].upper()
    return f"{first}{sentence[1:]}".rstrip(".")


def type_words(leaf: Leaf) -> str:
    """The types of a key's value, without what only says that it can be left unset."""
    kinds = [kind for kind in leaf.types if kind != "null"]
    return "|".join(kind for kind in kinds if not (kind == "integer" and "number" in kinds))


def default_words(leaf: Leaf) -> str:
    """The default of a key as it is written in YAML, or in words; empty where nothing holds."""
    if leaf.default is None:
        return leaf.unset
    if isinstance(leaf.default, str):
        return leaf.default
    return f"{leaf.default:g}" if isinstance(leaf.default, float) else json.dumps(leaf.default)
