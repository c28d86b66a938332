"""How fast `r1 decontaminate` searches: `decontaminate.py [--rows N]`, by default 200,000 rows.

It makes rows of 300 words and a benchmark of 2,000 problems, and hides verbatim copies of problems in some
rows. The default method reads the Parquet file, normalises, weights and reports; open-r1's method is a plain
loop over a part of the same rows in one process, with and without its report. It prints rows a second, how
many times as fast the default method is (at least 12 on two cores), the peak memory (below 1.2 GB), and
whether all copies were found and nothing else was.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow
import pyarrow.parquet

from r1cli.launch.accelerate import cpu_environment
from r1cli.system import cores

#: open-r1's method without its report: which rows have any n-gram of a question.
VERDICTS = "verdicts"
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
)
#: In a quarter of the texts.
SIGNS = ("“so”", "x²", "π", "naïve")


def text(chance: random.Random, vocabulary: list[str], words: int) -> str:
    """Words, among them no formula or up to one in thirty words, and phrases that are in many problems."""
    found = chance.choices(vocabulary, k=words)
    inserted = FORMULAE + SIGNS if chance.random() < 0.25 else FORMULAE
    for _ in range(chance.randint(0, words // 30)):
        found[chance.randrange(words)] = chance.choice(inserted)
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
    """Measures a method in a separate process."""
    argv = [sys.executable, __file__, "--measure", method, "--rows", str(rows), "--folder", str(folder)]
    # As `r1` starts a worker without a GPU.
    environment = {**os.environ, **cpu_environment(cores())}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment) as process:
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.1)
        assert process.stdout
        found = json.loads(process.stdout.read())
    return Measured(megabytes=peak, **found)


def memory_of(pid: int) -> float:
    """Megabytes of a process and of its children, where what they share counts once."""
    total = 0.0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
    except (OSError, ValueError):  # it has just ended
        return 0.0
    return total + sum(memory_of(int(child)) for child in children)


def used() -> float:
    """Seconds that the cores have worked for this process, and for those that it has started."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def search(folder: Path, method: str, rows: int) -> dict[str, object]:
    """Searches the first rows with a method, as the command does."""
    from r1cli.config.groups.data import Data
    from r1cli.decontaminate.benchmark_texts import load_texts
    from r1cli.decontaminate.dataset_rows import open_rows
    from r1cli.decontaminate.find_hits import ngram_hits, openr1_hits
    from r1cli.decontaminate.hit import CONTAMINATED
    from r1cli.decontaminate.ngram_search import NgramSearch
    from r1cli.decontaminate.openr1 import OpenR1Search
    from r1cli.decontaminate.schema import OPENR1, Decontaminate

    file = folder / "rows.parquet"
    if rows < pyarrow.parquet.read_metadata(file).num_rows:
        first = next(pyarrow.parquet.ParquetFile(file).iter_batches(rows))
        file = folder / "first.parquet"
        pyarrow.parquet.write_table(pyarrow.Table.from_batches([first]), file)
    columns = ("problem", "solution")
    settings = Decontaminate(against=[f"{folder / 'problems.jsonl'}:{column}" for column in columns])
    texts, size = load_texts(settings).texts, settings.ngram_size
    plain = OpenR1Search(texts, size) if method in (OPENR1, VERDICTS) else None
    start, cpu = time.perf_counter(), used()
    dataset = open_rows(Data(dataset_name=str(file)))
    found: set[int] = set()
    if plain and method == VERDICTS:
        for first, table in dataset.tables(["problem"]):
            rows_of_it = enumerate(table["problem"].to_pylist(), first)
            found |= {number for number, text in rows_of_it if plain.is_contaminated(text)}
        hits = iter(())
    elif plain:
        hits = openr1_hits(dataset, ["problem"], plain, lambda done: None)
    else:
        search = NgramSearch(texts, size)
        hits = ngram_hits(dataset, ["problem"], search, settings.min_overlap, folder, lambda done: None)
    found |= {hit.row for hit in hits if hit.match.kind == CONTAMINATED}
    seconds, cpu = time.perf_counter() - start, used() - cpu
    return {"rows": dataset.count, "seconds": seconds, "cpu": cpu, "found": sorted(found)}


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
    """Measures the methods, and prints what they took and found."""
    leaks = set(json.loads((folder / "leaks.json").read_text()))
    part = min(rows, PLAIN_ROWS)
    verdicts, ngram = measure(folder, VERDICTS, part), measure(folder, "ngram", rows)
    openr1 = measure(folder, "openr1", part)
    for title, one in (
        ("ngram", ngram),
        ("openr1, verdicts alone", verdicts),
        ("openr1, with a report", openr1),
    ):
        speed = f"{one.rows:>8} rows {one.seconds:7.1f} s ({one.cpu:.1f} s of cores) {one.speed:9.0f} rows/s"
        print(f"{title:24} {speed} {one.megabytes:6.0f} MB   ratio {ngram.speed / one.speed:5.1f}")
    found = set(ngram.found)
    print(f"{len(leaks)} leaks planted, {len(found & leaks)} found, {len(found - leaks)} invented")


if __name__ == "__main__":
    main()
