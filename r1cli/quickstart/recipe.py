"""The R1 recipe at small scale, as Jobs: a start model, a cold start by SFT, GRPO, and a measurement of each.

Nothing here trains or samples: every step is planned by the command that a user would type.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from r1cli import environment
from r1cli.checks.subject import Promised
from r1cli.config.resolve import Request
from r1cli.config.settings import Setting
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import write_json_lines
from r1cli.launch.place import Place
from r1cli.prepare.request import prepare
from r1cli.prepare.target import exactly
from r1cli.quickstart.arithmetic import additions, chain_sums
from r1cli.quickstart.code_problems import programs
from r1cli.quickstart.problem_sets import Problems
from r1cli.runs.job import Job

STAGES = ("base", "sft", "grpo")
#: The datasets that the first step makes.
DATASETS = ("sft", "grpo", "held_out")


@dataclass(frozen=True)
class Recipe:
    """What one start model is taught, and with which presets.

    The first of the ``rewards`` says what is right; it reads the column ``reference``.
    """

    problems: Callable[[int], Problems]
    presets: tuple[str, str]
    max_new_tokens: int = 64
    rewards: str = "accuracy,format"
    reference: str = "solution"

    @property
    def columns(self) -> dict[str, tuple[str, str]]:
        """The columns of each dataset."""
        problem = ("prompt", self.reference)
        return {"sft": ("prompt", "completion"), "grpo": problem, "held_out": problem}


RECIPES = {
    "tiny": Recipe(additions, ("tiny-sft", "tiny-grpo")),
    "tiny-code": Recipe(
        programs,
        ("tiny-code-sft", "tiny-code"),
        max_new_tokens=144,
        rewards="code,code_format",
        reference="verification_info",
    ),
    "smollm2": Recipe(chain_sums, ("smollm2-sft", "smollm2-grpo")),
}


@dataclass(frozen=True)
class Step:
    """One step: what it does in a line, and its job."""

    title: str
    job: Job


def find_recipe(model: str) -> Recipe:
    """The recipe of a start model.

    Raises:
        R1Error: there is none.
    """
    if model not in RECIPES:
        fix = did_you_mean(model, RECIPES, f"there are {', '.join(RECIPES)}")
        raise R1Error(f"unknown quickstart model '{model}'", where="flag --model", fix=fix)
    return RECIPES[model]


def start_model(model: str, path: Path) -> Path:
    """Where the start model is: at a path, or for downloaded weights, which are kept once, in r1's home."""
    return environment.home().absolute() / "models" / model if model == "smollm2" else path


def plan_steps(model: str, seed: int, folder: Path, place: Place) -> list[Step]:
    """All steps in their order, each checked as the command that a user would type; nothing is started.

    What a step makes is promised to those after it.
    """
    recipe, folder = find_recipe(model), folder.absolute()
    sft_preset, grpo_preset = recipe.presets
    base = start_model(model, folder / "base")
    sft, grpo, data = folder / "sft", folder / "grpo", folder / "data"
    promised = Promised(
        frozenset(map(str, (base, sft, grpo))),
        {str(data / f"{name}.jsonl"): columns for name, columns in recipe.columns.items()},
    )

    def plan(command: str, run_dir: Path, preset: str | None = None, /, **values: object) -> Job:
        settings = {"output_dir": run_dir, "seed": seed, **values}
        flags = tuple(Setting(key, str(value), f"quickstart --{key}") for key, value in settings.items())
        return prepare(command, Request(preset, flags=flags), exactly(place), promised).job

    steps = [
        Step(
            "make the problems and the start model",
            plan("base", folder / "base", None, **_start(model, base, data)),
        ),
        Step(
            "cold start: SFT on reasoning traces",
            plan("sft", sft, sft_preset, model=base, dataset=data / "sft.jsonl"),
        ),
        Step(
            f"GRPO with --reward {recipe.rewards}",
            plan("grpo", grpo, grpo_preset, model=sft, dataset=data / "grpo.jsonl", reward=recipe.rewards),
        ),
    ]
    for stage, path in zip(STAGES, (base, sft, grpo), strict=True):
        job = plan(
            "evaluate", measured(folder, stage),
            model=path, dataset=data / "held_out.jsonl", reward=recipe.rewards, engine="in_process",
            batch_size=128, max_new_tokens=recipe.max_new_tokens,
        )  # fmt: skip
        steps.append(Step(f"measure the {stage} model on held-out problems", job))
    return steps


def _start(model: str, path: Path, data: Path) -> dict[str, object]:
    return {"base.model": model, "base.path": path, "base.data": data}


def measured(folder: Path, stage: str) -> Path:
    """The run directory of a stage's measurement."""
    return folder / f"measure-{stage}"


def write_problems(model: str, seed: int, folder: Path) -> None:
    """Writes the three disjoint sets as jsonl, the same for the same seed."""
    problems = find_recipe(model).problems(seed)
    for name in DATASETS:
        write_json_lines(folder / f"{name}.jsonl", getattr(problems, name))
