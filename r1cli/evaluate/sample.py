"""The evaluation worker: ``python -m r1cli.evaluate.sample RUN_DIR``.

Samples one completion for each problem and scores it with the config's rewards. Each batch is stored in
``samples.jsonl`` as it comes, so that a run that was stopped goes on where it was.
"""

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from r1cli.launch.worker import run_worker


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.evaluate.sampler import Sampler
    from r1cli.scoring.choose import make_scorer

    config = run["config"]
    settings = config["evaluate"]
    sampler = Sampler(config["model"], settings["temperature"], settings["max_new_tokens"])
    rows = _problems(config, sampler.tokenizer)
    size = settings["batch_size"]
    start = _cut_to_whole_batches(run_dir / "samples.jsonl", size, len(rows))
    if start >= len(rows):
        return
    with closing(make_scorer(config["rewards"])) as scorer:
        for first in range(start, len(rows), size):
            batch = [rows[index] for index in range(first, min(first + size, len(rows)))]
            samples = _sample_batch(sampler, scorer, batch, seed=settings["seed"] + first)
            _append(run_dir / "samples.jsonl", [{"index": first + i, **s} for i, s in enumerate(samples)])
            progress = {"step": first + len(batch), "max_steps": len(rows), "time": time.time()}
            _append(run_dir / "metrics.jsonl", [progress])
    scorer.watch.conclude()


def _problems(config: dict[str, Any], tokenizer: Any) -> Any:
    from r1cli.data.load import load_train_and_test, shape_rows
    from r1cli.data.mixture import read_test_split

    data = config["data"]
    # What is held out of training is what a model is measured on.
    train, test = load_train_and_test(data, wants_test=read_test_split(data) is not None)
    rows = train if test is None else test
    wanted = config["evaluate"].get("num_problems") or len(rows)
    chosen = rows.select(range(min(wanted, len(rows))))
    return shape_rows(chosen, data.get("system_prompt"), tokenizer)


def _sample_batch(sampler: Any, scorer: Any, batch: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    from r1cli.evaluate.sampler import as_handed_over

    prompts = [row["prompt"] for row in batch]
    completions, ids, truncated = sampler.sample(prompts, seed)
    columns = {name: [row[name] for row in batch] for name in batch[0] if name != "prompt"}
    handed_over = as_handed_over(prompts, completions)
    scores = scorer.score(handed_over, prompts=prompts, completion_ids=ids, **columns)
    return [
        {
            "prompt": prompts[i],
            "completion": completions[i],
            "scores": {name: values[i] for name, values in scores.values.items()},
            "fault": scores.faults[i],
            "truncated": truncated[i],
        }
        for i in range(len(batch))
    ]


def _append(path: Path, lines: list[dict[str, Any]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def _cut_to_whole_batches(path: Path, size: int, total: int) -> int:
    """Drops what a kill left of a batch, and says with which problem to go on."""
    if not path.exists():
        return 0
    whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    kept = len(whole) if len(whole) == total else len(whole) // size * size
    path.write_bytes(b"".join(whole[:kept]))
    return kept


if __name__ == "__main__":
    run_worker("evaluate", work)
