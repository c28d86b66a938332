"""Whether a dataset fills the batches of GRPO, which TRL otherwise leaves out silently."""

from r1cli.errors import R1Error


def too_few_rows(rows: int, batch: int, group: int, where: str) -> R1Error | None:
    """The error for a dataset with fewer rows than one batch has prompts; None if it has enough.

    Args:
        rows: to train on.
        batch: completions that are generated at a time, on all ranks.
        group: completions of a prompt.
        where: the dataset, for messages.
    """
    prompts = batch // group
    if rows >= prompts:
        return None
    found = f"{rows} row{'' if rows == 1 else 's'} to train on"
    return R1Error(
        f"the dataset has {found}, and one batch takes {prompts} prompts ({batch} completions, {group} of "
        "each): not a single step would be made",
        where=where,
        fix="use more rows, a smaller --training.per_device_train_batch_size, or a larger "
        "--training.num_generations",
    )


def require_steps(steps: int, rows: int) -> None:
    """Refuses the result of a training that made no step: its model is the one that it started from.

    Args:
        steps: those made, earlier attempts included.
        rows: how many it had to train on.

    Raises:
        R1Error: there is none.
    """
    if steps == 0:
        raise R1Error(
            f"the training made no step: {rows} row{'' if rows == 1 else 's'} do not fill one batch",
            where="data.dataset_name",
            fix="use more rows, a smaller --training.per_device_train_batch_size, or leave out "
            "--training.dataloader_drop_last",
            exit_code=1,
        )


def require_whole_batch(rows: int, batch: int, group: int) -> None:
    """Refuses a dataset that does not fill one batch.

    Raises:
        R1Error: it does not.
    """
    if error := too_few_rows(rows, batch, group, "data.dataset_name"):
        raise error
