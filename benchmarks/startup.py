"""How long `r1 --help` takes, against the `--help` of a bare Typer app with six commands.

Run it with the interpreter of the environment that has r1: `.venv/bin/python benchmarks/startup.py`.
Both are started in turn, so that a machine whose speed drifts treats them alike. Bytecode is cached, as it is
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

BARE = "import typer\napp = typer.Typer()\n" + "".join(
    f'@app.command()\ndef command{n}(value: int = {n}) -> None:\n    """Command {n}."""\n' for n in range(6)
)


def seconds(argv: list[str], environment: dict[str, str]) -> float:
    """Wall-clock time of one run."""
    start = time.perf_counter()
    subprocess.run(argv, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(f"{BARE}app()\n", encoding="utf-8")
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/cache"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            "bare Typer app --help": [sys.executable, str(bare), "--help"],
            "r1 --help": [str(Path(sys.executable).with_name("r1")), "--help"],
        }
        for argv in commands.values():
            seconds(argv, environment)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, argv in commands.items():
                times[name].append(seconds(argv, environment))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:24} {median:.3f} s (median of {ROUNDS})")
    print(f"ratio                    {medians['r1 --help'] / medians['bare Typer app --help']:.2f}")


if __name__ == "__main__":
    main()
