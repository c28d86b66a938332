"""Batches, ranges, lengths and contradictions: what is wrong, and what would be right."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from r1cli.checks import find_mistakes
from r1cli.checks.subject import Subject
from r1cli.commands import COMMANDS
from r1cli.config.engine_ranges import ENGINE_RANGES
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import schema_of
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from tests.command_line import flags_of

SCHEMAS = {name: schema_of(row) for name, row in COMMANDS.items()}
LENGTHS = ["training.max_length", "training.max_completion_length"]
RIGHT = ("--model", "some/model", "--dataset", "some/dataset", "--reward", "format")


def mistakes(*words: str, gpus: int = 0, command: str = "grpo") -> list[R1Error]:
    right = RIGHT[:4] if command == "sft" else RIGHT
    drafted = gather(SCHEMAS[command], Request(flags=flags_of(*right, *words)))
    assert not drafted.errors
    place = Place(2, tuple(map(str, range(gpus))))
    return find_mistakes(Subject(drafted.config(None), place))


def test_a_right_config_has_none() -> None:
    assert mistakes() == []
    assert mistakes(command="sft") == []
    assert mistakes(command="evaluate") == []


def test_a_batch_of_broken_groups() -> None:
    (error,) = mistakes(
        "--per_device_train_batch_size", "8", "--gradient_accumulation_steps", "4", "--num_generations", "7"
    )
    assert error.what == (
        "a batch holds 8 per device x 1 rank x 4 gradient_accumulation_steps = 32 completions, "
        "which is not a multiple of num_generations 7"
    )
    assert error.fix == (
        "the nearest that work: --training.per_device_train_batch_size 7 (28 completions) or "
        "--training.per_device_train_batch_size 14 (56 completions)"
    )
    assert error.where == (
        "flag --per_device_train_batch_size, flag --gradient_accumulation_steps, flag --num_generations"
    )


def test_the_ranks_count() -> None:
    words = ("--per_device_train_batch_size", "1", "--gradient_accumulation_steps", "1")
    assert mistakes(*words, gpus=8) == []
    assert "1 per device x 1 rank x 1" in mistakes(*words, gpus=1)[0].what


@settings(deadline=None)
@given(st.integers(1, 64), st.integers(1, 8), st.integers(1, 16), st.integers(2, 32))
def test_what_is_proposed_works_and_nothing_else_is_refused(
    per_device: int, gpus: int, steps: int, group: int
) -> None:
    def with_size(size: int) -> list[R1Error]:
        return mistakes(
            "--per_device_train_batch_size", str(size), "--gradient_accumulation_steps", str(steps),
            "--num_generations", str(group), gpus=gpus,
        )  # fmt: skip

    found = with_size(per_device)
    assert bool(found) == bool(per_device * gpus * steps % group)
    assume(found)
    proposed = [int(word) for word in found[0].fix.split() if word.isdigit()]
    assert proposed
    for size in proposed:
        assert with_size(size) == []


def test_a_generation_batch_of_its_own() -> None:
    (error,) = mistakes("--generation_batch_size", "20", "--per_device_train_batch_size", "8")
    assert "generation_batch_size 20 must be a multiple of 8" in error.what
    assert error.fix == (
        "the nearest that work: --training.generation_batch_size 16 or --training.generation_batch_size 24"
    )
    (error,) = mistakes("--generation_batch_size", "16", "--steps_per_generation", "2")
    assert "two names of one size" in error.what


def test_an_evaluation_batch_of_broken_groups() -> None:
    (error,) = mistakes("--eval_strategy", "steps", "--per_device_eval_batch_size", "6")
    assert "an evaluation batch holds 6 per device x 1 rank = 6 completions" in error.what


def test_every_range_is_of_a_number_and_admits_its_default() -> None:
    leaves = [leaf for schema in SCHEMAS.values() for leaf in schema.leaves.values() if leaf.range]
    assert ENGINE_RANGES.keys() <= {leaf.path for leaf in leaves}
    for leaf in leaves:
        assert {"integer", "number"} & set(leaf.types)
        assert leaf.default is None or leaf.default in leaf.range


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--learning_rate", "0"), "training.learning_rate: expected above 0 and below 1, found 0"),
        (("--learning_rate", "2"), "training.learning_rate: expected above 0 and below 1, found 2"),
        (("--temperature", "0"), "training.temperature: expected above 0, found 0"),
        (("--num_generations", "1"), "training.num_generations: expected 2 or more, found 1"),
        (("--top_p", "1.5"), "training.top_p: expected above 0 and at most 1, found 1.5"),
        (("--num_train_epochs", "-1"), "training.num_train_epochs: expected above 0, found -1"),
        (
            ("--max_steps", "0"),
            "training.max_steps: expected 1 or more, or -1 for as many as the epochs have, found 0",
        ),
        (
            ("--save_steps", "1.5"),
            "training.save_steps: expected a share below 1 or a whole number, found 1.5",
        ),
        (("--seed", "-3"), "training.seed: expected 0 or more, found -3"),
        (("--gradient_accumulation_steps", "-" + "9" * 400), None),
        (
            ("--max_steps", "10", "--warmup_steps", "10"),
            "the warm-up takes 10 steps of 10: the learning rate never reaches its value",
        ),
    ],
)  # fmt: skip
def test_numbers_out_of_range(words: tuple[str, ...], what: str | None) -> None:
    found = [error.what for error in mistakes(*words)]
    assert found == [what] if what else "expected 1 or more" in found[0]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--bf16", "true", "--fp16", "true"), "bf16 and fp16 are both asked for"),
        (
            ("--use_vllm", "--vllm_gpu_memory_utilization", "1"),
            "vLLM is to share the trainer's GPUs and to take all of their memory",
        ),
        (
            ("--use_vllm", "--vllm_tensor_parallel_size", "3"),
            "vLLM is to split the model over 3 ranks, and there are 4",
        ),
        (("--load_in_4bit",), "quantized weights cannot be trained, only adapters on them"),
        (
            ("--data.dataset_mixture", '{"datasets": [{"id": "a/b"}]}'),
            "a dataset and a mixture of datasets are both asked for",
        ),
        (("--split_seed", "3"), "a split seed without a test size splits nothing"),
        (
            ("--use_vllm", "--vllm_max_model_length", "50", "--max_completion_length", "100"),
            "a completion as long as is asked for leaves no room for a prompt in vLLM's length",
        ),
        (
            ("--lr_scheduler_type", "reduce_lr_on_plateau"),
            "this learning rate follows the evaluations, and there are none",
        ),
        (
            ("--dataloader_prefetch_factor", "2"),
            "nothing is prefetched without workers that load data",
        ),
        (
            (
                "--load_best_model_at_end",
                "--eval_strategy",
                "steps",
                "--eval_steps",
                "20",
                "--save_steps",
                "30",
            ),
            "the best model can be kept only when each evaluation has its checkpoint",
        ),
        (
            ("--callbacks.preserve_checkpoints_every", "5", "--save_strategy", "no"),
            "checkpoints are to be preserved, and none is written",
        ),
        (
            ("--launch.accelerate", "zero3", "--training.deepspeed", '{"zero_optimization": {}}'),
            "the model is to be sharded in two ways at once",
        ),
        (
            ("--test_size", "0.1", "--dataset_test_split", "validation"),
            "the test rows are both held out of the training split and a separate split",
        ),
    ],
)
def test_settings_that_contradict_each_other(words: tuple[str, ...], what: str) -> None:
    assert [error.what for error in mistakes(*words, gpus=4)] == [what]


def test_an_evaluation_without_a_test_split(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(2 * (json.dumps({"prompt": "1+1", "solution": "2"}) + "\n"))
    words = ("--dataset", str(rows), "--eval_strategy", "steps", "--per_device_eval_batch_size", "8")
    (error,) = mistakes(*words)
    assert error.what == "an evaluation is asked for, and the dataset has no test split"
    assert mistakes(*words, "--test_size", "0.5") == []


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"max_position_embeddings": 256}, LENGTHS),
        ({"text_config": {"max_position_embeddings": 256}}, LENGTHS),
        ({"max_position_embeddings": 256, "rope_scaling": {"factor": 4}}, []),
        ({"max_position_embeddings": 512}, []),
        ({}, []),
    ],
)
def test_lengths_against_the_context(tmp_path: Path, config: dict[str, object], found: list[str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    words = ("--model", str(tmp_path))
    sft = mistakes(*words, "--max_length", "512", command="sft")
    grpo = mistakes(*words, "--max_completion_length", "256")
    assert [error.what.split()[0] for error in (*sft, *grpo)] == found


def test_a_default_is_not_held_against_the_user(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": 128}))
    assert mistakes("--model", str(tmp_path), command="sft") == []


def scheduled(name: str, **arguments: object) -> list[R1Error]:
    return mistakes("--lr_scheduler_type", name, "--lr_scheduler_kwargs", json.dumps(arguments))


@pytest.mark.parametrize(
    ("name", "arguments", "what", "fix"),
    [
        ("linear", {"min_lr_rate": 0.1}, "not take min_lr_rate", "--lr_scheduler_type cosine_with_min_lr"),
        ("cosine", {"min_lr": 0}, "not take min_lr", "--lr_scheduler_type cosine_with_min_lr"),
        ("cosine", {"cycles": 1}, "does not take cycles", "did you mean num_cycles?"),
        ("polynomial", {"a": 1}, "does not take a", "it takes lr_end, power"),
        ("cosine_with_min_lr", {}, "one of min_lr and min_lr_rate, and neither is given", "min_lr_rate"),
        ("cosine_with_min_lr", {"min_lr": 0, "min_lr_rate": 0}, "both are given", "min_lr_rate"),
        ("linear", {"a": 1}, "does not take a", "it takes none: --lr_scheduler_kwargs '{}' gives none"),
        ("warmup_stable_decay", {"num_decay_steps": None}, "needs num_decay_steps", "add --lr_scheduler_kw"),
        ("warmup_stable_decay", {"num_decay_steps": 9, "decay_type": "lin"}, "one of linear", "linear?"),
        ("warmup_stable_decay", {}, "needs num_decay_steps", '\'{"num_decay_steps": 100}\''),
        ("polynomial", {"power": "2"}, "expected number, found the text '2'", "without quotes"),
        ("polynomial", {"power": "two"}, "power: expected number, found 'two'", "its default is 1"),
    ],
)  # fmt: skip
def test_arguments_that_a_schedule_does_not_take(
    name: str, arguments: dict[str, object], what: str, fix: str
) -> None:
    (error,) = scheduled(name, **arguments)
    assert what in error.what
    assert fix in error.fix


def test_schedules_with_the_arguments_that_are_theirs() -> None:
    assert scheduled("cosine_with_min_lr", min_lr_rate=0.1) == []
    assert scheduled("cosine_with_restarts", num_cycles=3) == []
    assert scheduled("warmup_stable_decay", num_decay_steps=10, decay_type="linear") == []
    assert scheduled("reduce_lr_on_plateau", patience=2)[0].what.startswith("this learning rate follows")
    assert scheduled("constant", min_lr=1) == []
