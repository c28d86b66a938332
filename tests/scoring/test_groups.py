"""Groups that are split over ranks are scored as one rank would score them."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, os
from accelerate import PartialState
from accelerate.utils import gather_object
from r1cli.scoring.groups import Ranks
from r1cli.scoring.scorer import ChosenReward, Scorer

def above_least(completions, prompts, solution, log_extra, **kwargs):
    least = {p: min(len(c) for c, q in zip(completions, prompts) if q == p) for p in prompts}
    log_extra("seen", [prompts.count(p) for p in prompts])
    return [float(len(c) - least[p] + s) for c, p, s in zip(completions, prompts, solution)]

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
print(json.dumps([scores.values["above_least"], seen]), flush=True)
os._exit(0)
"""


def run(world: int) -> list[list[float]]:
    """The values and the logged column of all ranks together."""
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
    said = [json.loads(process.communicate(timeout=60)[0].splitlines()[-1]) for process in processes]
    return [[value for part in said for value in part[index]] for index in (0, 1)]


def test_two_ranks_give_the_values_of_one(tmp_path: Path) -> None:
    one = run(1)
    assert one[0][:4] == [0.0, 8.0, 5.0, 13.0], "worked out by hand: lengths 0, 7, 3, 10"
    assert run(2)[0] == one[0]
    assert one[1] == [4] * 12
