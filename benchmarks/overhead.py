"""What r1 adds to TRL: GRPO through `r1 grpo` and through a plain script, in turn, on the CPU.

Same model, rows, seeds, rewards and settings. Two models: the quickstart's, of 600,000 parameters, and one of
two layers with a vocabulary of 49,152. For each it prints the seconds of a whole process and of a step, and
their ratios: the process should take at most 1.05 times as long plus 1.5 s, and a step 1.0 times on the first
model and 0.66 times on the second.

Run it on a quiet machine with the interpreter of the environment that has r1:
`.venv/bin/python benchmarks/overhead.py`. It takes about a quarter of an hour; `--rounds` and
`--steps` shorten it. The second model takes a third of the steps.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from r1cli.launch.accelerate import cpu_environment
from r1cli.quickstart.recipe import write_problems
from r1cli.system import cores

PROMPTS, GENERATIONS, LENGTH = 4, 8, 64

LARGE = """
import sys
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, set_seed
source, target = sys.argv[1:]
set_seed(0)
config = AutoConfig.from_pretrained(source)
config.vocab_size, config.num_hidden_layers, config.layer_types = 49152, 2, ["full_attention"] * 2
AutoModelForCausalLM.from_config(config).save_pretrained(target)
AutoTokenizer.from_pretrained(source).save_pretrained(target)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of a whole process, and of a step in the middle of it."""

    process: float
    step: float


def run(argv: list[str], environment: dict[str, str]) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start, done.stdout


def median_step(times: list[float]) -> float:
    # The first steps warm up.
    return statistics.median(later - earlier for earlier, later in pairwise(times[2:]))


def through_trl(model: Path, rows: Path, folder: Path, steps: int) -> Measured:
    """With a thread for each core, as r1 sets it, and nothing else."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": str(cores())}
    sizes = (steps, PROMPTS * GENERATIONS, GENERATIONS, LENGTH)
    script = Path(__file__).with_name("plain_grpo.py")
    argv = [sys.executable, str(script), *map(str, (model, rows, folder, *sizes))]
    seconds, output = run(argv, environment)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"step"')]
    return Measured(seconds, median_step([line["time"] for line in lines]))


def through_r1(model: Path, rows: Path, folder: Path, steps: int) -> Measured:
    words = {
        "model": model, "dataset": rows, "reward": "accuracy,format", "output-dir": folder, "gpus": 0,
        "max_steps": steps, "per_device_train_batch_size": PROMPTS * GENERATIONS,
        "num_generations": GENERATIONS, "max_completion_length": LENGTH, "learning_rate": 2e-4,
        "bf16": "false", "gradient_checkpointing": "false", "seed": 0, "save_strategy": "no",
        "report_to": "none", "rewards.max_dead_steps": "null",
    }  # fmt: skip
    argv = [str(Path(sys.executable).with_name("r1")), "grpo"]
    seconds, _ = run([*argv, *(f"--{name}={value}" for name, value in words.items())], dict(os.environ))
    lines = map(json.loads, (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return Measured(seconds, median_step([line["time"] for line in lines if "reward" in line]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--model", type=Path, help="a trained model of the quickstart, such as RUN/sft")
    given = parser.parse_args()
    with TemporaryDirectory() as place:
        folder = Path(place)
        write_problems("tiny", 0, folder)
        rows, small = folder / "grpo.jsonl", given.model
        if small is None:
            from r1cli.quickstart.base_model import make_tiny

            small = folder / "tiny"
            make_tiny(small, 0)
        large = folder / "large"
        run([sys.executable, "-c", LARGE, str(small), str(large)], {**os.environ, **cpu_environment(cores())})
        models = (
            ("the quickstart's model", small, given.steps),
            ("2 layers, vocabulary 49,152", large, given.steps // 3),
        )
        for title, model, steps in models:
            found: dict[str, list[Measured]] = {"TRL": [], "r1": []}
            for number in range(given.rounds):
                for name, through in (("TRL", through_trl), ("r1", through_r1)):
                    target = folder / f"{name}-{model.name}-{number}"
                    found[name].append(through(model, rows, target, steps))
            report(title, found)


def report(title: str, found: dict[str, list[Measured]]) -> None:
    print(f"{title}, {len(found['r1'])} rounds in turn, medians")
    for what in ("process", "step"):
        plain, ours = (statistics.median(getattr(one, what) for one in found[name]) for name in ("TRL", "r1"))
        ratio, more = ours / plain, ours - plain
        print(
            f"  {what:8} TRL {plain:7.2f} s   r1 {ours:7.2f} s   {ratio:.2f} times, {more:+.2f} s", flush=True
        )


if __name__ == "__main__":
    main()
