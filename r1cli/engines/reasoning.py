"""Which of vLLM's reasoning parsers tells a model's thoughts from its answer."""

import re
from dataclasses import dataclass

from r1cli.config.model_files import chat_template, text_config


@dataclass(frozen=True)
class _Family:
    """Models that one parser reads.

    Args:
        parser: vLLM's name of it.
        types: ``model_type`` in the config, a regular expression.
        template: what the chat template of such a model holds, another.
        names: what the model is called, where its files are not at hand.
    """

    parser: str
    types: str
    template: str
    names: str


# From vLLM's table of supported models ("Reasoning Outputs", 0.31). A chat template says more than a name:
# Qwen3's models that do not think lack the switch, and with the parser all that they say would count as
# thoughts. DeepSeek's distills, QwQ and Qwen3's thinking models are given their <think> by the template.
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
    """The parser of a model, by its chat template or, where that is not at hand, by its name.

    None for a model that is in no family of the table: what it says comes as it is, thoughts and all.
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
