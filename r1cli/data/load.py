"""Loading a dataset in a worker, and giving its rows the shape that TRL trains on."""

from collections.abc import Mapping
from typing import Any

from datasets import Dataset

from r1cli.config.groups.data import Data
from r1cli.data.mix_rows import mix
from r1cli.data.mixture import MIXTURE, HeldOut, read_mixture, read_test_split
from r1cli.data.prompt_template import PROMPT_TEMPLATE, columns_of, fill, read_prompt_template
from r1cli.data.splits import no_column, pick_split, read_splits, to_text
from r1cli.errors import R1Error


def load_rows(data: Data, split: str) -> Dataset:
    """The rows of one split, with ``data.columns`` and ``data.prompt_template`` applied.

    Args:
        data: the config's section.
        split: name of the split; a dataset without splits has only "train". The training split excludes the
            rows that are held out; if there are any, every other name means the held-out rows.

    Raises:
        R1Error: there is no such split or column, or a row lacks a value for its prompt.
    """
    trains = split == data.dataset_train_split
    if not trains and read_test_split(data) is None:
        return _finish(pick_split(_load_splits(data), split, _name(data)), data)
    train, test = load_train_and_test(data, wants_test=not trains)
    return train if test is None else test


def load_train_and_test(data: Data, wants_test: bool) -> tuple[Dataset, Dataset | None]:
    """The rows to train on and, with ``wants_test``, those to test on, maybe held out of the same split.

    Raises:
        R1Error: there is no such split or column, a row lacks a value for its prompt, or no rows are left to
            train on.
    """
    cut = read_test_split(data)
    splits = _load_splits(data)
    train, test = pick_split(splits, data.dataset_train_split, _name(data)), None
    if cut:
        train, test = _divide(train, cut)
    elif wants_test:
        test = pick_split(splits, data.dataset_test_split, _name(data))
    return _finish(train, data), _finish(test, data) if wants_test and test is not None else None


def _name(data: Data) -> str:
    """The dataset's name in messages."""
    return MIXTURE if data.dataset_mixture else str(data.dataset_name)


def _load_splits(data: Data) -> Mapping[str, Dataset]:
    """Every split of the dataset; a mixture has only the training split."""
    if data.dataset_mixture:
        return {data.dataset_train_split: mix(read_mixture(data.dataset_mixture, MIXTURE))}
    return read_splits(str(data.dataset_name), data.dataset_config, "data.dataset_name")


def _finish(rows: Dataset, data: Data) -> Dataset:
    return _as_text(_make_prompts(_rename(rows, data.columns), data.prompt_template))


def _divide(rows: Dataset, cut: HeldOut) -> tuple[Dataset, Dataset]:
    """The rows to train on, and the held-out rows."""
    held_out = int(cut.size) if cut.size >= 1 else max(1, round(cut.size * len(rows)))
    if held_out >= len(rows):
        raise R1Error(
            f"holding out {held_out} of {len(rows)} rows leaves none to train on",
            where=cut.where,
            fix="hold out fewer",
        )
    divided = rows.train_test_split(test_size=held_out, seed=cut.seed)
    return divided["train"], divided["test"]


def _rename(rows: Dataset, columns: Mapping[str, str]) -> Dataset:
    for new, old in columns.items():
        if old not in rows.column_names:
            raise no_column(old, rows, f"data.columns.{new}")
        if new == old:
            continue
        if new in rows.column_names:
            rows = rows.remove_columns(new)
        rows = rows.rename_column(old, new)
    return rows


def _make_prompts(rows: Dataset, template: str | None) -> Dataset:
    if template is None:
        return rows
    pieces = read_prompt_template(template, PROMPT_TEMPLATE)
    for name in columns_of(pieces):
        if name not in rows.column_names:
            raise no_column(name, rows, PROMPT_TEMPLATE)
    return rows.map(lambda row, number: {"prompt": fill(pieces, row, number)}, with_indices=True)


def _as_text(rows: Dataset) -> Dataset:
    """Prompts and completions as text: a CSV reader turns text that looks like a number into one."""
    return to_text(rows, ("prompt", "completion", "text"))


def shape_rows(rows: Dataset, system_prompt: str | None, takes_chats: bool) -> Dataset:
    """The rows in the format that the model takes: chats if it has a chat template, else unchanged.

    Raises:
        R1Error: there is a system prompt, but no chat template to put it into.
    """
    if takes_chats:
        return as_chat(rows, system_prompt)
    if system_prompt:
        raise R1Error(
            "the model has no chat template, so it cannot take a system prompt",
            where="data.system_prompt",
            fix="remove data.system_prompt, or use a model with a chat template",
        )
    return rows


def as_chat(rows: Dataset, system_prompt: str | None) -> Dataset:
    """Turns plain prompts and completions into chats for the model's chat template.

    A chat without a system prompt gets this one. Rows of plain ``text`` cannot take one, and stay unchanged.
    """
    column = next((name for name in ("prompt", "messages") if name in rows.column_names), None)
    if column is None:
        return rows
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []

    def turn(row: dict[str, Any]) -> dict[str, Any]:
        chat = row[column]
        if isinstance(chat, str):
            chat = [{"role": "user", "content": chat}]
        opened = chat[0]["role"] == "system"
        turned = {column: chat if opened else [*system, *chat]}
        if isinstance(row.get("completion"), str):
            turned["completion"] = [{"role": "assistant", "content": row["completion"]}]
        return turned

    return rows.map(turn)
