"""Settings that change nothing are named; what a preset sets is not."""

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.resolve import Request
from r1cli.prepare.request import resolve_and_check
from tests.command_line import flags_of


def warnings(*words: str, profile: str | None = None) -> list[str]:
    request = Request(
        "tiny-grpo", flags=flags_of("--model", "m/x", "--dataset", "d/x", *words), profile=profile
    )
    return list(resolve_and_check(COMMANDS["grpo"], request)[0].warnings)


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (("--lora_r", "8"), "flag --lora_r: lora_r changes nothing: adapters are trained with --use_peft"),
        (
            ("--vllm_gpu_memory_utilization", "0.4", "--vllm_tensor_parallel_size", "2"),
            "vllm_gpu_memory_utilization, vllm_tensor_parallel_size change nothing: vLLM generates",
        ),
        (
            ("--eval_steps", "5"),
            "eval_steps changes nothing: the model is evaluated with",
        ),
        (
            ("--lr_scheduler_type", "constant", "--lr_scheduler_kwargs", '{"min_lr": 1}'),
            "lr_scheduler_kwargs changes nothing: a constant learning rate takes no arguments",
        ),
        (("--run_name", "x"), "no tracker shows the run's name: add --report_to wandb"),
        (("--wandb_project", "p"), "nothing reports to Weights & Biases"),
    ],
)
def test_a_setting_without_an_effect_is_named(words: tuple[str, ...], warning: str) -> None:
    assert any(warning in one for one in warnings(*words))


def test_nothing_is_said_of_what_works_or_nobody_asked_for() -> None:
    assert warnings() == []
    assert warnings("--use_peft", "--lora_r", "8") == []
    assert warnings("--vllm_mode", "server", "--hub_model_id", "o/n") == []


def test_prod_says_that_nothing_tracks_the_run() -> None:
    assert any("no tracker is configured" in one for one in warnings(profile="prod"))
