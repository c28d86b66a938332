"""The dataset: that it is there, its columns and rows are those that are needed, and it has a test split."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from r1cli.checks.rows import Used, check_rows, first_rows
from r1cli.checks.subject import Subject
from r1cli.commands import as_typed
from r1cli.config.config import DATASET, MIXTURE, MODEL, TEMPLATE, Config
from r1cli.config.groups.data import Data, TrainingData
from r1cli.config.groups.sampling import Backend
from r1cli.config.model_files import chat_template
from r1cli.data.chat_template import no_chat_template, read_chat_template
from r1cli.data.chats import PROMPT, find_columns, find_shape, how_to_rename, renaming
from r1cli.data.column_names import is_there, missing, names_after
from r1cli.data.local_rows import other_separator
from r1cli.data.mixture import Part, different_columns, read_mixture, read_test_split
from r1cli.data.prompt_template import PROMPT_TEMPLATE, check_prompt_template, columns_of
from r1cli.data.source import Source, find_source, peek_columns
from r1cli.errors import R1Error, did_you_mean_column
from r1cli.evaluate.schema import Evaluate
from r1cli.plugins.types import PASSED

COLUMNS, TEST_SIZE, TEST_SPLIT = "data.columns", "data.test_size", "data.dataset_test_split"
# How people call the columns that rewards read.
_REFERENCES = {
    "solution": ("answer", "final_answer", "expected_answer", "ground_truth", "reference", "target", "gold")
}


def check_data(subject: Subject) -> Iterator[R1Error]:
    config = subject.config
    data = config.find(Data)
    if data is None:
        return
    yield from _template(subject)
    asked, unread = _prompt_columns(subject)
    yield from unread
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
    readable: list[Used] = []
    wrong: list[R1Error] = []
    for source, part in sources:
        try:
            one = Used(
                source, part, _peek(subject, source, part), part.renamed(data.columns), asked is not None
            )
            faults = list(_columns(subject, one, asked))
            separator = other_separator(one.columns or (), source.name) if faults else None
            wrong += [separator] if separator else [*faults, *_for_rewards(subject, one)]
            # What only rewards lack does not keep the rows from being read.
            readable += [] if faults else [one]
        except R1Error as error:
            wrong.append(error)
    yield from wrong
    if not unread:
        for one in readable:
            yield from _cells(subject, one)
        yield from _same_columns(subject, readable) if _is_strict(config) and not wrong else ()
    yield from _evaluation(subject, [source for source, _ in sources])


def _is_strict(config: Config) -> bool:
    """Whether each row must have a prompt: a command that only samples counts those that do not."""
    return config.find(TrainingData) is not None or config.find(Evaluate) is not None


def given_columns(subject: Subject) -> set[str] | None:
    """The columns of the datasets, by the names that the config gives them; None where they are not known."""
    if subject.columns is not None:
        return set(subject.columns)
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


def _prompt_columns(subject: Subject) -> tuple[list[str] | None, list[R1Error]]:
    """The columns that prompts are made of, None when they have a column; and the template's mistakes."""
    template = subject.config.section(Data).prompt_template
    if template is None:
        return None, []
    pieces, errors = check_prompt_template(template, subject.where(PROMPT_TEMPLATE))
    return columns_of(pieces), errors


def _sources(subject: Subject) -> list[tuple[Source, Part]]:
    """Each dataset that is used, and what is used of it."""
    config = subject.config
    data = config.section(Data)
    if data.dataset_mixture:
        where = subject.where(MIXTURE)
        parts = read_mixture(data.dataset_mixture, where, config.items).parts
        return [(_source(subject, part.id, part.entry), part) for part in parts]
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


def _columns(subject: Subject, used: Used, asked: list[str] | None) -> Iterator[R1Error]:
    """Whether the dataset has the columns that are renamed, trained on, and used by prompts."""
    found, part = used.columns, used.part
    if found is None:
        return
    absent = [old for old in (part.columns or {}).values() if not is_there(old, found)]
    for old in absent:
        yield missing(old, found, part.entry, f"'{used.source.name}'")
    if absent:
        return
    kept = names_after(found, part.columns, {})
    first_names: dict[str, str] = {}
    for new, old in used.renamed.items():
        first_names.setdefault(old, new)
    for old, new in first_names.items():
        if not is_there(old, kept):
            yield missing(old, kept, f"{subject.where(COLUMNS)}: {COLUMNS}.{new}")
    columns = set(used.names or ())
    if asked is not None and not part.names(PROMPT):
        for name in sorted(set(asked) - columns):
            fix = did_you_mean_column(name, sorted(columns))
            where = subject.where(PROMPT_TEMPLATE)
            yield R1Error(f"the dataset has no column '{name}'", where=where, fix=fix)
        columns.add(PROMPT)
    yield from _needed(subject, used, sorted(columns))


def _place(used: Used) -> str:
    """A dataset and its columns, for messages."""
    where = f"{used.source.name}: its columns are {', '.join(used.columns or ())}"
    return f"{used.part.entry}: {where}" if used.part.entry else where


def _needed(subject: Subject, used: Used, columns: list[str]) -> Iterator[R1Error]:
    sets = subject.row.columns
    if sets and find_shape(columns, sets) is None:
        fix = _how_to_name(used, columns, sets)
        yield R1Error(
            f"`r1 {as_typed(subject.config.command)}` needs the columns "
            + ", or ".join(" and ".join(names) for names in sets),
            where=_place(used),
            fix=f"{fix}; or see --{PROMPT_TEMPLATE}"
            if {PROMPT} & {name for one in sets for name in one}
            else fix,
        )


def _how_to_name(used: Used, columns: list[str], needed: Sequence[Sequence[str]]) -> str:
    """What to do about a dataset that lacks what is needed: each of a mixture names its own columns."""
    if not used.part.entry:
        return how_to_rename(columns, next(first_rows(used), {}), needed)
    as_it_is = replace(used, part=Part(used.part.id), renamed={})
    found = find_columns(used.columns or (), next(first_rows(as_it_is), {}), needed)
    return used.part.how_to_name(found, used.renamed)


def _for_rewards(subject: Subject, used: Used) -> Iterator[R1Error]:
    """Whether the dataset has the columns that the rewards read, and none with the name of an argument."""
    if used.names is None:
        return
    columns, where, in_mixture = {*used.names}, _place(used), bool(used.part.entry)
    rewards = subject.rewards()[0]
    for reward in rewards:
        for column in sorted(set(reward.columns) - columns - {PROMPT}):
            like = next((name for name in _REFERENCES.get(column, ()) if name in columns), "COLUMN")
            yield R1Error(
                f"reward '{reward.name}' needs the column '{column}'",
                where=where,
                fix=f"name it in this entry, as columns: {{{column}: {like}}}, with all else that is needed"
                if in_mixture
                else renaming({column: like}),
            )
    for column in sorted(PASSED & columns) if rewards else ():
        yield R1Error(
            f"the column '{column}' has the name of an argument that every reward gets",
            where=where,
            fix="leave it out: name in the `columns:` of this entry only what is needed"
            if in_mixture
            else f"give it another name: --columns.own_{column} {column}",
        )


def _cells(subject: Subject, used: Used) -> Iterator[R1Error]:
    """Whether the rows can be used, and the model can read them."""
    shape, is_strict = used.shape(subject.row.columns), _is_strict(subject.config)
    if shape is None:
        return
    try:
        found = check_rows(used, shape, subject.config.section(Data).prompt_template, not is_strict)
    except R1Error as error:
        yield from error.all()
        return
    if not is_strict:
        return  # without a chat template, it samples from the texts of chats
    chat = shape.makes[0] if shape.is_chat() else found
    if chat and _has_no_template(subject):
        yield no_chat_template(chat, f"{subject.where(MODEL)}: {subject.config.get(MODEL)}")


def _has_no_template(subject: Subject) -> bool:
    """Whether the model is known to have no chat template, and is given none."""
    config = subject.config
    data, backend = config.find(TrainingData), config.find(Backend)
    path = "training.chat_template_path"
    given = [
        data and data.chat_template,
        backend and backend.endpoint,
        config.get(path) if config.has(path) else None,
    ]
    name = str(config.get(MODEL) or "") if config.has(MODEL) else ""
    return not any(given) and name not in subject.promised.models and chat_template(name) == ""


def _same_columns(subject: Subject, used: list[Used]) -> Iterator[R1Error]:
    """Whether the datasets of a mixture have the same columns, of those that can be known."""
    known = [(one.source.name, one.columns_after(subject.row.columns)) for one in used]
    known = [(name, columns) for name, columns in known if columns is not None]
    if len(known) > 1:
        names, columns = zip(*known, strict=True)
        if error := different_columns(names, columns, subject.where(MIXTURE)):
            yield error


def _evaluation(subject: Subject, sources: list[Source]) -> Iterator[R1Error]:
    """Whether there is something to evaluate on, when an evaluation is asked for."""
    config = subject.config
    if not config.has("training.eval_strategy"):
        return
    data, strategy = config.section(Data), config.get("training.eval_strategy")
    test_size = data.test_size
    if test_size is not None and TEST_SPLIT in config.values:
        yield R1Error(
            "the test rows are both held out of the training split and a separate split",
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
