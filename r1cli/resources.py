"""Files that ship with r1: inside the package in a wheel, at the top of the tree in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_dir(name: str) -> Path:
    """The folder ``presets`` (or another shipped one), wherever this installation keeps it."""
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
