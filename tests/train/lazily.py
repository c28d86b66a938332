"""Modules that import torch, for the tests of them: every worker reads all tests, and one runs these."""

from importlib import import_module
from typing import Any


class Lazily:
    """A module that is imported when one of its public names is used."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        # pytest asks every object of a test file what it is.
        if name.startswith("_") or name == "pytestmark":
            raise AttributeError(name)
        return getattr(import_module(self._module), name)
