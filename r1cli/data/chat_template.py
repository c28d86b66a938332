"""Chat templates: reading ``data.chat_template``, and what a template lets the model continue."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from r1cli.data.source import neighbours
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path

#: The name of the template that r1 brings.
CHATML = "chatml"
#: ChatML, whose turns end with the tokenizer's own end token: a model that has learned it stops there.
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# The end token of a vocabulary that knows ChatML.
_CHATML_END = "<|im_end|>"


def read_chat_template(value: str, where: str) -> str:
    """The template's text: r1's own, that of a file, or the value itself.

    Raises:
        R1Error: there is no such file, or the text is not valid Jinja (not checked without jinja2).
    """
    if value == CHATML:
        return _CHATML
    if "{" not in value and "\n" not in value:
        value, where = _read_file(value, where), value
    if find_spec("jinja2"):
        _check_syntax(value, where)
    return value


def give_chat_template(processor: Any, value: str, where: str) -> None:
    """Gives a tokenizer, or a processor with one, another chat template.

    With ``chatml``, ``<|im_end|>`` becomes the tokenizer's end token where the vocabulary has it: what ends a
    turn ends a completion too.

    Raises:
        R1Error: the template cannot be read, or there is no token that ends a turn.
    """
    processor.chat_template = read_chat_template(value, where)
    tokenizer = getattr(processor, "tokenizer", processor)
    if value != CHATML:
        return
    if _CHATML_END in tokenizer.get_vocab():
        tokenizer.eos_token = _CHATML_END
    elif tokenizer.eos_token is None:
        fix = "give it an eos_token, or name a Jinja file that ends a turn otherwise"
        raise R1Error(f"{CHATML}: the tokenizer has no token that ends a turn", where=where, fix=fix)


def no_chat_template(column: str, where: str) -> R1Error:
    """The error for chats that a model without a chat template is to read."""
    return R1Error(
        f"the model has no chat template for {column}",
        where=where,
        fix=f"give it one: --data.chat_template {CHATML}, or a Jinja file; or use a model that has one",
    )


def find_prefill(processor: Any, prompt: Any, **options: Any) -> str | None:
    """What the chat template writes after the last message, for the model to continue; None without one.

    Args:
        processor: a tokenizer, or a processor with one, and its chat template.
        prompt: one of the prompts, since a template may refuse others.
        options: more variables of the template.
    """
    if isinstance(prompt, str) or not processor.chat_template:
        return None
    tokenizer = getattr(processor, "tokenizer", processor)
    options |= {"chat_template": processor.chat_template, "tokenize": False}
    written, continued = (
        str(tokenizer.apply_chat_template(prompt, add_generation_prompt=more, **options))
        for more in (False, True)
    )
    return continued.removeprefix(written)


def _read_file(name: str, where: str) -> str:
    try:
        return (existing_path(name) or Path(name)).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        otherwise = f"use {CHATML}, name a Jinja file, or give the template itself"
        beside = did_you_mean(name, neighbours(name), otherwise)
        raise R1Error(f"cannot read the chat template '{name}': {reason}", where=where, fix=beside) from None


def _check_syntax(text: str, where: str) -> None:
    import jinja2

    # transformers adds one block, {% generation %}; for the syntax check it is a block like any other.
    known = re.sub(r"(\{%[-+]?\s*)generation\b", r"\1if true", text)
    known = re.sub(r"(\{%[-+]?\s*)endgeneration\b", r"\1endif", known)
    try:
        jinja2.Environment(extensions=["jinja2.ext.loopcontrols"]).compile(known)
    except jinja2.TemplateSyntaxError as error:
        raise R1Error(
            f"the chat template is not valid Jinja: {error.message}",
            where=f"{where}, line {error.lineno} of the template",
        ) from None
