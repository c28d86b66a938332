"""Rows as the trainers see them, token by token: the work of ``r1 data show`` and ``stats``.

This follows TRL's own preparation of rows for SFT: which tokens of a row are trained on, and where it is cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from r1cli.data.chats import COMPLETION, MESSAGES, PROMPT, TEXT
from r1cli.errors import R1Error

#: Tokens that the loss is of; those that only come before them; those beyond the length limit.
TRAINED, CONTEXT, CUT = "trained", "context", "cut"


@dataclass(frozen=True)
class Loss:
    """Which tokens of a row are trained on, by TRL's names for it.

    Args:
        completion_only: only the completion; None means so where the row has one.
        assistant_only: only what the assistant says.
        max_length: the tokens of a row that are used; None for all.
    """

    completion_only: bool | None = None
    assistant_only: bool = False
    max_length: int | None = None


@dataclass(frozen=True)
class Tokens:
    """A row as tokens, with what becomes of each; ``prompt`` is the number of those before a completion."""

    ids: list[int]
    kinds: list[str]
    prompt: int

    def pieces(self, tokenizer: Any) -> list[tuple[str, str]]:
        """The text of tokens next to each other that are of one kind, and the kind."""
        found, start = [], 0
        for kind, group in groupby(self.kinds):
            end = start + len(list(group))
            found.append((str(tokenizer.decode(self.ids[start:end])), kind))
            start = end
        return found


def tokens_of(row: Mapping[str, Any], tokenizer: Any, loss: Loss) -> Tokens:
    """The tokens of a row in r1's shape; a prompt without a completion is what a model continues.

    Args:
        row: with ``messages``, ``prompt`` (and ``completion``) or ``text``; chats if there is a template.
        tokenizer: of the model.
        loss: what is trained on.
    """
    if MESSAGES in row:
        ids, mask = _chat(tokenizer, row, row[MESSAGES], loss.assistant_only)
        return _cut(ids, mask, 0, loss)
    if TEXT in row and PROMPT not in row:
        ids = tokenizer(_ended(row[TEXT], tokenizer))["input_ids"]
        return _cut(ids, [1] * len(ids), 0, loss)
    prompt, completion = row[PROMPT], row.get(COMPLETION)
    if isinstance(prompt, str):
        asked = tokenizer(prompt)["input_ids"]
        whole = (
            asked if completion is None else tokenizer(_ended(prompt + completion, tokenizer))["input_ids"]
        )
        mask = [1] * len(whole)
    else:
        asked, _ = _chat(tokenizer, row, prompt, False, add_generation_prompt=True)
        whole, mask = asked, [1] * len(asked)
        if completion is not None:
            whole, mask = _chat(tokenizer, row, [*prompt, *completion], loss.assistant_only)
    if completion is None:
        return Tokens(whole, [CONTEXT] * len(whole), len(whole))
    shared = next(
        (at for at, (one, other) in enumerate(zip(asked, whole, strict=False)) if one != other), len(asked)
    )
    if loss.completion_only is not False:
        mask = [0] * shared + mask[shared:]
    return _cut(whole, mask, shared, loss)


def _chat(
    tokenizer: Any, row: Mapping[str, Any], chat: Any, assistant_only: bool, **options: Any
) -> tuple[list[int], list[int]]:
    """The tokens of a chat, and which of them are trained on."""
    template = _training_template(tokenizer) if assistant_only else tokenizer.chat_template
    made = tokenizer.apply_chat_template(
        chat,
        chat_template=template,
        tools=row.get("tools"),
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=assistant_only,
        **options,
        **(row.get("chat_template_kwargs") or {}),
    )
    ids = list(made["input_ids"])
    return ids, list(made["assistant_masks"]) if assistant_only else [1] * len(ids)


def _training_template(tokenizer: Any) -> str:
    """The chat template, with marks around what the assistant says: TRL knows those of many models.

    Raises:
        R1Error: there are no marks.
    """
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers

    template = str(tokenizer.chat_template)
    if has_generation_markers(template):
        return template
    try:
        return str(get_training_chat_template(tokenizer) or template)
    except ValueError:
        raise R1Error(
            "the chat template does not mark what the assistant says, so assistant_only_loss cannot be used",
            where="training.assistant_only_loss",
            fix="name one that has {% generation %} around it with --data.chat_template FILE",
        ) from None


def _ended(text: str, tokenizer: Any) -> str:
    end = tokenizer.eos_token or ""
    return text if text.endswith(end) else text + end


def _cut(ids: list[int], mask: list[int], prompt: int, loss: Loss) -> Tokens:
    limit = len(ids) if loss.max_length is None else loss.max_length
    kinds = [CUT if place >= limit else TRAINED if trained else CONTEXT for place, trained in enumerate(mask)]
    return Tokens(ids, kinds, prompt)
