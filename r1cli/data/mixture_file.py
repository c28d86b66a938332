"""A file that has a mixture of datasets: for ``r1 data mix``."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from r1cli.config.groups.data import Data
from r1cli.config.settings import places_of_items
from r1cli.data.mixture import MIXTURE, read_mixture
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path
from r1cli.yaml12 import Loader

# A mixture is below `data`, below its own key, or all of the file.
_OF_MIXTURE = re.compile(r"(?:\.data)?(?:\.dataset_mixture)?(\.datasets\[.*)")
#: Keys of a config that say what is made of the rows of a mixture.
_KEYS = ("dataset_mixture", "columns", "prompt_template")
_EXPECTED = "name a YAML file that has `datasets:` with a list of entries, each with an id"


def read_mixture_file(name: str) -> Data:
    """The section of a config with the mixture of a file.

    Args:
        name: of a YAML file: a mixture itself, or a config of any command with ``dataset_mixture``.

    Raises:
        R1Error: it cannot be read, or has no mixture.
    """
    tree, items = _read(name)
    group = tree.get("data")
    given = {key: tree.get(f"data.{key}", tree.get(key)) for key in _KEYS} | {
        key: group[key] for key in _KEYS if isinstance(group, Mapping) and key in group
    }
    if "datasets" in tree:
        given["dataset_mixture"] = {key: value for key, value in tree.items() if key not in _KEYS}
    if given["dataset_mixture"] is None:
        raise R1Error("the file has no mixture of datasets", where=name, fix=_EXPECTED)
    read_mixture(given["dataset_mixture"], name, items)
    return Data(**{key: value for key, value in given.items() if value is not None})


def _read(name: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """What a file has, and the places of its datasets, by the paths that a config has for them."""
    from r1cli.data.source import neighbours

    path = existing_path(name)
    if path is None or not path.is_file():
        raise R1Error(
            f"there is no file '{name}'",
            where="argument FILE",
            fix=did_you_mean(name, neighbours(name), "check the path"),
        )
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.load(text, Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"this is not valid YAML: {str(error).replace('<unicode string>', name)}"
        raise R1Error(what, where=name, fix=_EXPECTED) from None
    if not isinstance(tree, Mapping):
        raise R1Error("the file is not a mapping of keys to values", where=name, fix=_EXPECTED)
    places = places_of_items(yaml.compose(text, Loader), name)
    found = [(_OF_MIXTURE.fullmatch(path), place) for path, place in places]
    return tree, {f"{MIXTURE}{path[1]}": place for path, place in found if path}
