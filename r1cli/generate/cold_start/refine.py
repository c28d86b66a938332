"""``--recipe refine``: raw completions, as of R1-Zero, made readable by rules and then by a model."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import Step, StepInput

from r1cli.generate.cold_start.asking import BATCH, TAGS, Asking, as_chat, pipeline_of, texts
from r1cli.generate.cold_start.layout import split
from r1cli.generate.pipeline_records import FLAW, flaw
from r1cli.generate.pipeline_source import PipelineSource
from r1cli.verdicts.thoughts import without_tokens

REQUEST = (
    "Below are a problem and the notes of somebody who solved it. Rewrite the notes so that they are easy to "
    "read: one language throughout, the one of the problem; short paragraphs, one for each step; no "
    "repetition, no leftovers of code or markup. Keep every idea, every doubt and every check, in their "
    f"order, and keep the final answer as it is. {TAGS}"
)
#: Why a raw completion is not rewritten.
UNUSABLE = "the raw completion has no thoughts followed by an answer"
_BLANKS, _LINES = re.compile(r"[ \t]+"), re.compile(r"\n{3,}")
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)


def readable(text: str) -> str:
    """A text without special tokens, control characters, code fences, needless blanks and repeated lines."""
    text = _FENCE.sub("", without_tokens(text).replace("\r\n", "\n"))
    kept = "".join(sign for sign in text if sign == "\n" or not _is_control(sign))
    lines: list[str] = []
    for line in (_BLANKS.sub(" ", line).strip() for line in kept.split("\n")):
        if not line or not lines or line != lines[-1]:
            lines.append(line)
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


def _is_control(sign: str) -> bool:
    return sign == "\ufffd" or (sign != "\t" and unicodedata.category(sign)[0] == "C")


class Rules(Step):  # type: ignore[misc]
    """Cleans raw completions by rules, and marks those that cannot be used."""

    input_batch_size: Any = BATCH

    @property
    def inputs(self) -> list[str]:
        return ["completion"]

    @property
    def outputs(self) -> list[str]:
        return ["thoughts", "summary", "raw_completion"]

    def process(self, inputs: StepInput) -> Iterator[list[dict[str, Any]]]:
        for row in inputs:
            raw = row["completion"]
            row.update(_cleaned(raw) or {FLAW: flaw(self.name, UNUSABLE)}, raw_completion=raw)
        yield inputs


def _cleaned(raw: Any) -> dict[str, Any] | None:
    if isinstance(raw, list) and raw and isinstance(raw[-1], dict):
        raw = raw[-1].get("content")  # a completion as a chat
    parts = split(raw) if isinstance(raw, str) else None
    if parts is None:
        return None
    return {"thoughts": readable(parts[0]), "summary": readable(parts[1])}


class Rewrite(Asking):
    """Has the model rewrite what the rules have left."""

    @property
    def inputs(self) -> list[str]:
        return ["prompt", "thoughts", "summary"]

    def format_input(self, input: dict[str, Any]) -> Any:
        problem = texts(as_chat(input["prompt"]))
        notes = f"{input['thoughts']}\n\nFinal answer: {input['summary']}"
        content = f"{REQUEST}\n\n# Problem\n\n{problem}\n\n# Notes\n\n{notes}"
        return [{"role": "user", "content": content}]

    def process(self, inputs: StepInput) -> Iterator[list[dict[str, Any]]]:
        """Completes the rows, and leaves out what the rules have made of them."""
        for rows in super().process(inputs):
            yield [{name: row[name] for name in row if name not in ("thoughts", "summary")} for row in rows]


def build(llm: Any, source: PipelineSource) -> Pipeline:
    rewrite = {"name": "rewrite", "llm": llm, "format": source.format}
    return pipeline_of("r1_refine", (Rules, {"name": "rules"}), (Rewrite, rewrite))
