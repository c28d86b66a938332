"""The group ``data``: where the rows come from, and what is made of them."""

from dataclasses import dataclass
from typing import Any

from r1cli.config.bounds import ABOVE_ZERO, ZERO_OR_MORE
from r1cli.config.section import Section, key


@dataclass(frozen=True)
class Columns(Section):
    """The names of columns: all that rewards alone need of a dataset."""

    group = "data"

    columns: dict[str, str] = key({}, "renames dataset columns, {prompt: question, solution: answer}")


@dataclass(frozen=True)
class Data(Columns):
    """A dataset, or a mixture of several; the first four have the names of TRL's script arguments."""

    dataset_name: str | None = key(
        None, "the dataset: a Hub id, a file or folder (jsonl, json, csv, parquet), or reasoning_gym:TASK"
    )
    dataset_config: str | None = key(None, "the name of one of the dataset's configs")
    dataset_train_split: str = key("train", "the split to train on")
    dataset_test_split: str = key("test", "the split to evaluate on")
    prompt_template: str | None = key(
        None,
        "makes each prompt of the row's columns, as 'Make {target} of {nums}.'; {{ and }} stand for braces",
    )
    system_prompt: str | None = key(None, "opens each chat that has no system prompt of its own")
    dataset_mixture: dict[str, Any] | None = key(
        None,
        "several datasets at once: {datasets: [{id, config, split, columns, weight}], seed, test_split_size}",
    )
    test_size: float | None = key(
        None,
        "holds out this share of the training split (below 1), or this many rows, as the test split",
        range=ABOVE_ZERO,
    )
    split_seed: int = key(42, "of the rows that data.test_size holds out", range=ZERO_OR_MORE)


@dataclass(frozen=True)
class TrainingData(Data):
    """The rows of a training, whose tokenizer may get another chat template."""

    chat_template: str | None = key(
        None, "a Jinja template, or a file of one, in place of the tokenizer's own"
    )
