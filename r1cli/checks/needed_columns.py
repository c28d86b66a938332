"""The columns that a config's rewards, prompts and the like read: a renamed one may be among them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from r1cli.checks.subject import Subject
from r1cli.config.config import COLUMNS, Config
from r1cli.config.groups.data import Data
from r1cli.data.column_names import kept_beside
from r1cli.data.prompt_template import PROMPT_TEMPLATE, columns_of, read_prompt_template
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error
from r1cli.generate.cold_start.registry import RECIPES
from r1cli.generate.schema import Generate


def with_needed_columns(subject: Subject) -> Config:
    """The config, whose ``data.columns`` takes no column away from who reads it under its own name."""
    config = subject.config
    data = config.find(Data)
    if data is None or not data.columns or not subject.has(COLUMNS):
        return config
    columns = kept_beside(data.columns, {*_needed(subject, data)})
    return replace(config, values={**config.values, COLUMNS: columns})


def _needed(subject: Subject, data: Data) -> Iterator[str]:
    sets = subject.row.columns
    # Where a command takes one shape or another, what is renamed decides which.
    yield from set.intersection(*map(set, sets)) if sets and not data.prompt_template else ()
    for reward in subject.rewards()[0]:
        yield from reward.columns
    if data.prompt_template:
        with suppress(R1Error):  # the checks say what is wrong with a template
            yield from columns_of(read_prompt_template(data.prompt_template, PROMPT_TEMPLATE))
    generate, decontaminate = subject.config.find(Generate), subject.config.find(Decontaminate)
    recipe = RECIPES.get(generate.recipe or "") if generate else None
    yield from recipe.columns if recipe else ()
    yield from decontaminate.search_columns if decontaminate else ()
