"""lighteval's names of tasks: ``lighteval|math_500|0|0`` is math_500, without examples in the prompt."""

from collections.abc import Container

from r1cli.errors import R1Error

# The tasks of lighteval 0.13 that run what the model has written, in lighteval's own process.
_EXECUTING = "lcb:"

_ITSELF = "run the task with lighteval itself"
_OTHERWISE = f"name one of `r1 evaluate list`, or {_ITSELF}"


def is_task(text: str) -> bool:
    """Whether a name is one of lighteval's strings, ``SUITE|TASK|SHOTS`` or ``TASK|SHOTS``."""
    return "|" in text


def task_of(text: str, where: str, known: Container[str] = ()) -> str:
    """The task of one of lighteval's strings.

    Args:
        text: the string.
        where: for messages.
        known: the tasks that r1 measures.

    Raises:
        R1Error: it asks for examples in the prompt, or for parameters of metrics.
    """
    parts = [part.strip() for part in text.split("|")]
    # The number of examples follows the name; older versions have a last part, whether to drop some of them.
    numbers = len([part for part in parts if part.isdecimal()])
    names = parts[: len(parts) - numbers]
    if not numbers or len(names) not in (1, 2) or not names[-1]:
        fix = "write SUITE|TASK|0|0, or the name of a benchmark"
        raise R1Error(f"'{text}' is not a task of lighteval", where=where, fix=fix)
    task, _, parameters = names[-1].partition("@")
    if int(parts[len(names)]):
        what = f"'{text}' asks for {parts[len(names)]} examples in the prompt, and r1 measures without any"
        raise R1Error(
            what, where=where, fix=f"evaluate {task}, or {_ITSELF}" if task in known else _OTHERWISE
        )
    if parameters:
        what = f"'{text}' sets parameters of lighteval's metrics"
        raise R1Error(what, where=where, fix=f"evaluate {task} with --samples, which gives avg@n and pass@k")
    return task


def executes_programs(task: str) -> bool:
    """Whether a task of lighteval runs the model's programs itself, without a sandbox."""
    return any(part.strip().startswith(_EXECUTING) for part in task.split("|"))
