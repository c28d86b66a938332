"""What the recipes have in common: a task that sends a chat, and puts the completion into its format."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import Task

from r1cli.generate.cold_start.layout import joined, split
from r1cli.generate.pipeline_records import FLAW, flaw

#: A batch is a whole chunk of rows: the next one starts when the last completion of a batch has come.
BATCH = 100_000
#: Why a completion is not kept.
NO_PARTS = "no thoughts followed by an answer"

#: Asks for the format in which `layout.split` finds the parts.
TAGS = (
    "Write your thoughts between <think> and </think>. After them write the final answer, with a short "
    "summary of how it is reached, between <answer> and </answer>."
)

Chat = list[dict[str, str]]


class Asking(Task):  # type: ignore[misc]
    """Sends each row's prompt, as a subclass words it.

    Args:
        format: of the completion; None leaves it as the model wrote it.
    """

    format: str | None = None
    input_batch_size: Any = BATCH
    add_raw_output: Any = False
    add_raw_input: Any = False

    @property
    def inputs(self) -> list[str]:
        return ["prompt"]

    @property
    def outputs(self) -> list[str]:
        return ["generation", "model_name"]

    def format_input(self, input: dict[str, Any]) -> Any:
        """What is sent for a row."""
        return input["prompt"]

    def format_output(self, output: str | None, input: dict[str, Any] | None = None) -> dict[str, Any]:
        """The completion, or why it is of no use."""
        if output is None or self.format is None:
            return {"generation": output}
        parts = split(output)
        if parts is None:
            return {"generation": None, FLAW: flaw(self.name, NO_PARTS)}
        return {"generation": joined(*parts, self.format)}


def pipeline_of(name: str, *steps: Any) -> Pipeline:
    """A pipeline of steps, one after the other: each is a class and its arguments."""
    with Pipeline(name) as pipeline:
        made = [step(**arguments) for step, arguments in steps]
        for first, second in pairwise(made):
            first.connect(second)
    return pipeline


def as_chat(prompt: str | Chat) -> Chat:
    """A prompt as a chat."""
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)


def with_request(prompt: str | Chat, request: str) -> Chat:
    """A prompt with a request at the end of its last message."""
    *before, last = as_chat(prompt)
    return [*before, {**last, "content": f"{last['content']}\n\n{request}"}]


def texts(chat: Sequence[dict[str, str]]) -> str:
    """The contents of a chat, without a system prompt."""
    return "\n\n".join(turn["content"] for turn in chat if turn["role"] != "system")
