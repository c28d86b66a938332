"""``--recipe direct``: the model is asked for a detailed answer with reflection and verification."""

from typing import Any

from distilabel.pipeline import Pipeline

from r1cli.generate.cold_start.asking import TAGS, Asking, pipeline_of, with_request
from r1cli.generate.pipeline_source import PipelineSource

REQUEST = (
    "Think this through in detail before you answer. Go step by step; after each step, reflect on whether it "
    "is right, and try another way where it is not. When you have a result, verify it, for example by "
    f"putting it into the problem or by a second way, and correct it if need be. {TAGS}"
)


class Direct(Asking):
    """Asks for reflection and verification."""

    def format_input(self, input: dict[str, Any]) -> Any:
        return with_request(input["prompt"], REQUEST)


def build(llm: Any, source: PipelineSource) -> Pipeline:
    return pipeline_of("r1_direct", (Direct, {"name": "direct", "llm": llm, "format": source.format}))
