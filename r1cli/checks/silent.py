"""Settings that are right, and without another have no effect."""

from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.config.groups.data import Data
from r1cli.train.needs import trackers

_WANDB = ("tracking.wandb_project", "tracking.wandb_entity", "tracking.wandb_run_group")


def silent_settings(subject: Subject) -> Iterator[str]:
    """A warning for each setting that nothing will look at."""
    config = subject.config
    if not subject.has("tracking.report_to"):
        return
    given = [path for path in _WANDB if config.get(path)]
    if given and not {"wandb", "all"} & set(trackers(config)):
        add = "add --report_to wandb"
        yield f"{subject.where(given[0])}: nothing reports to Weights & Biases, so it changes nothing: {add}"
    if config.section(Data).test_size is not None and config.get("training.eval_strategy") == "no":
        evaluate = "--eval_strategy steps evaluates on them"
        yield f"{subject.where('data.test_size')}: the rows held out of training are not used: {evaluate}"
