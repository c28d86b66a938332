"""Peak memory of a generation's worker on a number of rows: ``python -m tests.generate.memory ROWS FOLDER``.

The engine answers at once, so that a million rows take minutes; all else is what a run does.
"""

import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.store import Completion, OnOutcome
from tests.generate.runs import figures_of, generate


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
            on_outcome(request, Completion(f"it is {request.problem}", "stop", 3))


class Peak:
    """The most memory that this process had of its own, in MB: pages of mapped files can be taken back."""

    def __init__(self) -> None:
        self.most = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
            self.most = max(self.most, int(found[1]) // 1024 if found else 0)
            time.sleep(0.05)


def main(rows: int, folder: Path) -> None:
    import r1cli.generate.sampled_rows as module

    module.engine_of = lambda *given: Instant()  # type: ignore[assignment]
    peak = Peak()
    file = folder / "rows.jsonl"
    with file.open("w") as out:
        for number in range(rows):
            prompt = f"What is {number} plus {number}? " + "and so on " * 20
            out.write(f'{{"prompt": "{prompt}", "solution": "{number}"}}\n')
    run = generate(folder / "run", "--dataset", file, "--endpoint", "http://127.0.0.1:1/v1")
    assert figures_of(run)["written"] == rows
    print(peak.most)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
