"""The reward of a classifier: a tiny one, with random weights."""

from pathlib import Path
from typing import Any

import pytest
from r1_rewards.model import reward_model

from tests.classifier import logit_by_hand, save_classifier

pytestmark = pytest.mark.e2e

CHATS = [("1+1?", "2"), ("and 2+2?", "it is four, I think"), ("so?", "")]


@pytest.fixture(scope="module", params=["template", "pair"])
def classifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder; its tokenizer has a chat template, or does not have one."""
    path = tmp_path_factory.mktemp(request.param)
    save_classifier(path, with_template=request.param == "template")
    return path


def test_scores_are_the_logits_whatever_the_batch(classifier: Path) -> None:
    expected = [logit_by_hand(classifier, *chat) for chat in CHATS]
    assert len(set(expected)) == 3
    prompts, replies = [prompt for prompt, _ in CHATS], [reply for _, reply in CHATS]
    settings: dict[str, Any] = {"model": str(classifier), "device": "cpu"}
    for size in (1, 2, 8):
        assert reward_model(replies, prompts, batch_size=size, **settings) == pytest.approx(
            expected, abs=1e-5
        )
    chats = [[{"role": "assistant", "content": reply}] for reply in replies]
    asked = [[{"role": "user", "content": prompt}] for prompt in prompts]
    assert reward_model(chats, asked, **settings) == pytest.approx(expected, abs=1e-5)
    assert reward_model([], [], **settings) == []


def test_activation_length_limit_and_template(classifier: Path) -> None:
    import torch

    settings: dict[str, Any] = {"model": str(classifier), "device": "cpu"}
    logit = logit_by_hand(classifier, "1+1?", "2")
    found = reward_model(["2"], ["1+1?"], activation="sigmoid", **settings)
    assert found == pytest.approx([float(torch.tensor(logit).sigmoid())], abs=1e-5)
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    scores = [
        reward_model([reply], ["1+1?"], template=template, max_length=6, **settings)
        for reply in ("22", "22345")
    ]
    assert scores[0] == scores[1]
    assert scores[0] != reward_model(["22345"], ["1+1?"], template=template, **settings)


def test_what_must_be_set() -> None:
    with pytest.raises(ValueError, match="activation"):
        reward_model(["a"], ["b"], model="m", activation="tanh")
