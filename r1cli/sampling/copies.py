"""Completions of a prompt that are all the same, as those of a server that ignores the temperature."""

from collections.abc import Iterable

# A model that is sure of its answers gives copies of a few prompts too.
_ENOUGH = 5


class Copies:
    """Finds out whether all completions of each prompt are the same."""

    def __init__(self) -> None:
        self._prompts, self._differ = 0, False

    def add(self, completions: Iterable[str]) -> None:
        """Looks at the completions of a prompt that were sampled at a temperature, and did not fail."""
        texts = list(completions)
        self._prompts += len(texts) > 1
        self._differ |= len({*texts}) > 1

    @property
    def alone(self) -> bool:
        """Whether there was nothing but copies, of as many prompts as are needed to tell."""
        return self._prompts >= _ENOUGH and not self._differ

    @property
    def warning(self) -> str:
        return (
            f"temperature: all completions of each prompt are the same, for {self._prompts} prompts: either "
            "the model is as sure as that, or the server ignores the temperature and decodes greedily"
        )
