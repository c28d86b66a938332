"""The probe's worker: ``python -m r1cli.rewards.probe RUN_DIR``.

Samples a group of completions for each of a few prompts, scores them all, and writes ``samples.jsonl``. Each
completion is stored as it arrives, so that an interrupted probe can resume.
Adapters that the run would train are ignored: at the start they have no effect. A model that the run would
quantize is sampled without quantization.
"""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.data import TrainingData
from r1cli.config.groups.model import Model
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import RecordedConfig
from r1cli.files import write_text
from r1cli.launch.worker import run_worker
from r1cli.rewards.learning_signal import PROBED
from r1cli.rewards.plan import ProbeSampling

if TYPE_CHECKING:
    from r1cli.sampling.sampling_request import SamplingRequest
    from r1cli.sampling.store import Outcome, Sample
    from r1cli.sampling.transformers_model import Sampler


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.rewards.score_rows import with_any_faults
    from r1cli.scoring.call import as_handed_over
    from r1cli.scoring.choose import start_scorer

    config, settings = RecordedConfig(run["config"]), ProbeSampling(**run["probe"])
    rewards = with_any_faults(config.section(Rewards))
    with closing(start_scorer(rewards, config.section(Code))) as scorer:
        sampler = _sampler(config)
        rows = _prompts(config.section(TrainingData), settings, sampler.tokenizer)
        samples = _sample(run_dir, config, settings, sampler, rows)
        prompts = [rows[int(sample.problem)]["prompt"] for sample in samples]
        handed_over = as_handed_over(prompts, [sample.completion for sample in samples])
        columns = _columns(rows, samples, sampler.tokenizer)
        notes: dict[str, Sequence[Any]] = {}
        scores = scorer.score(handed_over, prompts=prompts, log_extra=notes.__setitem__, **columns)
    shown = [
        {
            "group": int(sample.problem),
            "prompt": prompts[index],
            "completion": sample.completion,
            "truncated": sample.finish_reason == "length",
            "scores": {name: values[index] for name, values in scores.values.items()},
            "fault": scores.faults[index],
            "notes": {column: values[index] for column, values in notes.items()},
            **({"gold": str(columns["solution"][index])} if "solution" in columns else {}),
        }
        for index, sample in enumerate(samples)
    ]
    write_text(run_dir / PROBED, "".join(json.dumps(line, default=str) + "\n" for line in shown))


def _sample(
    run_dir: Path, config: RecordedConfig, settings: ProbeSampling, sampler: "Sampler", rows: Any
) -> "list[Sample]":
    """The samples, group by group; those of an earlier attempt are used."""
    from r1cli.sampling.identity import model_identity, with_commit
    from r1cli.sampling.in_process import sample_batches
    from r1cli.sampling.progress import SamplingProgress
    from r1cli.sampling.sampling_request import requests_for
    from r1cli.sampling.store import Store

    size, template = settings.num_generations, sampler.tokenizer.chat_template
    sampling = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k,
        "min_p": settings.min_p,
        "repetition_penalty": settings.repetition_penalty,
        "seed": settings.seed,
        "max_tokens": settings.max_new_tokens,
    }
    model = model_identity(with_commit(config.arguments("model"), run_dir / "launch" / "model.json"))
    prompts = [(str(number), row["prompt"]) for number, row in enumerate(rows)]
    requests = requests_for(prompts, size, {**model, **sampling, "chat_template": template})
    store, progress = Store(run_dir / "completions"), SamplingProgress(run_dir)
    missing = store.missing(requests)
    progress.begin("completions", len(requests), len(requests) - len(missing))

    def on_outcome(request: "SamplingRequest", outcome: "Outcome") -> None:
        store.add(request, outcome)
        progress.one_more()

    sample_batches(sampler, size, missing, sampling, on_outcome, keep_ids=True, on_token=progress.token)
    return list(store.found(requests))


def _columns(rows: Any, samples: "list[Sample]", tokenizer: Any) -> dict[str, list[Any]]:
    """What rewards get in addition to prompts and completions."""
    from r1cli.data.chat_template import find_prefill

    columns: dict[str, list[Any]] = {"completion_ids": [list(sample.ids) for sample in samples]}
    prefill = find_prefill(tokenizer, rows[0]["prompt"])
    if prefill is not None and "prefill" not in rows[0]:
        columns["prefill"] = [prefill] * len(samples)
    for name in rows[0]:
        if name != "prompt":
            columns[name] = [rows[int(sample.problem)][name] for sample in samples]
    return columns


def _sampler(config: RecordedConfig) -> "Sampler":
    from r1cli.data.chat_template import give_chat_template
    from r1cli.sampling.transformers_model import Sampler

    sampler, template = Sampler(config.section(Model)), config.section(TrainingData).chat_template
    if template:
        give_chat_template(sampler.tokenizer, template, "data.chat_template")
    return sampler


def _prompts(data: TrainingData, settings: ProbeSampling, tokenizer: Any) -> Any:
    from r1cli.data.chats import PROMPTS
    from r1cli.data.load import load_rows, name_of, shape_rows

    rows = load_rows(data, data.dataset_train_split, PROMPTS).shuffle(seed=settings.seed)
    chosen = rows.select(range(min(settings.num_prompts, len(rows))))
    return shape_rows(chosen, data.system_prompt, tokenizer.chat_template is not None, where=name_of(data))


if __name__ == "__main__":
    run_worker("probe", work)
