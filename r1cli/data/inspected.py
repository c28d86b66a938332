"""What the commands that look at a dataset are asked for, and how its rows are loaded for them."""

from collections.abc import Mapping
from typing import Any

from datasets import Dataset

from r1cli.commands import find_command
from r1cli.config.groups.data import TrainingData
from r1cli.data.as_trained import Loss, Tokens, tokens_of
from r1cli.data.chat_template import give_chat_template
from r1cli.data.chats import COMPLETION, PROMPT, PROMPTS
from r1cli.data.load import Needed, load_rows, name_of, shape_rows
from r1cli.errors import R1Error


class Inspected:
    """A dataset that is looked at.

    Args:
        request: ``data``, the section of a config; ``loss``, the fields of `Loss`; ``tokenizer``, the name of
            a model, or None; ``trains``, the command whose rows are shown if the dataset has them.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.data = TrainingData(**request["data"])
        self.loss = Loss(**request["loss"])
        self.where = name_of(self.data)
        self.tokenizer = self._load_tokenizer(request["tokenizer"]) if request["tokenizer"] else None
        self.needed = self._needed(request["trains"])

    def rows(self, *, lenient: bool = False, only: range | None = None) -> Dataset:
        """The rows in r1's shape, and chats if the tokenizer has a template for them."""
        split = self.data.dataset_train_split
        rows = load_rows(self.data, split, self.needed, lenient=lenient, only=only)
        if self.tokenizer is None or lenient:
            return rows
        takes_chats = self.tokenizer.chat_template is not None
        return shape_rows(rows, self.data.system_prompt, takes_chats, self.needed, self.where)

    def tokens(self, number: int, row: Mapping[str, Any]) -> Tokens:
        """The tokens of a row.

        Raises:
            R1Error: the chat template refuses the row.
        """
        from jinja2 import TemplateError

        try:
            return tokens_of(row, self.tokenizer, self.loss)
        except TemplateError as error:
            what = f"the chat template refuses row {number}: {error}"
            raise R1Error(
                what, where=self.where, fix="fix the row, or use --data.chat_template FILE"
            ) from None

    def _needed(self, command: str) -> Needed:
        renamed = {*self.data.columns} | ({PROMPT} if self.data.prompt_template else set())
        trained = find_command(command).columns
        # Whoever names the prompts wants to see them.
        first = [(PROMPT, COMPLETION)] if PROMPT in renamed else trained
        return [*first, *PROMPTS]

    def _load_tokenizer(self, name: str) -> Any:
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError) as error:
            what = f"cannot load the tokenizer of '{name}': {error}"
            raise R1Error(what, where="flag --tokenizer", fix="name a model folder, or a Hub id") from None
        if self.data.chat_template:
            give_chat_template(tokenizer, self.data.chat_template, "data.chat_template")
        return tokenizer
