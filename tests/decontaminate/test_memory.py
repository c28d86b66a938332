"""Memory does not grow with the rows."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

WORKER = """
import json, resource, sys
from pathlib import Path
from r1cli.decontaminate.worker import work

data, settings = {"dataset_name": "rows.parquet"}, {"against": ["held.jsonl:question"]}
work(Path("run"), {"config": {"data": data, "decontaminate": settings}})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(folder: Path, rows: int) -> int:
    """The peak memory of a run over a number of rows, in kB."""
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("abcdefghijklmnop", k=6)) for _ in range(20_000)]
    texts = [" ".join(chance.choices(vocabulary, k=60)) for _ in range(1000)]
    (folder / "run").mkdir(parents=True)
    (folder / "held.jsonl").write_text(json.dumps({"question": texts[3]}) + "\n")
    schema = pyarrow.schema([("problem", pyarrow.string())])
    with pyarrow.parquet.ParquetWriter(folder / "rows.parquet", schema) as writer:
        for first in range(0, rows, 1000):
            writer.write_table(pyarrow.table({"problem": [f"{first} {text}" for text in texts]}, schema))
    argv = [sys.executable, "-c", WORKER]
    done = subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True)
    figures = json.loads((folder / "run/figures.json").read_text())["figures"]
    assert figures["rows_removed"] == rows // 1000
    return int(done.stdout)


@pytest.mark.soak
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    small, large = peak(tmp_path / "small", 100_000), peak(tmp_path / "large", 1_000_000)
    assert large < 1.1 * small
