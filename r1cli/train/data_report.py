"""What a trainer makes of the rows, said before the first step."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.runs.data_facts import write_data_facts


def report_data(run_dir: Path, name: str, loaded: Mapping[str, Any], trainer: Any, first: str) -> None:
    """Writes what the data is, for whoever watches the run; rank 0 alone.

    Args:
        run_dir: of the training.
        name: of the dataset.
        loaded: the trainer's arguments, with the rows that were loaded.
        trainer: with the rows that it will train on.
        first: the first row, as the model sees it.
    """
    if trainer.accelerator.is_main_process:
        with suppress(OSError):  # a full disk is reported by what has to be written
            write_data_facts(run_dir, list(_lines(name, loaded, trainer)), first)


def check_data(trainer: Any, given: int) -> None:
    """Refuses to train on nothing.

    Raises:
        R1Error: the trainer has dropped every one of the ``given`` rows.
    """
    if given and not len(trainer.train_dataset):
        length = getattr(trainer.args, "max_length", None)
        raise R1Error(
            f"no row is left to train on: in none of the {given:,} would a token be trained on",
            where="training.max_length" if length else "data.dataset_name",
            fix=(f"raise --max_length above {length:,}; " if length else "")
            + "`r1 data show DATASET --tokenizer MODEL --mask` shows what is trained on",
        )


def first_trained(trainer: Any) -> str:
    """The first row that is trained on, decoded with its special tokens."""
    ids = trainer.train_dataset[0].get("input_ids") if len(trainer.train_dataset) else None
    return "" if ids is None else _tokenizer(trainer).decode(ids)


def first_prompt(trainer: Any) -> str:
    """The first prompt, as completions follow it."""
    if not len(trainer.train_dataset):
        return ""
    prompt, arguments = trainer.train_dataset[0]["prompt"], trainer.args
    if isinstance(prompt, str):
        return prompt
    return str(
        trainer.processing_class.apply_chat_template(
            prompt,
            tools=trainer.tools or None,
            add_generation_prompt=True,
            tokenize=False,
            **(arguments.chat_template_kwargs or {}),
        )
    )


def _lines(name: str, loaded: Mapping[str, Any], trainer: Any) -> Iterator[str]:
    splits = {"train": "train_dataset", "test": "eval_dataset"}
    known = {split: loaded[key] for split, key in splits.items() if loaded.get(key) is not None}
    counted = [
        f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'} to {split}" for split, rows in known.items()
    ]
    yield f"{name}: {', '.join(counted)}"
    if getattr(trainer.args, "packing", False):
        yield f"packed into {len(trainer.train_dataset):,} sequences"
        return
    for split, rows in known.items():
        used = getattr(trainer, splits[split])
        dropped = len(rows) - len(used)
        if dropped > 0:
            yield f"{dropped:,} of the rows to {split} are dropped: no token of them would be trained on"
    cut = _cut(trainer)
    if cut:
        yield f"{cut:,} of the rows to train reach max_length {trainer.args.max_length:,}, and may be cut off"


def _cut(trainer: Any) -> int:
    """How many rows have as many tokens as the limit allows."""
    limit, rows = getattr(trainer.args, "max_length", None), trainer.train_dataset
    if limit is None or "input_ids" not in rows.column_names:
        return 0
    import pyarrow.compute

    # The rows that a filter has left out are still in the table.
    used = rows.select_columns("input_ids").with_format("arrow")[:]
    lengths = pyarrow.compute.list_value_length(used.column("input_ids"))
    return int(pyarrow.compute.sum(pyarrow.compute.greater_equal(lengths, limit)).as_py() or 0)


def _tokenizer(trainer: Any) -> Any:
    processor = trainer.processing_class
    return getattr(processor, "tokenizer", processor)
