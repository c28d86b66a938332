"""A tiny start model and runs that nothing disturbed, made once for all tests of training."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.train.tiny_runs import Start, TinyRun, make_start

Undisturbed = Callable[[str, int], TinyRun]


@pytest.fixture(scope="session")
def tiny_start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    return make_start(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="session")
def undisturbed(tiny_start: Start, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """By command and number of ranks, a finished run that has a checkpoint of each step."""

    @cache
    def train(command: str, ranks: int) -> TinyRun:
        config = tiny_start.config(command, save_steps=1, save_total_limit=None)
        return TinyRun(tmp_path_factory.mktemp(f"{command}{ranks}"), command, config, ranks).train()

    return train
