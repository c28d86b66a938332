"""The benchmarks that come with r1: lighteval tasks, programs, and tiny ones that need no network."""

from typing import Any

from r1_benchmarks.codeforces import codeforces
from r1_benchmarks.ioi import olympiads
from r1_benchmarks.livecodebench import livecodebench
from r1cli import Benchmark, hookimpl

# DeepSeek's recommendation for R1 and its distilled models (README, "Evaluation"); with greedy decoding, long
# thoughts become repetitive.
_REASONING = {"temperature": 0.6, "top_p": 0.95, "max_new_tokens": 32768}
# Greedy, to reveal small differences between engines and machines.
_TINY = {"temperature": 0.0, "max_new_tokens": 512}
_TAGS = "Think between <think> and </think>, then write the answer between <answer> and </answer>."


@hookimpl
def r1_benchmarks() -> list[Benchmark]:
    programs = [*livecodebench(_REASONING), *olympiads(_REASONING), *codeforces(_REASONING)]
    return [*_lighteval(), *programs, *_tiny()]


def _lighteval() -> list[Benchmark]:
    """Prompts, metrics, datasets and numbers of samples are those of lighteval 0.13."""
    return [
        Benchmark(
            "aime24",
            summary="the 30 problems of AIME 2024 (lighteval)",
            dataset="HuggingFaceH4/aime_2024",
            split="train",
            sampling=_REASONING,
            groups=("math", "r1"),
            lighteval="aime24",
            source="lighteval, tasks/aime.py",
        ),
        Benchmark(
            "aime25",
            summary="the 30 problems of AIME 2025 (lighteval)",
            dataset="yentinglin/aime_2025",
            split="train",
            sampling=_REASONING,
            groups=("math",),
            lighteval="aime25",
            source="lighteval, tasks/aime.py",
        ),
        Benchmark(
            "math_500",
            summary="500 problems of the MATH benchmark (lighteval)",
            dataset="HuggingFaceH4/MATH-500",
            sampling=_REASONING,
            groups=("math", "r1"),
            lighteval="math_500",
            source="lighteval, tasks/math_500.py; Let's Verify Step by Step (arXiv:2305.20050)",
        ),
        Benchmark(
            "gpqa:diamond",
            summary="198 multiple-choice questions of graduate science (lighteval); the dataset is gated",
            dataset="Idavidrein/gpqa",
            dataset_config="gpqa_diamond",
            split="train",
            sampling=_REASONING,
            groups=("r1",),
            aliases=("gpqa",),
            lighteval="gpqa:diamond",
            source="lighteval, tasks/gpqa.py; GPQA (arXiv:2311.12022)",
        ),
        Benchmark(
            "gsm8k",
            summary="1,319 word problems of grade-school mathematics (lighteval: greedy, at most 256 tokens)",
            dataset="openai/gsm8k",
            dataset_config="main",
            sampling={"temperature": 0.0, "max_new_tokens": 256},
            groups=("math",),
            lighteval="gsm8k",
            source="lighteval, tasks/gsm8k.py; GSM8K (arXiv:2110.14168)",
        ),
    ]


def _tiny() -> list[Benchmark]:
    """A hundred generated problems each: quick results for any model on any machine."""
    return [
        _generated(
            "tiny_sum",
            "chain_sum?size=100&seed=2024&min_terms=2&max_terms=3&min_digits=1&max_digits=2",
            summary="100 sums and differences of two or three small numbers (reasoning-gym)",
        ),
        _generated(
            "tiny_equation",
            "simple_equations?size=100&seed=2024",
            summary="100 linear equations in one unknown (reasoning-gym)",
        ),
        _generated(
            "tiny_countdown",
            "countdown?size=100&seed=2024&min_numbers=3&max_numbers=3",
            summary="100 Countdown games with three numbers (reasoning-gym, 0.01 or 0.05 for a wrong answer)",
            verifier="reasoning_gym",
        ),
    ]


def _generated(name: str, task: str, **more: Any) -> Benchmark:
    return Benchmark(
        name,
        dataset=f"reasoning_gym:{task}",
        prompt=f"{{prompt}}\n{_TAGS}",
        sampling=_TINY,
        groups=("tiny",),
        source=f"reasoning-gym, {task.partition('?')[0]}",
        **more,
    )
