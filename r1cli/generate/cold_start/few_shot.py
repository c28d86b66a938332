"""``--recipe few-shot``: worked examples with long reasoning are in front of each prompt."""

from typing import Any

from distilabel.pipeline import Pipeline

from r1cli.generate.cold_start.asking import TAGS, Asking, Chat, as_chat, pipeline_of, with_request
from r1cli.generate.cold_start.worked_examples import EXAMPLES, Example, read_examples
from r1cli.generate.pipeline_source import PipelineSource


class FewShot(Asking):
    """Shows the examples as earlier turns of the chat.

    Args:
        examples: each a prompt and its completion.
    """

    examples: list[Example]

    def format_input(self, input: dict[str, Any]) -> Any:
        prompt = as_chat(input["prompt"])
        system = [turn for turn in prompt if turn["role"] == "system"]
        shown: Chat = []
        for example in self.examples:
            shown += with_request(example["prompt"], TAGS)
            shown.append({"role": "assistant", "content": example["completion"]})
        return [*system, *shown, *with_request(prompt[len(system) :], TAGS)]


def build(llm: Any, source: PipelineSource) -> Pipeline:
    examples = list(EXAMPLES) if source.examples is None else read_examples(source.examples)
    arguments = {"name": "few_shot", "llm": llm, "format": source.format, "examples": examples}
    return pipeline_of("r1_few_shot", (FewShot, arguments))
