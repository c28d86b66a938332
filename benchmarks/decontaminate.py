"""How fast `r1 decontaminate` searches: `decontaminate.py [--rows N]`, by default 200,000 rows.

It makes rows of 300 words and a benchmark of 2,000 problems, and hides verbatim copies of problems in some
rows. The default method reads the Parquet file, normalises, weights and reports; the method of open-r1 runs
as a plain loop over a part of the same rows, in one process. Both are timed in the same run. It prints rows a
second, their ratio (at least 12 on two cores), the peak memory (below 1.2 GB), and whether all copies were
found and nothing else was.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow
import pyarrow.parquet

ROWS, PROBLEMS, WORDS = 200_000, 2_000, 300
#: One row in this many contains a problem of the benchmark.
LEAK = 400
#: The plain loop takes minutes for all rows.
PLAIN_ROWS = 10_000
PHRASES = (
    "Find the remainder when the sum of all such numbers is divided by $1{,}000$.",
    "How many ordered pairs $(a, b)$ of positive integers are there such that",
    "Let $\\frac{m}{n}$ be a fraction in lowest terms, where m and n are coprime. Find $m + n$.",
)
FORMULAE = (
    "$\\frac{1}{2}$",
    "$x^2 + y^2 = 25$",
    "\\left( a, b \\right)",
    "$\\sqrt{3}$",
    "1,024",
    "$2\\pi r$",
    "“so”",
)


def text(chance: random.Random, vocabulary: list[str], words: int) -> str:
    """Words with formulae, and now and then a phrase that is in many problems."""
    found = chance.choices(vocabulary, k=words)
    for _ in range(words // 30):
        found[chance.randrange(words)] = chance.choice(FORMULAE)
    if chance.random() < 0.2:
        found.insert(chance.randrange(words), chance.choice(PHRASES))
    return " ".join(found)


@dataclass(frozen=True)
class Measured:
    """What a method took: seconds, those of all cores, and its peak memory; and the rows that it found."""

    rows: int
    seconds: float
    cpu: float
    megabytes: float
    found: list[int]

    @property
    def speed(self) -> float:
        return self.rows / self.seconds


def write_data(folder: Path, rows: int) -> list[int]:
    """Writes rows.parquet and problems.jsonl; returns the rows that contain a problem."""
    chance = random.Random(0)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    vocabulary = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(30_000)]
    problems = [text(chance, vocabulary, chance.randint(30, 80)) for _ in range(PROBLEMS)]
    with (folder / "problems.jsonl").open("w", encoding="utf-8") as file:
        for problem in problems:
            solution = text(chance, vocabulary, 150)
            file.write(json.dumps({"problem": problem, "solution": solution, "answer": "42"}) + "\n")
    leaks = set(chance.sample(range(rows), rows // LEAK))
    schema = pyarrow.schema([("problem", pyarrow.string()), ("answer", pyarrow.string())])
    with pyarrow.parquet.ParquetWriter(folder / "rows.parquet", schema) as writer:
        for first in range(0, rows, 10_000):
            numbers = range(first, min(first + 10_000, rows))
            texts = [text(chance, vocabulary, WORDS) for _ in numbers]
            for number in leaks.intersection(numbers):
                words = texts[number - first].split(" ")
                problem = chance.choice(problems)
                texts[number - first] = " ".join([*words[: WORDS // 2], problem, *words[WORDS // 2 :]])
            answers = [str(chance.randrange(1000)) for _ in numbers]
            writer.write_table(pyarrow.table({"problem": texts, "answer": answers}, schema))
    return sorted(leaks)


def measure(folder: Path, method: str, rows: int) -> Measured:
    """Measures a method in a process of its own."""
    argv = [sys.executable, __file__, "--measure", method, "--rows", str(rows), "--folder", str(folder)]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout))


def search(folder: Path, method: str, rows: int) -> dict[str, object]:
    from r1cli.config.groups.data import Data
    from r1cli.decontaminate.benchmark_texts import load_texts
    from r1cli.decontaminate.dataset_rows import open_rows
    from r1cli.decontaminate.find_hits import ngram_hits
    from r1cli.decontaminate.hit import CONTAMINATED
    from r1cli.decontaminate.ngram_search import NgramSearch
    from r1cli.decontaminate.openr1 import OpenR1Search
    from r1cli.decontaminate.schema import NGRAM, Decontaminate

    columns = ("problem", "solution")
    settings = Decontaminate(against=[f"{folder / 'problems.jsonl'}:{column}" for column in columns])
    texts = load_texts(settings).texts
    data = Data(dataset_name=str(folder / "rows.parquet"))
    start, cpu = time.perf_counter(), time.process_time()
    found: list[int] = []
    if method == NGRAM:
        whole = open_rows(data)
        hits = ngram_hits(
            whole,
            ["problem"],
            NgramSearch(texts, settings.ngram_size),
            settings.min_overlap,
            folder,
            lambda done: None,
        )
        found += [hit.row for hit in hits if hit.match.kind == CONTAMINATED]
        count = whole.count
    else:
        plain = OpenR1Search(texts, settings.ngram_size)
        start, cpu, count = time.perf_counter(), time.process_time(), 0
        for batch in pyarrow.parquet.ParquetFile(folder / "rows.parquet").iter_batches(1000):
            for row in batch.column(0).to_pylist():
                if plain.is_contaminated(row):
                    found.append(count)
                count += 1
            if count >= rows:
                break
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": count, "seconds": seconds, "cpu": cpu, "megabytes": peak, "found": sorted(set(found))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, help="keeps the data there, for another run")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(search(asked.folder, asked.measure, asked.rows)))
        return
    with TemporaryDirectory() as place:
        folder = asked.folder or Path(place)
        if not (folder / "leaks.json").exists():
            folder.mkdir(exist_ok=True)
            (folder / "leaks.json").write_text(json.dumps(write_data(folder, asked.rows)))
        compare(folder, asked.rows)


def compare(folder: Path, rows: int) -> None:
    """Measures both methods, and prints what they took and found."""
    leaks = set(json.loads((folder / "leaks.json").read_text()))
    plain = measure(folder, "openr1", min(rows, PLAIN_ROWS))
    ngram = measure(folder, "ngram", rows)
    for title, one in (("ngram", ngram), ("openr1, plain loop", plain)):
        speed = f"{one.rows:>8} rows {one.seconds:7.1f} s ({one.cpu:.1f} s of cores) {one.speed:9.0f} rows/s"
        print(f"{title:20} {speed} {one.megabytes:6.0f} MB")
    found = set(ngram.found)
    print(f"ratio {ngram.speed / plain.speed:.1f}")
    print(f"{len(leaks)} leaks planted, {len(found & leaks)} found, {len(found - leaks)} invented")


if __name__ == "__main__":
    main()
