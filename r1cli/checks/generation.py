"""What completions are kept, and what a second try of those that were cut off needs."""

from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.config.config import REWARDS
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import Backend
from r1cli.errors import R1Error, did_you_mean
from r1cli.generate.schema import ALL, BEST, CORRECT, FILTERS, RETRY, Generate, RowSampling

KEEP, FILTER, RETRY_LIMIT = "generate.keep", "generate.filters", "generate.retry_max_new_tokens"
PRICE = "sampling.price"


def check_generation(subject: Subject) -> Iterator[R1Error]:
    yield from _price(subject)
    generate = subject.config.find(Generate)
    if generate is None:
        return
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


def _keep(subject: Subject, keep: str | int) -> Iterator[R1Error]:
    where = subject.where(KEEP)
    is_number = isinstance(keep, int) and not isinstance(keep, bool)
    if keep not in (ALL, CORRECT, BEST) and not (is_number and int(keep) >= 1):
        what = f"{KEEP}: expected {ALL}, {CORRECT}, {BEST} or a number of 1 or more, found '{keep}'"
        yield R1Error(what, where=where)
    elif keep != ALL and not subject.config.section(Rewards).reward_funcs and subject.has(REWARDS):
        yield R1Error(
            f"keeping '{keep}' needs rewards that say which completions are better",
            where=where,
            fix="add --reward accuracy, or another reward",
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
