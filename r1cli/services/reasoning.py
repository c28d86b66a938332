"""Which of vLLM's reasoning parsers separates a model's thoughts from its answer."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

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

# The dictionary in vLLM's `vllm/reasoning/__init__.py` whose keys are the parsers (0.31).
_TABLE = "_REASONING_PARSERS_TO_REGISTER"


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


def known_parsers(python: str) -> tuple[str, ...]:
    """The parsers of the vLLM in an environment; empty if that is not here, or keeps them elsewhere.

    They are read, not imported: an import of vLLM takes seconds.
    """
    for file in Path(python).parent.parent.glob("lib/python*/site-packages/vllm/reasoning/__init__.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == _TABLE:
                return tuple(ast.literal_eval(node.value))
    return ()
