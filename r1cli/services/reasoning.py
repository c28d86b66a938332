"""Which of vLLM's reasoning parsers separates a model's thoughts from its answer."""

import re
from dataclasses import dataclass

from r1cli.config.model_files import chat_template, text_config


@dataclass(frozen=True)
class _Family:
    """Models that one parser reads.

    Args:
        parser: vLLM's name for it.
        types: a regular expression for ``model_type`` in the config.
        template: a regular expression for the chat template.
        names: a regular expression for the model's name, if its files are not on this machine.
    """

    parser: str
    types: str
    template: str
    names: str


# From vLLM's table of supported models ("Reasoning Outputs", 0.31). A chat template tells more than a name:
# Qwen3's non-thinking models lack the switch, and the parser would treat all of their output as thoughts.
# The templates of DeepSeek's distills, QwQ and Qwen3's thinking models add <think> to the prompt.
_FAMILIES = (
    _Family("qwen3", r"qwen3.*", r"enable_thinking", r"qwen3-[\d.]+b(-a\d+b)?"),
    _Family(
        "deepseek_r1",
        r".*",
        r"(<\uff5cAssistant\uff5c>|<\|im_start\|>assistant(\\n|\n))<think>",
        r"(deepseek-r1|qwq-32b|qwen3-.*-thinking).*",
    ),
)


def reasoning_parser(model: str) -> str | None:
    """The parser for a model, by its chat template or, if that is not on this machine, by its name.

    None for a model outside of the table: its output stays unchanged, thoughts included.
    """
    template = chat_template(model)
    kind, name = str(text_config(model).get("model_type", "")), model.rpartition("/")[2].lower()
    for family in _FAMILIES:
        if template is None:
            fits = re.fullmatch(family.names, name)
        else:
            fits = re.fullmatch(family.types, kind) and re.search(family.template, template)
        if fits:
            return family.parser
    return None
