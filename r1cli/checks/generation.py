"""What completions are kept, and what a second try of those that were cut off needs."""

from collections.abc import Iterator

from r1cli.checks.data import given_columns
from r1cli.checks.subject import Subject
from r1cli.config.config import DATASET, PIPELINE, REWARDS
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import Backend
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path
from r1cli.generate.cold_start.registry import RECIPES
from r1cli.generate.pipeline_source import check_pipeline
from r1cli.generate.schema import (
    ALL,
    BEST,
    CORRECT,
    FILTERS,
    OWN_COLUMNS,
    RETRY,
    SCORE_COLUMNS,
    Generate,
    RowSampling,
)
from r1cli.sampling.settings import IN_PROCESS
from r1cli.services.model_server import ENGINE
from r1cli.services.server_section import EvaluationServer

KEEP, FILTER, RETRY_LIMIT = "generate.keep", "generate.filters", "generate.retry_max_new_tokens"
PRICE = "sampling.price"
RECIPE = "generate.recipe"
FORMAT, EXAMPLES = "generate.format", "generate.examples"


def check_generation(subject: Subject) -> Iterator[R1Error]:
    yield from _price(subject)
    generate = subject.config.find(Generate)
    if generate is None:
        return
    yield from _recipe(subject, generate)
    yield from _pipeline(subject, generate)
    if subject.has(KEEP):
        yield from _keep(subject, generate.keep)
    for name in generate.filters if subject.has(FILTER) else ():
        if name not in FILTERS:
            fix = did_you_mean(name, FILTERS, f"the filters are {', '.join(FILTERS)}")
            yield R1Error(f"unknown filter '{name}'", where=subject.where(FILTER), fix=fix)
    limit = generate.retry_max_new_tokens
    if limit is None or not subject.has(RETRY_LIMIT, "sampling.max_new_tokens"):
        return
    if generate.on_truncated != RETRY:
        yield R1Error(
            "a length limit for retries is set, but nothing is tried again",
            where=subject.where(RETRY_LIMIT),
            fix="add --on-truncated retry, or leave it out",
        )
    shorter = subject.config.section(RowSampling).max_new_tokens
    if limit <= shorter:
        yield R1Error(
            f"a retry with at most {limit} tokens ends where the first try did, at {shorter}",
            where=subject.where(RETRY_LIMIT, "sampling.max_new_tokens"),
            fix=f"set it above {shorter}",
        )


def generation_warnings(subject: Subject) -> Iterator[str]:
    """A warning if the dataset has columns that those of the completions replace."""
    if subject.config.find(Generate) is None:
        return
    own = (*OWN_COLUMNS, *(SCORE_COLUMNS if subject.rewards()[0] else ()))
    replaced = [name for name in own if name in (given_columns(subject) or ())]
    if replaced:
        yield (
            f"the dataset's columns {', '.join(replaced)} are replaced by those of the completions; "
            "--columns.NEW OLD gives one another name"
        )


def _keep(subject: Subject, keep: str | int) -> Iterator[R1Error]:
    where = subject.where(KEEP)
    is_number = isinstance(keep, int) and not isinstance(keep, bool)
    if keep not in (ALL, CORRECT, BEST) and not (is_number and int(keep) >= 1):
        what = f"{KEEP}: expected {ALL}, {CORRECT}, {BEST} or a number of 1 or more, found '{keep}'"
        yield R1Error(what, where=where, fix=did_you_mean(str(keep), (ALL, CORRECT, BEST)))
    elif keep != ALL and not subject.config.section(Rewards).reward_funcs and subject.has(REWARDS):
        yield R1Error(
            f"keeping '{keep}' needs rewards that say which completions are better",
            where=where,
            fix="add --reward accuracy, or another reward",
        )


def _recipe(subject: Subject, generate: Generate) -> Iterator[R1Error]:
    """What a recipe needs, and settings that only recipes have."""
    recipe = RECIPES.get(generate.recipe or "") if subject.has(RECIPE) else None
    if recipe and recipe.judged and not subject.config.section(Rewards).reward_funcs and subject.has(REWARDS):
        yield R1Error(
            f"the recipe {generate.recipe} keeps only what is still right, and needs a reward that says so",
            where=subject.where(RECIPE),
            fix="add --reward accuracy, or another reward",
        )
    columns = given_columns(subject) if recipe and recipe.columns else None
    missing = [name for name in recipe.columns if name not in columns] if recipe and columns else []
    if missing:
        yield R1Error(
            f"the recipe {generate.recipe} needs a column {missing[0]}: the raw completions",
            where=subject.where(DATASET),
            fix="make them first: r1 generate ..., then --dataset RUN; or name it: "
            f"--columns.{missing[0]} NAME",
        )
    for path, fits in ((FORMAT, bool(recipe)), (EXAMPLES, bool(recipe and recipe.has_examples))):
        if subject.has(path, RECIPE) and subject.config.get(path) and not fits:
            which = "the recipe few-shot" if path == EXAMPLES else "a recipe"
            fix = f"add --recipe {'few-shot' if path == EXAMPLES else 'teacher'}, or leave it out"
            yield R1Error(f"{path} works with {which} only", where=subject.where(path), fix=fix)
    examples = existing_path(generate.examples) if generate.examples and subject.has(EXAMPLES) else None
    if generate.examples and subject.has(EXAMPLES) and not (examples and examples.is_file()):
        what = f"there is no file of examples '{generate.examples}'"
        yield R1Error(what, where=subject.where(EXAMPLES), fix="check the path")


def _pipeline(subject: Subject, generate: Generate) -> Iterator[R1Error]:
    """A pipeline file, and what pipelines of any kind cannot be used with."""
    if generate.pipeline and subject.has(PIPELINE):
        try:
            check_pipeline(generate.pipeline, subject.where(PIPELINE))
        except R1Error as error:
            yield error
    if not (generate.pipeline or generate.recipe) or not subject.has(PIPELINE, RECIPE):
        return
    if generate.pipeline and generate.recipe:
        yield R1Error(
            "a recipe and a pipeline file are both requested",
            where=subject.where(RECIPE, PIPELINE),
            fix="keep one of them",
        )
    if subject.has(ENGINE) and subject.config.section(EvaluationServer).engine == IN_PROCESS:
        yield R1Error(
            "the steps of a pipeline share the model, so it cannot be loaded in process",
            where=subject.where(ENGINE),
            fix="use --engine vllm or transformers, or --endpoint",
        )


def _price(subject: Subject) -> Iterator[R1Error]:
    sampling = subject.config.find(Backend)
    price = sampling.price if sampling and subject.has(PRICE) else None
    if price is not None and not (len(price) == 2 and all(one >= 0 for one in price)):
        yield R1Error(
            f"{PRICE}: expected two numbers, found {price}",
            where=subject.where(PRICE),
            fix="write [PROMPTS, COMPLETIONS], each for a million tokens",
        )
