"""The recipes for a cold start: a name, and where its distilabel pipeline is built."""

from collections.abc import Mapping
from dataclasses import dataclass

from r1cli.generate.schema import THINK


@dataclass(frozen=True)
class Recipe:
    """One recipe.

    Args:
        builder: ``module:function``; it gets the LLM and the `PipelineSource`, and returns a Pipeline.
        format: of its completions where the user does not choose; None for that of the model.
        columns: that the dataset needs beside the prompt.
        judged: only completions that the first reward finds correct are kept.
        has_examples: it shows worked examples.
    """

    builder: str
    format: str | None = THINK
    columns: tuple[str, ...] = ()
    judged: bool = False
    has_examples: bool = False


_HERE = "r1cli.generate.cold_start"

#: Their names are in the schema as well.
RECIPES: Mapping[str, Recipe] = {
    "few-shot": Recipe(f"{_HERE}.few_shot:build", has_examples=True),
    "direct": Recipe(f"{_HERE}.direct:build"),
    "refine": Recipe(f"{_HERE}.refine:build", columns=("completion",), judged=True),
    "teacher": Recipe(f"{_HERE}.teacher:build", format=None),
}
