"""The probe's worker: ``python -m r1cli.rewards.probe RUN_DIR``.

Samples a group of completions for each of a few prompts, scores them all, and writes ``samples.jsonl``.
Adapters that the run would train are ignored: at the start they have no effect. A model that the run would
quantize is sampled without quantization.
"""

import json
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from r1cli.files import write_text
from r1cli.launch.worker import run_worker


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.rewards.score_rows import ANY_FAULTS
    from r1cli.scoring.call import as_handed_over
    from r1cli.scoring.choose import make_scorer

    config = run["config"]
    with closing(make_scorer({**config["rewards"], **ANY_FAULTS})) as scorer:
        samples, columns = _sample(run_dir, run)
        prompts = [sample["prompt"] for sample in samples]
        handed_over = as_handed_over(prompts, [sample["completion"] for sample in samples])
        notes: dict[str, Sequence[Any]] = {}
        scores = scorer.score(handed_over, prompts=prompts, log_extra=notes.__setitem__, **columns)
    for index, sample in enumerate(samples):
        sample["scores"] = {name: values[index] for name, values in scores.values.items()}
        sample["fault"] = scores.faults[index]
        sample["notes"] = {column: values[index] for column, values in notes.items()}
        if "solution" in columns:
            sample["gold"] = str(columns["solution"][index])
    lines = (json.dumps(sample, default=str) + "\n" for sample in samples)
    write_text(run_dir / "samples.jsonl", "".join(lines))


def _sample(run_dir: Path, run: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """The samples, group by group, and the columns that rewards get in addition to prompts."""
    from r1cli.data.chat_template import find_prefill

    sampler, settings = _sampler(run), run["probe"]
    samples: list[dict[str, Any]] = []
    columns: dict[str, list[Any]] = {}
    rows = _prompts(run, sampler.tokenizer)
    prefill = find_prefill(sampler.tokenizer, rows[0]["prompt"])
    size = settings["num_generations"]
    for number, row in enumerate(rows):
        texts, ids, cut = sampler.sample([row["prompt"]] * size, settings["seed"] + number)
        for text, truncated in zip(texts, cut, strict=True):
            samples.append(
                {"group": number, "prompt": row["prompt"], "completion": text, "truncated": truncated}
            )
        columns.setdefault("completion_ids", []).extend(ids)
        if prefill is not None and "prefill" not in row:
            columns.setdefault("prefill", []).extend([prefill] * size)
        for name in row:
            if name != "prompt":
                columns.setdefault(name, []).extend([row[name]] * size)
        with (run_dir / "metrics.jsonl").open("a", encoding="utf-8") as file:
            progress = {"step": number + 1, "max_steps": len(rows), "time": time.time()}
            file.write(json.dumps(progress) + "\n")
    return samples, columns


def _sampler(run: dict[str, Any]) -> Any:
    from r1cli.data.chat_template import read_chat_template
    from r1cli.sampling.transformers_model import Sampler

    config, settings = run["config"], run["probe"]
    template = config["data"].get("chat_template")
    sampler = Sampler(config["model"])
    # The same settings as the run itself.
    particular = {name: settings[name] for name in ("top_p", "top_k", "min_p", "repetition_penalty")}
    sampler.choose(settings["temperature"], settings["max_new_tokens"], **particular)
    if template:
        sampler.tokenizer.chat_template = read_chat_template(template, "data.chat_template")
    return sampler


def _prompts(run: dict[str, Any], tokenizer: Any) -> Any:
    from r1cli.data.load import load_rows, shape_rows

    data, settings = run["config"]["data"], run["probe"]
    rows = load_rows(data, data.get("dataset_train_split", "train")).shuffle(seed=settings["seed"])
    chosen = rows.select(range(min(settings["num_prompts"], len(rows))))
    return shape_rows(chosen, data.get("system_prompt"), tokenizer.chat_template is not None)


if __name__ == "__main__":
    run_worker("probe", work)
