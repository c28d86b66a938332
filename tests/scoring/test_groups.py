"""Groups that are split over ranks are scored as one rank would score them."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import PATIENCE

pytestmark = pytest.mark.e2e

PROGRAM = """
import json, os
from accelerate import PartialState
from accelerate.utils import gather_object
from r1cli.errors import R1Error
from r1cli.scoring.faults import FaultWatch
from r1cli.scoring.groups import Ranks
from r1cli.scoring.scorer import ChosenReward, Scorer
from r1cli.train.rewards import TrainerRewards

def above_least(completions, prompts, solution, log_extra, **kwargs):
    least = {p: min(len(c) for c, q in zip(completions, prompts) if q == p) for p in prompts}
    log_extra("seen", [prompts.count(p) for p in prompts])
    return [float(len(c) - least[p] + s) for c, p, s in zip(completions, prompts, solution)]

def fails_on_the_last(completions, solution, log_extra, **kwargs):
    log_extra("made", [lambda: None] * len(completions))
    return [float("nan") if n > 8 else 1.0 for n in solution]

def refusal(chosen, **columns):
    # What ends the run, on this rank.
    scorer = Scorer([chosen], FaultWatch(share=0.2, minimum=12), ranks=ranks)
    (reward,) = TrainerRewards(scorer).functions()
    try:
        reward(completions, prompts=prompts, solution=solution, **columns, **trl)
    except R1Error as error:
        return str(error)

trl = {"log_extra": lambda *pair: None, "log_metric": lambda *pair: None}
state = PartialState(cpu=True)
ranks = Ranks(state.process_index, state.num_processes, gather_object)
rows = [(p, "x" * (n * 7 % 11), n) for n, p in enumerate("aaaabbbbcccc")]
size = len(rows) // state.num_processes
prompts, completions, solution = map(list, zip(*rows[state.process_index * size :][:size]))
seen = []
scores = Scorer([ChosenReward("above_least", above_least, per_group=True)], ranks=ranks).score(
    completions, prompts=prompts, solution=solution, log_extra=lambda name, values: seen.extend(values)
)
assert scores.faults == [None] * size, scores.faults
faults = refusal(ChosenReward("fails_on_the_last", fails_on_the_last))
odd = [(lambda: None) if n > 8 else n for n in solution]
column = refusal(ChosenReward("above_least", above_least, per_group=True), odd=odd)
print(json.dumps([scores.values["above_least"], seen, [faults], [column]]), flush=True)
os._exit(0)
"""


def run(world: int) -> list[list[Any]]:
    """The values, the logged column, and what each rank said: of all ranks together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world_of = {"WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    alone = {**os.environ, "ACCELERATE_USE_CPU": "true"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**alone, **world_of, "RANK": str(rank), "LOCAL_RANK": str(rank)} if world > 1 else alone,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(world)
    ]
    try:
        printed = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    said = [json.loads(text.splitlines()[-1]) for text in printed]
    return [[value for part in said for value in part[index]] for index in range(len(said[0]))]


def test_two_ranks_say_what_one_says() -> None:
    values, seen, faults, _ = run(1)
    assert values[:4] == [0.0, 8.0, 5.0, 13.0], "worked out by hand: lengths 0, 7, 3, 10"
    assert seen == [4] * 12
    assert str(faults[0]).startswith("3 of the last 12 completions could not be scored: fails_on_the_last")
    both = run(2)
    assert both[:3] == [values, [4] * 12, faults * 2], "the second rank alone has faults; both have to stop"
    first, second = both[3]
    assert first == second and "the column 'odd' cannot be sent" in first
