"""A training of two steps, with what r1 adds to the trainer's own arguments."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.record import RecordedConfig
from r1cli.data.lineage import content_hash

pytestmark = pytest.mark.xdist_group("torch")

TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}]{{ message['content'] }}<|im_end|>{% endfor %}"
)


def test_training_on_a_mixture_with_a_template_timings_and_kept_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from r1cli.quickstart.base_model import make_tiny
    from r1cli.train.callbacks import Timings
    from r1cli.train.progress import Progress
    from r1cli.train.setup import train_and_save, trainer_arguments, training_arguments

    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    make_tiny(tmp_path / "base", seed=0)
    for name in ("a", "b"):
        rows = [{"prompt": f"{name}{n}", "completion": str(n)} for n in range(6)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "chat.jinja").write_text(TEMPLATE)
    run = tmp_path / "run"
    groups: dict[str, dict[str, Any]] = {
        "model": {"model_name_or_path": str(tmp_path / "base")},
        "data": {
            "dataset_mixture": {
                "datasets": [{"id": str(tmp_path / f"{name}.jsonl")} for name in ("a", "b")],
                "test_split_size": 2,
            },
            "chat_template": str(tmp_path / "chat.jinja"),
        },
        "training": {
            "max_steps": 2, "per_device_train_batch_size": 4, "save_steps": 1, "save_total_limit": 1,
            "logging_steps": 1, "eval_strategy": "steps", "eval_steps": 2, "bf16": False,
        },
        "tracking": {"timings": True, "report_to": "none"},
        "callbacks": {"names": [], "preserve_checkpoints_every": 1},
    }  # fmt: skip
    config = RecordedConfig(groups)
    run.mkdir()
    (run / "run.yaml").write_text(json.dumps({"command": "sft", "config": groups}))
    arguments = training_arguments(SFTConfig, run, config)
    needed = COMMANDS["sft"].columns
    trainer = SFTTrainer(**trainer_arguments(run, config, arguments, Timings(), needed))
    recorded = json.loads((run / "datasets.json").read_text())
    assert [one["name"] for one in recorded] == ["a.jsonl", "b.jsonl"]
    assert recorded[0]["hash"] == content_hash([tmp_path / "a.jsonl"]) != recorded[1]["hash"]
    assert (len(trainer.train_dataset), len(trainer.eval_dataset)) == (10, 2)
    read = trainer.processing_class.decode(trainer.train_dataset[0]["input_ids"])
    assert read.startswith("[user]"), read
    train_and_save(run, config, Progress(trainer))

    assert AutoTokenizer.from_pretrained(run).chat_template == TEMPLATE
    card = (run / "README.md").read_text()
    assert "| start model | `base` |" in card
    assert "| data | `a.jsonl`, `b.jsonl` |" in card
    assert "| steps | 2 |" in card
    assert [path.name for path in run.glob("checkpoint-*")] == ["checkpoint-2"]
    kept = sorted(path.name for path in (run / "preserved").iterdir())
    assert kept == ["checkpoint-1", "checkpoint-2"]
    for name in kept:
        assert json.loads((run / "preserved" / name / "trainer_state.json").read_text())["global_step"]
        assert (run / "preserved" / name / "model.safetensors").exists()
    first, second, *others = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert first["seconds/step"] > first["seconds/optimizer"] > 0
    assert second["seconds/between"] > 0
    assert len(others) == 2, "one of the evaluation, one at the end"
    assert not any("seconds/step" in line for line in others)
