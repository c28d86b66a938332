"""The dataset: that it is there, has the columns that are needed, and a split to evaluate on."""

from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.config.config import DATASET, MIXTURE, TEMPLATE
from r1cli.config.groups.data import Data, TrainingData
from r1cli.data.chat_template import read_chat_template
from r1cli.data.mixture import Part, read_mixture, read_test_split
from r1cli.data.prompt_template import PROMPT_TEMPLATE, columns_of, read_prompt_template
from r1cli.data.source import Source, find_source, peek_columns
from r1cli.errors import R1Error, did_you_mean

COLUMNS, TEST_SIZE, TEST_SPLIT = "data.columns", "data.test_size", "data.dataset_test_split"


def check_data(subject: Subject) -> Iterator[R1Error]:
    config = subject.config
    data = config.find(Data)
    if data is None:
        return
    yield from _template(subject)
    try:
        asked = _prompt_columns(subject)
    except R1Error as error:
        yield error
        asked = []
    if data.dataset_name and data.dataset_mixture:
        yield R1Error(
            "a dataset and a mixture of datasets are both asked for",
            where=subject.where(DATASET, MIXTURE),
            fix=f"keep one: --{DATASET} null, or --{MIXTURE} null",
        )
        return
    try:
        sources = _sources(subject)
        read_test_split(data)
    except R1Error as error:
        yield from error.all()
        return
    for source, part in sources:
        try:
            yield from _columns(subject, source, part, asked)
        except R1Error as error:
            yield error
    yield from _evaluation(subject, [source for source, _ in sources])


def given_columns(subject: Subject) -> set[str] | None:
    """The columns of the datasets, by the names that the config gives them; None where they are not known."""
    data = subject.config.find(Data)
    if data is None:
        return None
    try:
        found = [_peek(subject, source, part) for source, part in _sources(subject)]
    except R1Error:
        return None
    if not found or None in found:
        return None
    return {*data.columns, *(column for columns in found for column in columns or ())}


def _template(subject: Subject) -> Iterator[R1Error]:
    data = subject.config.find(TrainingData)
    if data is None or not data.chat_template:
        return
    try:
        read_chat_template(data.chat_template, subject.where(TEMPLATE))
    except R1Error as error:
        yield error


def _prompt_columns(subject: Subject) -> list[str] | None:
    """The columns that prompts are made of; None when they are a column of their own."""
    template = subject.config.section(Data).prompt_template
    if template is None:
        return None
    return columns_of(read_prompt_template(template, subject.where(PROMPT_TEMPLATE)))


def _sources(subject: Subject) -> list[tuple[Source, Part]]:
    """Each dataset that is used, and what is used of it."""
    config = subject.config
    data = config.section(Data)
    if data.dataset_mixture:
        where = subject.where(MIXTURE)
        return [
            (_source(subject, part.id, where), part)
            for part in read_mixture(data.dataset_mixture, where).parts
        ]
    name = data.dataset_name
    if not name:
        return []
    return [(_source(subject, name, config.origins[DATASET]), Part(name, data.dataset_config))]


def _source(subject: Subject, name: str, where: str) -> Source:
    return Source("file", name) if name in subject.promised.datasets else find_source(name, where)


def _peek(subject: Subject, source: Source, part: Part) -> list[str] | None:
    """The dataset's columns; None where they cannot be known without downloading."""
    if source.name in subject.promised.datasets:
        return list(subject.promised.datasets[source.name])
    return peek_columns(source, part.config)


def _columns(subject: Subject, source: Source, part: Part, asked: list[str] | None) -> Iterator[R1Error]:
    """Whether the dataset has the columns that are renamed, trained on, and used by prompts and rewards."""
    found = _peek(subject, source, part)
    if found is None:
        return
    kept = part.columns or ()
    there = f"its columns are {', '.join(found)}"
    missing = [column for column in kept if column not in found]
    for column in missing:
        fix = did_you_mean(column, found, there)
        where = subject.where(MIXTURE)
        yield R1Error(f"'{source.name}' has no column '{column}'", where=where, fix=fix)
    if missing:
        return
    found = [column for column in found if column in kept] if kept else found
    renamed = subject.config.section(Data).columns
    for new, old in renamed.items():
        if old not in found:
            fix = did_you_mean(str(old), found, there)
            where = f"{subject.where(COLUMNS)}: {COLUMNS}.{new}"
            yield R1Error(f"the dataset has no column '{old}'", where=where, fix=fix)
    columns = (set(found) - set(renamed.values())) | set(renamed)
    if asked is not None:
        for name in sorted(set(asked) - columns):
            fix = did_you_mean(name, columns, f"its columns are {', '.join(sorted(columns))}")
            where = subject.where(PROMPT_TEMPLATE)
            yield R1Error(f"the dataset has no column '{name}'", where=where, fix=fix)
        columns.add("prompt")
    where = f"{source.name}: {there}"
    sets = subject.row.columns
    if sets and not any(columns.issuperset(wanted) for wanted in sets):
        yield R1Error(
            f"`r1 {subject.config.command}` needs the columns "
            + ", or ".join(" and ".join(names) for names in sets),
            where=where,
            fix=f"rename what is there, as --{COLUMNS}.{sets[-1][0]} COLUMN, or see --{PROMPT_TEMPLATE}",
        )
    for reward in subject.rewards()[0]:
        for column in sorted(set(reward.columns) - columns):
            yield R1Error(
                f"reward '{reward.name}' needs the column '{column}'",
                where=where,
                fix=f"rename what is there, as --{COLUMNS}.{column} COLUMN",
            )


def _evaluation(subject: Subject, sources: list[Source]) -> Iterator[R1Error]:
    """Whether there is something to evaluate on, when an evaluation is asked for."""
    config = subject.config
    if not config.has("training.eval_strategy"):
        return
    data, strategy = config.section(Data), config.get("training.eval_strategy")
    test_size = data.test_size
    if test_size is not None and TEST_SPLIT in config.values:
        yield R1Error(
            "the test rows are both held out of the training split and a split of their own",
            where=subject.where(TEST_SIZE, TEST_SPLIT),
            fix=f"keep one of --{TEST_SIZE} and --{TEST_SPLIT}",
        )
    elif "data.split_seed" in config.values and test_size is None:
        yield R1Error(
            "a split seed without a test size splits nothing",
            where=subject.where("data.split_seed"),
            fix=f"set --{TEST_SIZE} 0.1, or leave it out",
        )
    split = data.dataset_train_split
    for source in sources:
        if source.kind in ("file", "reasoning_gym") and split != "train":
            yield R1Error(
                f"'{source.name}' has no split '{split}': all of it is train",
                where=subject.where("data.dataset_train_split"),
                fix="leave dataset_train_split out",
            )
    has_none = any(source.kind in ("file", "reasoning_gym") for source in sources)
    held_out = test_size is not None or (data.dataset_mixture or {}).get("test_split_size")
    if strategy != "no" and has_none and not held_out:
        yield R1Error(
            "an evaluation is asked for, and the dataset has no test split",
            where=subject.where("training.eval_strategy"),
            fix=f"hold rows out with --{TEST_SIZE} 0.1, or set --training.eval_strategy no",
        )
