"""Overrides on the command line: what a user types is what the config says."""

import json
import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import Leaf
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema, sft_schema
from tests.command_line import flags_of

GRPO = grpo_schema()


def typed(line: str) -> Config:
    """The config of a command line as a shell splits it."""
    return resolve(GRPO, Request(flags=flags_of(*shlex.split(line))))


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [
        ("--learning_rate 1e-5", "training.learning_rate", 1e-5),
        ("--training.learning_rate=1e-5", "training.learning_rate", 1e-5),
        ("--max-steps 4_000", "training.max_steps", 4000),
        ("--max_steps -1", "training.max_steps", -1),
        ("--bf16", "training.bf16", True),
        ("--bf16 false --seed 1", "training.bf16", False),
        ("--bf16 --seed 1", "training.bf16", True),
        ("--max_length null", "training.max_length", None),
        ("--reward_funcs accuracy,format", "rewards.reward_funcs", ["accuracy", "format"]),
        ("--reward_funcs [accuracy,format]", "rewards.reward_funcs", ["accuracy", "format"]),
        ("--reward_funcs [accuracy, format]", "rewards.reward_funcs", ["accuracy", "format"]),
        ("--reward_funcs=[accuracy, format] --seed 1", "rewards.reward_funcs", ["accuracy", "format"]),
        ("--rewards.functions [ accuracy , format ]", "rewards.reward_funcs", ["accuracy", "format"]),
        ("--lora_target_modules [q_proj, v_proj]", "model.lora_target_modules", ["q_proj", "v_proj"]),
        (
            """--lr_scheduler_kwargs '{"min_lr_rate": 0.1}'""",
            "training.lr_scheduler_kwargs",
            {"min_lr_rate": 0.1},
        ),
        ("--run_name [a", "tracking.run_name", "[a"),
    ],
)
def test_what_users_type(line: str, path: str, value: object) -> None:
    if path not in ("training.max_length",):
        assert typed(line).get(path) == value
    else:
        words = flags_of(*shlex.split(line), command="sft")
        assert resolve(sft_schema(), Request(flags=words)).get(path) == value


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("--learning_rat 1e-5", "--learning_rate"),
        ("--traning.seed 1", "training.seed"),
        ("--out-put-dir x", "output_dir"),
    ],
)
def test_a_misspelt_option_names_the_nearest(line: str, near: str) -> None:
    with pytest.raises(R1Error, match="unknown key") as caught:
        typed(line)
    assert near in caught.value.fix


_WORDS = st.lists(st.text("abc_.:", min_size=1), min_size=1, max_size=4)
_GAPS = st.sampled_from([",", ", ", " , "])


@settings(deadline=None)
@given(_WORDS, _GAPS, st.sampled_from(["--reward {}", "--reward={}"]), st.booleans())
def test_a_list_is_one_value_however_a_shell_splits_it(
    words: list[str], gap: str, form: str, more: bool
) -> None:
    line = form.format(f"[{gap.join(words)}]") + (" --seed 1" if more else "")
    found = flags_of(*line.split())
    assert [setting.key for setting in found] == ["reward", "seed"][: 1 + more]
    assert [word.strip() for word in found[0].value[1:-1].split(",")] == words


def _text(value: Any) -> str:
    """A value as a user may write it after an option."""
    return value if isinstance(value, str) else json.dumps(value)


_BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(10**6), 10**6),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "array": st.lists(st.text("abc", min_size=1), min_size=1, max_size=3),
    "object": st.dictionaries(st.text("abc", min_size=1), st.integers(0, 9), min_size=1, max_size=3),
    "null": st.none(),
}
_TYPED = [
    leaf
    for leaf in GRPO.leaves.values()
    if not leaf.choices and leaf.path.partition(".")[0] in ("training", "model", "vllm")
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_TYPED), st.data(), st.booleans())
def test_any_value_of_any_type_is_read_back(leaf: Leaf, data: st.DataObject, by_set: bool) -> None:
    kind = data.draw(st.sampled_from([kind for kind in leaf.types if kind in _BY_TYPE] or ["string"]))
    value = data.draw(_BY_TYPE.get(kind, st.text("abc /", min_size=1).filter(str.strip)))
    text = _text(value)
    given_as = flags_of("--set", f"{leaf.path}={text}") if by_set else flags_of(f"--{leaf.path}={text}")
    if leaf.path == "training.output_dir":
        return
    assert resolve(GRPO, Request(flags=tuple(given_as))).values[leaf.path] == value
