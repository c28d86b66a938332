"""Completions of a prompt that are all the same, as those of a server that ignores the temperature."""

from collections.abc import Iterable

# A model that is sure of its answers gives copies of a few prompts too.
_ENOUGH = 5


class Copies:
    """Finds out whether all completions of each prompt are the same."""

    def __init__(self) -> None:
        self._prompts, self._differ = 0, False

    def add(self, completions: Iterable[str]) -> None:
        """Looks at the completions of a prompt, without those that failed."""
        texts = list(completions)
        self._prompts += len(texts) > 1
        self._differ |= len({*texts}) > 1

    @property
    def alone(self) -> bool:
        """Whether there was nothing but copies, of as many prompts as are needed to tell."""
        return self._prompts >= _ENOUGH and not self._differ

    def warning(self, temperature: float | None) -> str:
        """What to say of copies at a temperature; empty if that is expected."""
        if not self.alone or not temperature:
            return ""
        return (
            f"temperature: all completions of each prompt are the same, although it is {temperature:g}: "
            "either the model is as sure as that, or the server ignores it and decodes greedily"
        )
