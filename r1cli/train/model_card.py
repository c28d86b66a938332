"""The model card of a training: README.md beside the weights."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from r1cli.config.config import MODEL
from r1cli.data.lineage import public_name, recorded_datasets
from r1cli.files import existing_path
from r1cli.runs.metrics import last_step
from r1cli.runs.run_dir import read_run

#: The file of a model's folder that hubs show.
CARD = "README.md"
# What a model or dataset of the Hub is called.
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_VERSIONS = ("r1cli", "trl", "transformers", "torch", "datasets")
_TITLES = {"sft": "supervised fine-tuning", "grpo": "GRPO, reinforcement with verifiable rewards"}


def model_card(run_dir: Path) -> str:
    """What a run's record says of its model; a folder of this machine is named by its last part alone."""
    run = read_run(run_dir)
    return "\n".join([*_front_matter(run, run_dir), *_text(run, run_dir)]) + "\n"


def _front_matter(run: Mapping[str, Any], run_dir: Path) -> Iterator[str]:
    """What hubs read. Values are JSON, which is YAML too."""
    model = _start_model(run)
    yield "---"
    yield "library_name: transformers"
    if _HUB_ID.fullmatch(model):
        yield f"base_model: {json.dumps(model)}"
    # Behind a colon is the config of a dataset.
    names = [name.partition(":")[0] for name in _datasets(run, run_dir)]
    on_hub = [name for name in dict.fromkeys(names) if _HUB_ID.fullmatch(name)]
    if on_hub:
        yield f"datasets: {json.dumps(on_hub)}"
    yield f"tags: {json.dumps(['r1', 'trl', str(run['command'])])}"
    yield "---"
    yield ""


def _text(run: Mapping[str, Any], run_dir: Path) -> Iterator[str]:
    command = str(run["command"])
    yield f"# {_code(run_dir.name)}"
    yield ""
    yield f"Trained with r1 by {_TITLES.get(command, command)}."
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, value in _facts(run, run_dir):
        if value:
            yield f"| {name} | {value} |"
    yield ""
    yield "`run.yaml` in the run directory has the whole configuration, with where each value comes from, and"
    yield "`r1 rerun FOLDER` repeats the run."


def _facts(run: Mapping[str, Any], run_dir: Path) -> Iterator[tuple[str, str]]:
    training, rewards = (run["config"].get(group) or {} for group in ("training", "rewards"))
    yield "start model", _code(_start_model(run))
    yield "data", ", ".join(map(_code, _datasets(run, run_dir)))
    yield "preset", _code(run.get("preset"))
    names, weights = rewards.get("reward_funcs") or [], rewards.get("reward_weights") or []
    if run["command"] == "grpo":
        yield (
            "rewards",
            ", ".join(_weighted(name, weight) for name, weight in zip(names, weights, strict=False)),
        )
    yield "steps", str(last_step(run_dir).get("step", ""))
    for name in ("learning_rate", "seed"):
        yield name.replace("_", " "), _code(training.get(name))
    versions = run.get("versions") or {}
    yield "versions", ", ".join(f"{name} {versions[name]}" for name in _VERSIONS if name in versions)
    yield "git commit", _code(run.get("git_commit"))


def _start_model(run: Mapping[str, Any]) -> str:
    group, _, name = MODEL.partition(".")
    return _shared(str((run["config"].get(group) or {}).get(name) or ""))


def _shared(name: str) -> str:
    """A name without the folders of this machine, also of what lies nowhere any more."""
    return public_name(name) if existing_path(name) or not name.startswith("/") else Path(name).name


def _datasets(run: Mapping[str, Any], run_dir: Path) -> list[str]:
    found = [str(one["name"]) for one in recorded_datasets(run_dir)]
    if found:
        return found
    name = (run["config"].get("data") or {}).get("dataset_name")
    return [_shared(str(name))] if name else []


def _weighted(name: object, weight: object) -> str:
    # A file's reward is called by its function: where the file lies is nobody else's.
    shown = _code(str(name).rpartition("/")[2])
    return shown if weight == 1.0 else f"{shown} (weight {weight})"


def _code(value: object) -> str:
    """A value as code of Markdown in a cell: it does nothing, whatever is in it."""
    if value is None or value == "":
        return ""
    text = re.sub(r"[`|\s]+", " ", str(value)).strip()
    return f"`{text}`"
