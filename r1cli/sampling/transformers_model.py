"""Samples completions from a model with transformers, in this process."""

from collections.abc import Callable
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria, StoppingCriteriaList

from r1cli.config.groups.model import Model
from r1cli.sampling.response import overflow
from r1cli.sampling.settings import NEUTRAL
from r1cli.sampling.store import Completion, Outcome


class Sampler:
    """A model and its tokenizer, ready to complete chats after a call of `choose`.

    Args:
        model: which one it is.
        context: tokens of a prompt and its completion together, at most; None for any number.
    """

    def __init__(self, model: Model, context: int | None = None) -> None:
        self.context = context
        name, revision = str(model.model_name_or_path), model.model_revision
        self.tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, padding_side="left")
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model: Any = AutoModelForCausalLM.from_pretrained(name, revision=revision, dtype=model.dtype)
        self.model.to(self.device).eval()

    def choose(self, temperature: float, max_new_tokens: int, **more: Any) -> None:
        """Sets how completions are sampled from now on.

        Args:
            temperature: 0 decodes greedily.
            max_new_tokens: the length limit of a completion.
            more: arguments of transformers' ``generate``; sampling options are ignored at temperature 0.
        """
        warm = {"temperature": temperature} if temperature > 0 else {}
        self.sampling = {
            "do_sample": temperature > 0,
            **NEUTRAL,
            **warm,
            "max_new_tokens": max_new_tokens,
            **more,
        }

    def sample(
        self, prompts: list[Any], seed: int, on_token: Callable[[int, int], None] | None = None
    ) -> list[Outcome]:
        """One completion per prompt, or why there is none: transformers itself goes beyond the context.

        Args:
            prompts: chats, or strings for a model without a chat template.
            seed: for this batch alone, so that batches can be sampled in any order.
            on_token: called after each token with how many there are, and how many there may be.

        Returns:
            One for each prompt, with the ids of its tokens.
        """
        inputs = self._encode(prompts).to(self.device)
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        most = self.sampling["max_new_tokens"]
        refused = [overflow(length, most, self.context) for length in lengths]
        if any(refused):
            fitting = [prompt for prompt, failure in zip(prompts, refused, strict=True) if not failure]
            completed = iter(self.sample(fitting, seed, on_token) if fitting else ())
            return [failure or next(completed) for failure in refused]
        watch = _Watch(inputs["input_ids"].shape[1], most, on_token)
        torch.manual_seed(seed)
        with torch.inference_mode():
            output = self.model.generate(
                **inputs, **self.sampling, stopping_criteria=StoppingCriteriaList([watch])
            )
        new = output[:, inputs["input_ids"].shape[1] :].tolist()
        ended = [self._end(ids) for ids in new]
        ids = [row if end is None else row[:end] for row, end in zip(new, ended, strict=True)]
        texts = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        return [
            Completion(text, "length" if end is None else "stop", len(row), row, length)
            for text, row, end, length in zip(texts, ids, ended, lengths, strict=True)
        ]

    def _encode(self, prompts: list[Any]) -> Any:
        options = {"padding": True, "return_tensors": "pt"}
        if isinstance(prompts[0], str):
            return self.tokenizer(prompts, **options)
        return self.tokenizer.apply_chat_template(
            prompts, add_generation_prompt=True, return_dict=True, **options
        )

    def _end(self, ids: list[int]) -> int | None:
        """The index of the first end-of-sequence token, or None."""
        stops = self.model.generation_config.eos_token_id
        stops = {stops} if isinstance(stops, int) else set(stops or [self.tokenizer.eos_token_id])
        return next((position for position, token in enumerate(ids) if token in stops), None)


class _Watch(StoppingCriteria):  # type: ignore[misc]
    """Sees each token, and stops nothing."""

    def __init__(self, prompt: int, most: int, on_token: Callable[[int, int], None] | None) -> None:
        self.prompt, self.most, self.on_token = prompt, most, on_token

    def __call__(self, input_ids: torch.Tensor, scores: Any, **more: Any) -> torch.Tensor:
        if self.on_token:
            self.on_token(input_ids.shape[1] - self.prompt, self.most)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
