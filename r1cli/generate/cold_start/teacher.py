"""``--recipe teacher``: plain distillation. The model completes each prompt as it is."""

from typing import Any

from distilabel.pipeline import Pipeline

from r1cli.generate.cold_start.asking import Asking, pipeline_of
from r1cli.generate.pipeline_source import PipelineSource


def build(llm: Any, source: PipelineSource) -> Pipeline:
    return pipeline_of("r1_teacher", (Asking, {"name": "teacher", "llm": llm, "format": source.format}))
