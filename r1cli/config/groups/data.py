"""The group ``data``: where the rows come from, and what is made of them."""

from typing import Any

from r1cli.config.bounds import ABOVE_ZERO, ZERO_OR_MORE
from r1cli.config.section import Section, key


class Columns(Section):
    """The names of columns: all that rewards alone need of a dataset."""

    group = "data"

    columns: dict[str, str] = key("renames dataset columns, {prompt: question, solution: answer}", default={})


class Data(Columns):
    """A dataset, or a mixture of several; the first four have the names of TRL's script arguments."""

    dataset_name: str | None = key(
        "the dataset: a Hub id, a file or folder (jsonl, json, csv, parquet), or reasoning_gym:TASK",
        default=None,
    )
    dataset_config: str | None = key("the name of one of the dataset's configs", default=None)
    dataset_train_split: str = key("the split to train on", default="train")
    dataset_test_split: str = key("the split to evaluate on", default="test")
    prompt_template: str | None = key(
        "makes each prompt of the row's columns, as 'Make {target} of {nums}.'; {{ and }} stand for braces",
        default=None,
    )
    system_prompt: str | None = key("opens each chat that has no system prompt", default=None)
    dataset_mixture: dict[str, Any] | None = key(
        "several datasets at once: {datasets: [{id, config, split, columns, weight}], seed, test_split_size}",
        default=None,
    )
    test_size: float | None = key(
        "holds out this share of the training split (below 1), or this many rows, as the test split",
        default=None,
        range=ABOVE_ZERO,
    )
    split_seed: int = key("of the rows that data.test_size holds out", default=42, range=ZERO_OR_MORE)


class TrainingData(Data):
    """The rows of a training, whose tokenizer may get another chat template."""

    chat_template: str | None = key(
        "chatml, a Jinja template, or a file of one, in place of the tokenizer's own", default=None
    )
