"""The tasks of an evaluation, as its worker loads them."""

from typing import Any

from r1cli.config.record import RecordedConfig
from r1cli.evaluate.load_tasks import tasks_of


class Tokenizer:
    """One whose chat template begins the thoughts, as that of DeepSeek-R1's distilled models does."""

    chat_template = "a template"

    def apply_chat_template(self, prompt: Any, add_generation_prompt: bool, **options: Any) -> str:
        return "User: ..." + ("\nAssistant: <think>\n" if add_generation_prompt else "")


def test_rewards_are_told_what_the_template_writes_before_each_completion() -> None:
    groups: dict[str, Any] = {"evaluate": {"benchmarks": ["tiny_sum"], "num_problems": 2}}
    (task,) = tasks_of(RecordedConfig(groups), Tokenizer)
    assert [problem.columns["prefill"] for problem in task.problems] == ["\nAssistant: <think>\n"] * 2
    # The template of somebody else's server is not known.
    groups["sampling"] = {"endpoint": ["http://localhost/v1"]}
    (task,) = tasks_of(RecordedConfig(groups), Tokenizer)
    assert all("prefill" not in problem.columns for problem in task.problems)
