"""A reward from a trained classifier."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import as_chat, question
from r1cli import texts


def reward_model(
    completions: Sequence[Any],
    prompts: Sequence[Any],
    *,
    model: str,
    batch_size: int = 8,
    device: str | None = None,
    max_length: int = 2048,
    template: str | None = None,
    activation: str = "none",
    **kwargs: Any,
) -> list[float]:
    """The first logit of a sequence classifier for prompt and completion: any number, or 0.0 to 1.0.

    The model is loaded once per process. It reads the chat in the format of its tokenizer's template; without
    a template, question and completion as a pair of texts.

    Args:
        model: a Hugging Face model id or folder that AutoModelForSequenceClassification loads.
        batch_size: completions per forward pass.
        device: torch's name of it; by default the process's own GPU, or the CPU without one.
        max_length: tokens of prompt and completion together; longer texts are cut at the end.
        template: a Jinja chat template to use instead of the tokenizer's own.
        activation: "none" for the logit itself, "sigmoid" for a value between 0.0 and 1.0.

    Source: DeepSeek-R1 (arXiv:2501.12948), section 2.3.4, with reward models for helpfulness and
    harmlessness.
    """
    limits.reward_model(batch_size=batch_size, max_length=max_length, activation=activation)
    pairs = list(zip(prompts, completions, strict=True))
    return [
        score
        for start in range(0, len(pairs), batch_size)
        for score in _score(
            pairs[start : start + batch_size], model, device, max_length, template, activation
        )
    ]


def _score(
    pairs: Sequence[tuple[Any, Any]],
    model: str,
    device: str | None,
    max_length: int,
    template: str | None,
    activation: str,
) -> list[float]:
    import torch

    tokenizer, network = _load(model, device)
    limits = {"padding": True, "truncation": True, "max_length": max_length, "return_tensors": "pt"}
    if template or tokenizer.chat_template:
        chats = [[*as_chat(prompt, "user"), *as_chat(reply, "assistant")] for prompt, reply in pairs]
        written = tokenizer.apply_chat_template(chats, chat_template=template, tokenize=False)
        # The template has already added the special tokens.
        inputs = tokenizer(written, add_special_tokens=False, **limits)
    else:
        questions = [question(prompt) for prompt, _ in pairs]
        inputs = tokenizer(questions, texts([reply for _, reply in pairs]), **limits)
    with torch.inference_mode():
        logits = network(**inputs.to(network.device)).logits[:, 0].float()
    scores: list[float] = (logits.sigmoid() if activation == "sigmoid" else logits).tolist()
    return scores


@contextmanager
def _not_sharded() -> Iterator[None]:
    """Makes transformers load a whole model on each rank: under ZeRO-3 it shards every model.

    Only the trained model has an engine that gathers its shards.
    """
    from transformers.integrations import deepspeed

    trained = deepspeed._hf_deepspeed_config_weak_ref
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        deepspeed._hf_deepspeed_config_weak_ref = trained


@cache
def _load(model: str, device: str | None) -> tuple[Any, Any]:
    """Tokenizer and model, ready to judge."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    with _not_sharded():
        network = AutoModelForSequenceClassification.from_pretrained(model)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if network.config.pad_token_id is None:
        # A decoder scores a row's last token, and must know which tokens are padding.
        network.config.pad_token_id = tokenizer.pad_token_id
    own = f"cuda:{torch.cuda.current_device()}" if torch.cuda.is_available() else "cpu"
    return tokenizer, network.eval().to(device or own)
