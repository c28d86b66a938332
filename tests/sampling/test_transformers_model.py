"""Sampling with transformers: what a model's context holds."""

from pathlib import Path

from r1cli.config.groups.model import Model
from r1cli.sampling.store import Completion, Failure
from r1cli.sampling.transformers_model import Sampler


def test_a_prompt_that_does_not_fit_is_refused_and_the_others_are_completed(tiny: Path) -> None:
    sampler = Sampler(Model(model_name_or_path=str(tiny / "model"), dtype="float32"), 64)
    sampler.choose(0, 8)
    short, long = ([{"role": "user", "content": text}] for text in ("1+1", "1+" * 60 + "1"))
    tokens: list[tuple[int, int]] = []
    first, refused, last = sampler.sample(
        [short, long, short], 0, lambda number, most: tokens.append((number, most))
    )
    assert tokens[0] == (1, 8) and len(tokens) == tokens[-1][0] <= 8
    assert isinstance(first, Completion) and first == last and first.prompt_tokens + 8 <= 64
    assert isinstance(refused, Failure) and refused.reason == "too long for the context"
    assert refused.message.endswith("tokens, and max_new_tokens 8, of 64")
    assert all(isinstance(one, Failure) for one in sampler.sample([long], 0))
