"""Every reward under the name that users type, with the parameters that they may set."""

from inspect import Parameter

from r1_rewards import r1_rewards

#: As published; a changed default is a changed experiment.
PARAMETERS = {
    "accuracy": {"mode": "auto", "unparsable_gold": None},
    "cosine": {
        "min_value_wrong": -1.0, "max_value_wrong": -0.5, "min_value_correct": 0.5, "max_value_correct": 1.0,
        "max_len": 1000, "unit": "characters", "mode": "auto",
    },
    "length": {"scope": "group", "unit": "characters", "mode": "auto"},
    "format": {"strict": True},
    "tag_count": {},
    "reasoning_steps": {},
    "repetition_penalty": {"ngram_size": 3, "max_penalty": -1.0, "language": "en"},
    "soft_overlong_punishment": {"max_completion_len": 16384, "soft_punish_cache": 4096},
    "language_consistency": {"detector": "script"},
    "equation": {},
    "reasoning_gym": {},
    "exact_match": {"normalize": True},
    "rouge_l": {"beta": 1.0},
    "multiple_choice": {},
    "reward_model": {
        "model": Parameter.empty, "batch_size": 8, "device": None, "max_length": 2048, "template": None,
        "activation": "none",
    },
    "judge": {
        "base_url": Parameter.empty, "model": Parameter.empty, "rubric": "helpfulness",
        "api_key_env": "OPENAI_API_KEY",
        "temperature": 0.0, "timeout": 60.0, "retries": 3, "concurrency": 8, "cache": True,
    },
}  # fmt: skip


def test_the_rewards_and_their_parameters() -> None:
    rewards = {reward.name: reward for reward in r1_rewards()}
    assert {name: reward.parameters() for name, reward in rewards.items()} == PARAMETERS
    assert all(reward.summary and reward.source and reward.load().__doc__ for reward in rewards.values())
    assert [name for name, reward in rewards.items() if reward.per_group] == ["length"]
    assert [name for name, reward in rewards.items() if reward.in_trainer] == ["reward_model"]
