"""Numbers that must lie in a range."""

from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.errors import R1Error


def check_ranges(subject: Subject) -> Iterator[R1Error]:
    for path, leaf in subject.config.schema.leaves.items():
        value = subject.config.values.get(path)
        if leaf.range and subject.has(path) and value is not None and value not in leaf.range:
            yield R1Error(
                f"{path}: expected {leaf.range}, found {_shown(value)}",
                where=subject.where(path),
                fix=leaf.fix,
            )
    yield from _every(subject)
    yield from _steps(subject)


def _shown(value: float) -> str:
    # An integer may be too large for a float.
    return f"{value:g}" if isinstance(value, float) else str(value)


def _every(subject: Subject) -> Iterator[R1Error]:
    """A share of all steps below 1, or a whole number of them."""
    for path in ("training.logging_steps", "training.save_steps", "training.eval_steps", "data.test_size"):
        value = subject.config.values.get(path)
        if subject.has(path) and value is not None and value > 1 and value != int(value):
            yield R1Error(
                f"{path}: expected a share below 1 or a whole number, found {value}",
                where=subject.where(path),
                fix=f"set it to {int(value)} or {int(value) + 1}",
            )


def _steps(subject: Subject) -> Iterator[R1Error]:
    """Steps: -1 means "as the epochs say", and the warm-up has to end before they do."""
    max_steps, warmup = "training.max_steps", "training.warmup_steps"
    if not subject.has(max_steps, warmup):
        return
    steps, warm = subject.config.get(max_steps), subject.config.get(warmup)
    if steps == 0 or steps < -1:
        yield R1Error(
            f"{max_steps}: expected 1 or more, or -1 for as many as the epochs have, found {steps}",
            where=subject.where(max_steps),
            fix="its default is -1",
        )
    elif 0 < steps <= warm and warm >= 1:
        yield R1Error(
            f"the warm-up takes {warm:g} steps of {steps}: the learning rate never reaches its value",
            where=subject.where(warmup, max_steps),
            fix=f"set --{warmup} below 1 for a share of the steps, as 0.1",
        )
