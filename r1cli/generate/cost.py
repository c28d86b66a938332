"""What completions cost."""

from collections.abc import Sequence


def cost(price: Sequence[float], prompt_tokens: int, completion_tokens: int) -> float:
    """What a server charges, in the currency of the price, which is for a million tokens of each."""
    return round((price[0] * prompt_tokens + price[1] * completion_tokens) / 1e6, 4)
