"""A plugin for the GPU tests: a callback that logs what the GPU does, and a reward that takes no time."""

from typing import Any

from r1cli import Callback, Reward, hookimpl


def same_answer(completions: list[Any], solution: list[str], **kwargs: Any) -> list[float]:
    """1 for the right answer between the tags, a tenth for the tags alone."""
    texts = [chat[0]["content"] for chat in completions]
    return [_score(text, right) for text, right in zip(texts, solution, strict=True)]


def _score(text: str, right: str) -> float:
    answer, tag, _ = text.partition("<answer>")[2].partition("</answer>")
    return (1.0 if answer.strip() == right else 0.1) if tag else 0.0


@hookimpl
def r1_rewards() -> list[Reward]:
    return [Reward("same_answer", same_answer, summary="The right answer, letter by letter.")]


@hookimpl
def r1_callbacks() -> list[Callback]:
    return [
        Callback("gpu_log", "gpu_log:GpuLog", summary="Where the model trains, and how long a step takes.")
    ]
