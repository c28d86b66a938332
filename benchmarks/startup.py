"""How long r1 takes to answer, against the `--help` of a bare Typer app with six commands.

Four answers, each with the ratio to stay below: `r1 --help` (1.25), `r1 grpo --help` (1.6), the dry run of a
preset (1.8), and the mistakes of a config that has several (2).

Run it with the interpreter of the environment that has r1: `.venv/bin/python benchmarks/startup.py`.
All are started in turn, so that a machine whose speed drifts treats them alike. Bytecode is cached, as it is
for users, in a folder of the benchmark's own.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 10
BARE_HELP = "bare Typer app --help"

BARE = "import typer\napp = typer.Typer()\n" + "".join(
    f'@app.command()\ndef command{n}(value: int = {n}) -> None:\n    """Command {n}."""\n' for n in range(6)
)


DRY_RUN = "grpo --preset qwen1.5b-math --dry-run"
#: Six mistakes of several kinds, as words after `r1 grpo`.
WRONG = (
    "--model ./none --dataset none.jsonl --reward acuracy --learning_rat 1 --max_steps many --temperature 0"
)


def seconds(argv: list[str], environment: dict[str, str], folder: str) -> float:
    """Wall-clock time of one run. Whether it exits with an error is not this script's business."""
    start = time.perf_counter()
    subprocess.run(argv, env=environment, cwd=folder, check=False, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(f"{BARE}app()\n", encoding="utf-8")
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/cache"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        r1 = str(Path(sys.executable).with_name("r1"))
        commands = {
            BARE_HELP: [sys.executable, str(bare), "--help"],
            "r1 --help": [r1, "--help"],
            "r1 grpo --help": [r1, "grpo", "--help"],
            f"r1 {DRY_RUN}": [r1, *DRY_RUN.split()],
            "r1 grpo with six mistakes": [r1, "grpo", *WRONG.split()],
        }
        for argv in commands.values():
            seconds(argv, environment, folder)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, argv in commands.items():
                times[name].append(seconds(argv, environment, folder))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        ratio = median / medians[BARE_HELP]
        print(f"{name:42} {median:.3f} s (median of {ROUNDS})   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
