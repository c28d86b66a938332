"""The rewards that come with r1: one function each, in a module by subject."""

from r1cli import Reward, hookimpl

_OPEN_R1 = "open-r1, src/open_r1/rewards.py"


@hookimpl
def r1_rewards() -> list[Reward]:
    return [
        Reward(
            "accuracy",
            "r1_rewards.math:accuracy",
            summary="1.0 when the answer equals the gold by math-verify, else 0.0",
            columns=("solution",),
            source=f"{_OPEN_R1}: accuracy_reward; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2",
        ),
        Reward(
            "format",
            "r1_rewards.format:format_reward",
            summary="1.0 when the completion is <think>...</think> and then <answer>...</answer>, else 0.0",
            source=f"{_OPEN_R1}: format_reward; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2",
        ),
        Reward(
            "tag_count",
            "r1_rewards.format:tag_count",
            summary="a quarter for each of the four tags that occurs exactly once on its line",
            source=f"{_OPEN_R1}: tag_count_reward",
        ),
    ]
