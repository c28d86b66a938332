"""Peak memory of a command's worker on a number of rows: ``python -m tests.memory COMMAND ROWS FOLDER``.

The engine answers at once, so that a million rows take minutes; all else is what a run does.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from r1cli.decontaminate.worker import work
from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.store import Completion, OnOutcome
from tests.generate import runs as generations
from tests.pass_rate import runs as pass_rates

_URL = "http://127.0.0.1:1/v1"
_REWARD = "def even(completions, **columns):\n    return [float(len(str(one)) % 2) for one in completions]\n"
# Rows that a measurement is made of before it is repeated, and the command that does so.
_MEASURED, _PREPARE = 1_000, "prepare"
# Every row with a multiple of the first number has a text of the benchmark; it has as many as the second.
_LEAKS, _LEAKED = 1_000, 100

# Files are read in chunks of 10 MB: the fewest rows are several of them, too.
_STEPS = "And so on. " * 50
_LETTERS = str.maketrans("0123456789", "abcdefghij")


class Instant:
    """An engine that answers each request at once."""

    name = "instant"

    def ready(self) -> str:
        return "the-model"

    def versions(self) -> dict[str, str]:
        return {}

    def sample(
        self, requests: Iterable[SamplingRequest], sampling: Mapping[str, Any], on_outcome: OnOutcome
    ) -> None:
        for request in requests:
            on_outcome(request, Completion(f"it is {request.problem}" + "!" * request.sample, "stop", 3))


class Peak:
    """The most memory that this process alone had, in MB: pages of mapped files can be taken back."""

    def __init__(self) -> None:
        self.most = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
            self.most = max(self.most, int(found[1]) // 1024 if found else 0)
            time.sleep(0.05)


def generate(rows: int, folder: Path) -> int:
    run = generations.generate(folder / "run", "--dataset", _problems(rows, folder), "--endpoint", _URL)
    return int(generations.figures_of(run)["written"])


def measure(rows: int, folder: Path) -> int:
    reward = folder / "reward.py"
    reward.write_text(_REWARD)
    words = ("--endpoint", _URL, "--samples", "2", "--reward", f"{reward}:even")
    run = pass_rates.run(pass_rates.MEASURE, folder / "run", "--dataset", _problems(rows, folder), *words)
    return int(pass_rates.figures_of(run)["measurement"]["rows"])


def select(rows: int, folder: Path) -> int:
    prepare = [sys.executable, "-m", "tests.memory", _PREPARE, str(rows), str(folder)]
    subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL)
    run = pass_rates.run(pass_rates.SELECT, folder / "selected", "--measurements", folder / "measured")
    return int(pass_rates.figures_of(run)["selection"]["rows"])


def prepare(rows: int, folder: Path) -> int:
    """Writes a measurement: a small one, again and again with other ids."""
    import pyarrow
    from datasets import Features

    from r1cli.data.dataset_folder import Card, DatasetWriter
    from r1cli.data.lineage import Step
    from r1cli.pass_rate.measurement import INFO, read_measurement

    assert rows % _MEASURED == 0
    measure(_MEASURED, folder)
    measured = read_measurement(folder / "run")
    table = pyarrow.concat_tables(map(pyarrow.parquet.read_table, measured.files))
    place = table.schema.get_field_index("id")
    with DatasetWriter(folder / "measured", Features.from_arrow_schema(table.schema)) as writer:
        for first in range(0, rows, _MEASURED):
            ids = pyarrow.array([f"{number:016x}" for number in range(first, first + _MEASURED)])
            writer.add_table(table.set_column(place, table.schema.field(place), ids))
        writer.finish(Card("Measured", ""), Step("filter-pass-rate", []))
    shutil.copy(measured.folder / INFO, folder / "measured")
    return rows


def decontaminate(rows: int, folder: Path) -> int:
    """Searches for a benchmark of which one row of each 1,000 has a text."""
    benchmark = folder / "benchmark.jsonl"
    questions = (_problem(number) for number in range(0, _LEAKED * _LEAKS, _LEAKS))
    benchmark.write_text("".join(json.dumps({"question": one}) + "\n" for one in questions))
    config = {
        "data": {"dataset_name": str(_problems(rows, folder))},
        "decontaminate": {"against": [f"{benchmark}:question"], "search_columns": ["prompt"]},
    }
    (folder / "run").mkdir()
    work(folder / "run", {"config": config})
    return int(generations.figures_of(folder / "run")["figures"]["rows"])


COMMANDS: Mapping[str, Callable[[int, Path], int]] = {
    "generate": generate,
    "measure": measure,
    "select": select,
    "decontaminate": decontaminate,
}
#: Those that ask a server, and have the environment of one that does.
CLIENTS = {"generate", "measure"}


def _problems(rows: int, folder: Path) -> Path:
    file = folder / "rows.jsonl"
    with file.open("w") as out:
        for number in range(rows):
            row = {"prompt": _problem(number), "solution": str(number), "steps": _STEPS}
            out.write(json.dumps(row) + "\n")
    return file


def _problem(number: int) -> str:
    """A text of words that are rare, as those of a real problem are together."""
    if number % _LEAKS == 0:
        number %= _LEAKED * _LEAKS
    # Numbers in words: those in digits are alike for a search for renumbered problems.
    words = (str(number * place % 7919).translate(_LETTERS) for place in range(1, 25))
    return f"What is {number} plus {number}, if {' '.join(words)}?"


def main(command: str, rows: int, folder: Path) -> None:
    import r1cli.generate.sampled_rows as module

    module.engine_of = lambda *given: Instant()  # type: ignore[assignment]
    peak = Peak()
    assert {**COMMANDS, _PREPARE: prepare}[command](rows, folder) == rows
    print(peak.most)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
