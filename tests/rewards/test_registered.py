"""Every reward under the name that users type, with the parameters that they may set."""

from inspect import Parameter
from typing import Any

import pytest
from r1_rewards import r1_rewards

#: As published; a changed default is a changed experiment.
PARAMETERS = {
    "accuracy": {
        "mode": "auto", "answer": "auto", "unparsable_gold": None, "rounding": 6,
        "interval_is_inequality": False, "tuple_is_vector": False, "ratio_is_fraction": True,
        "ignore_case": False,
    },
    "cosine": {
        "min_value_wrong": -1.0, "max_value_wrong": -0.5, "min_value_correct": 0.5, "max_value_correct": 1.0,
        "max_len": 1000, "unit": "characters", "mode": "auto", "answer": "auto",
    },
    "length": {"scope": "group", "unit": "characters", "mode": "auto", "answer": "auto"},
    "format": {"strict": True, "tags": ("think", "answer"), "syntax": "tags"},
    "tag_count": {},
    "reasoning_steps": {
        "pattern": r"Step \d+:|^\d+\.|\n-|\n\*|First,|Second,|Next,|Finally,", "steps": 3,
    },
    "repetition_penalty": {"ngram_size": 3, "max_penalty": -1.0, "language": "en"},
    "soft_overlong_punishment": {"max_completion_len": 16384, "soft_punish_cache": 4096},
    "language_consistency": {"detector": "script", "part": "thoughts"},
    "equation": {},
    "reasoning_gym": {},
    "code": {"time_limit": 5.0, "memory_limit": 512, "tolerance": 1e-6},
    "binary_code": {"time_limit": 5.0, "memory_limit": 512, "tolerance": 1e-6, "test_batch_size": 8},
    "code_format": {"default_language": "python"},
    "cf_code": {
        "scoring_mode": "weighted_sum", "test_batch_size": 1, "tests_folder": "", "patch_code": False,
        "testlib": "", "default_language": "cpp", "no_compile_reward": -0.1, "no_submission_reward": -1.0,
    },
    "ioi_code": {"test_batch_size": 1, "add_includes": True, "tests": "open-r1/ioi-test-cases"},
    "lcb_code": {"time_limit": 6.0, "memory_limit": 4096, "test_batch_size": 8},
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


#: A value beyond the limit of each parameter that has one.
REFUSED = [
    ("accuracy", "mode", "latx"), ("accuracy", "answer", "box"), ("accuracy", "rounding", -1),
    ("cosine", "max_len", 0), ("cosine", "unit", "words"), ("cosine", "mode", "latx"),
    ("length", "scope", "all"), ("length", "unit", "words"), ("length", "answer", "box"),
    ("format", "tags", []), ("format", "tags", ["a", "a"]), ("format", "tags", ["<think>"]),
    ("format", "syntax", "xml"),
    ("reasoning_steps", "pattern", "("), ("reasoning_steps", "pattern", "a*"),
    ("reasoning_steps", "steps", 0),
    ("repetition_penalty", "max_penalty", 0.1), ("repetition_penalty", "ngram_size", 0),
    ("repetition_penalty", "language", "fr"),
    ("soft_overlong_punishment", "soft_punish_cache", 20000),
    ("soft_overlong_punishment", "max_completion_len", 10),
    ("language_consistency", "detector", "guess"), ("language_consistency", "part", "all"),
    ("code", "time_limit", 0.0), ("code", "memory_limit", 0), ("code", "tolerance", -1.0),
    ("binary_code", "test_batch_size", 0), ("code_format", "default_language", ""),
    ("cf_code", "scoring_mode", "points"), ("cf_code", "test_batch_size", -2),
    ("cf_code", "tests_folder", "/no/such/folder"), ("cf_code", "testlib", "/no/such/testlib.h"),
    ("ioi_code", "test_batch_size", 0), ("ioi_code", "tests", " "),
    ("lcb_code", "time_limit", -1.0), ("lcb_code", "test_batch_size", 0),
    ("rouge_l", "beta", -1.0),
    ("reward_model", "batch_size", 0), ("reward_model", "max_length", 0),
    ("reward_model", "activation", "relu"),
    ("judge", "rubric", "helpfull"), ("judge", "temperature", -1.0), ("judge", "timeout", 0.0),
    ("judge", "retries", -1), ("judge", "concurrency", 0), ("judge", "base_url", "http://me:secret@host/v1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameter", "value"), REFUSED)
def test_a_value_beyond_its_limit_is_refused_by_name(name: str, parameter: str, value: Any) -> None:
    reward = next(reward for reward in r1_rewards() if reward.name == name)
    with pytest.raises(ValueError, match=rf"\b{parameter}\b"):
        reward.check_parameters({parameter: value})


def test_every_default_is_allowed() -> None:
    for reward in r1_rewards():
        reward.check_parameters({})
