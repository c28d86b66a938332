"""What it takes to resume with many stored samples: `store.py [SAMPLES]`, by default a million of 2 kB.

It fills a store in a temporary folder (2 GB), and then opens it in a fresh process, as resuming does, and
looks for what is missing. It prints the seconds and the memory beside those of an empty store: at most 20 s
and 300 MB more.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from r1cli.sampling.sampling_request import SamplingRequest, requests_for
from r1cli.sampling.store import Completion, Store

SAMPLES = 1_000_000
#: Of each prompt.
NUMBER = 8


def requests(samples: int) -> list[SamplingRequest]:
    chats = [[{"role": "user", "content": f"What is {row} + 1?"}] for row in range(samples // NUMBER)]
    return requests_for([(str(row), chat) for row, chat in enumerate(chats)], NUMBER, {"model": "m"})


def resume(folder: Path, samples: int) -> None:
    """Prints what a process takes that resumes."""
    asked = requests(samples)
    start = time.perf_counter()
    missing = len(Store(folder).missing(asked))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"missing": missing, "seconds": seconds, "megabytes": peak}))


def measured(folder: Path, samples: int) -> dict[str, float]:
    argv = [sys.executable, __file__, "--resume", str(folder), str(samples)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    if sys.argv[1:2] == ["--resume"]:
        resume(Path(sys.argv[2]), int(sys.argv[3]))
        return
    samples = int(sys.argv[1]) if sys.argv[1:] else SAMPLES
    with TemporaryDirectory() as place:
        folder = Path(place)
        store, completion = Store(folder / "full"), Completion("y" * 1900, "stop", 500)
        start = time.perf_counter()
        for request in requests(samples):
            store.add(request, completion)
        print(f"{samples} samples stored in {time.perf_counter() - start:.1f} s")
        empty, full = measured(folder / "empty", samples), measured(folder / "full", samples)
        (folder / "full" / "samples.index").unlink()
        unindexed = measured(folder / "full", samples)
    for title, found in (("empty", empty), ("full", full), ("full, without its index", unindexed)):
        more = found["megabytes"] - empty["megabytes"]
        print(f"{title:24} {found['seconds']:6.1f} s   {more:+6.0f} MB   {found['missing']:.0f} missing")


if __name__ == "__main__":
    main()
