"""Chat templates: reading ``data.chat_template``, and what a template lets the model continue."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from r1cli.data.source import neighbours
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path


def read_chat_template(value: str, where: str) -> str:
    """The template's text, read from its file if the value names one.

    Raises:
        R1Error: there is no such file, or the text is not valid Jinja (not checked without jinja2).
    """
    if "{" not in value and "\n" not in value:
        value, where = _read_file(value, where), value
    if find_spec("jinja2"):
        _check_syntax(value, where)
    return value


def no_chat_template(column: str, where: str) -> R1Error:
    """The error for chats that a model without a chat template is to read."""
    return R1Error(
        f"the model has no chat template for {column}",
        where=where,
        fix="give it one with --data.chat_template FILE, or use a model that has one",
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
        beside = did_you_mean(name, neighbours(name), "name a Jinja file, or give the template itself")
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
