"""The text of completions, whichever way TRL hands them over."""

from collections.abc import Sequence
from typing import Any


def texts(completions: Sequence[Any]) -> list[str]:
    """Plain strings, from strings or from chats ``[{"role": ..., "content": ...}]``."""
    return [
        completion if isinstance(completion, str) else str(completion[0]["content"])
        for completion in completions
    ]
