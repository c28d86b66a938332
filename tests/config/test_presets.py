"""The presets that ship with r1, and those of plugins."""

from pathlib import Path

import jinja2
import pytest

from r1cli.config import presets
from r1cli.config.presets import accelerate_presets, find_accelerate, find_preset, preset_paths, read_preset
from r1cli.config.resolve import Request, resolve
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema, sft_schema
from tests.conftest import REPOSITORY

TRAINING, LAUNCHING = preset_paths(), accelerate_presets()


def test_every_yaml_file_is_a_preset() -> None:
    files = set((REPOSITORY / "presets").rglob("*.yaml"))
    assert {*TRAINING.values(), *LAUNCHING.values()} == files
    assert len(TRAINING) + len(LAUNCHING) == len(files), "two files bear one name"
    assert set(LAUNCHING) == {"ddp", "zero2", "zero3", "fsdp", "cpu"}


@pytest.mark.parametrize("name", TRAINING)
def test_a_training_preset_says_what_it_is(name: str) -> None:
    preset = read_preset(name, "")
    assert preset.text.startswith(f"# r1 {preset.kind} --preset {name}")
    known = {"summary", "source", "hardware"}
    assert known <= set(preset.about) <= {*known, "trl", "start"}
    hardware = preset.about["hardware"]
    # What runs on a laptop runs alone: it makes its model and its rows.
    assert ("start" in preset.about) == (hardware == {"gpus": 0})
    assert hardware == {"gpus": 0} or set(hardware) == {"gpus", "memory_gb", "nodes"}
    # What another project published names the TRL that its numbers were made with.
    assert ("trl" in preset.about) == (preset.about["source"] != "r1's own recipe")


@pytest.mark.parametrize("name", LAUNCHING)
def test_an_accelerate_preset_says_how_to_use_it(name: str) -> None:
    preset = read_preset(name, "")
    assert preset.kind == "accelerate"
    assert preset.about["summary"]
    assert f"--launch.accelerate {name}\n" in preset.text


@pytest.mark.parametrize("gpus", [1, 8])
@pytest.mark.parametrize("name", [name for name in TRAINING if read_preset(name, "").kind == "grpo"])
def test_grpo_batches_hold_whole_groups(name: str, gpus: int) -> None:
    config = resolve(grpo_schema(), Request(name))
    steps = config.get("training.gradient_accumulation_steps")
    batch = config.get("training.per_device_train_batch_size") * steps * gpus
    assert batch % config.get("training.num_generations") == 0


def test_the_distilled_model_opens_its_thoughts_itself() -> None:
    """The format reward requires the whole block in the completion, so the prompt must not begin it."""
    config = resolve(grpo_schema(), Request("r1-distill-qwen1.5b-math"))
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(config.get("data.chat_template"))
    tokens = {"bos_token": "<bos>", "eos_token": "<eos>"}
    system, question = {"role": "system", "content": "think"}, {"role": "user", "content": "1+1"}
    prompt = template.render(messages=[system, question], add_generation_prompt=True, **tokens)
    assert prompt == "<bos>think<\uff5cUser\uff5c>1+1<\uff5cAssistant\uff5c>"
    answer = {"role": "assistant", "content": "<think>\n2\n</think>"}
    whole = template.render(messages=[system, question, answer], **tokens)
    assert whole == f"{prompt}{answer['content']}<eos>"


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin that brings the preset `mine`, and one named as r1's `tiny-sft`."""
    paths = {name: tmp_path / f"{name}.yaml" for name in ("mine", "tiny-sft")}
    for path in paths.values():
        path.write_text("command: sft\ntraining: {max_steps: 7}\n")
    offers = {name: [("plugin (package 1.0)", path)] for name, path in paths.items()}
    monkeypatch.setattr(presets, "all_offers", lambda kind: offers)
    return paths["mine"]


def test_a_plugins_preset_is_used_like_any_other(theirs: Path) -> None:
    assert resolve(sft_schema(), Request("mine")).get("training.max_steps") == 7
    preset = read_preset("mine", "")
    assert (preset.path, preset.plugin, preset.kind) == (theirs, "plugin (package 1.0)", "sft")


def test_a_plugin_cannot_take_a_built_in_name_silently(theirs: Path) -> None:
    assert find_preset("tiny-grpo") == TRAINING["tiny-grpo"]
    with pytest.raises(R1Error) as caught:
        find_preset("tiny-sft")
    assert caught.value.what == "preset 'tiny-sft' is claimed by r1 and plugin (package 1.0)"
    assert caught.value.where == "flag --preset"
    assert caught.value.fix.startswith("to keep r1, set R1_DISABLE_PLUGINS=plugin")


def test_a_broken_preset_does_not_hide_the_others(theirs: Path) -> None:
    theirs.write_bytes(b"\xff: [")
    assert read_preset("mine", "").about == {"summary": ""}
    assert read_preset("tiny-grpo", "").kind == "grpo"


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(R1Error) as caught:
        find_preset("qwen1.5-math")
    assert "did you mean qwen1.5b-math" in caught.value.fix


def test_accelerate_takes_a_name_or_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.touch()
    assert find_accelerate("zero3", "") == LAUNCHING["zero3"]
    assert find_accelerate(str(own), "") == own
    with pytest.raises(R1Error) as caught:
        find_accelerate("zero4", "flag --launch.accelerate")
    assert "did you mean zero3" in caught.value.fix
    assert "give the path of an accelerate config file" in caught.value.fix
