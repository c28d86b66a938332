"""The R1 recipe in small, as Jobs: a start model, a cold start by SFT, GRPO, and a measurement of each.

Nothing here trains or samples: every step is planned by the command that a user would type.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from r1cli import environment
from r1cli.commands import COMMANDS
from r1cli.config.record import provenance, to_yaml
from r1cli.config.resolve import Request, resolve
from r1cli.config.settings import Setting
from r1cli.errors import R1Error, did_you_mean
from r1cli.files import write_json_lines
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.place import Place
from r1cli.quickstart.arithmetic import Problems, additions, chain_sums
from r1cli.runs.job import Job, Role

STAGES = ("base", "sft", "grpo")
REWARDS = "accuracy,format"


@dataclass(frozen=True)
class Recipe:
    """What one start model is taught, and with which presets."""

    problems: Callable[[int], Problems]
    presets: tuple[str, str]
    max_new_tokens: int


RECIPES = {
    "tiny": Recipe(additions, ("tiny-sft", "tiny-grpo"), max_new_tokens=64),
    "smollm2": Recipe(chain_sums, ("smollm2-sft", "smollm2-grpo"), max_new_tokens=64),
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
        fix = did_you_mean(model, RECIPES, f"there are {' and '.join(RECIPES)}")
        raise R1Error(f"unknown quickstart model '{model}'", where="flag --model", fix=fix)
    return RECIPES[model]


def plan_steps(model: str, seed: int, folder: Path, place: Place) -> list[Step]:
    """All steps in their order: nothing is written or started here."""
    recipe, folder = find_recipe(model), folder.absolute()
    sft_preset, grpo_preset = recipe.presets
    # Downloaded weights are kept once, for all quickstarts.
    base = folder / "base" if model == "tiny" else environment.home() / "models" / model
    sft, grpo, data = folder / "sft", folder / "grpo", folder / "data"
    steps = [
        Step("make the problems and the start model", _plan_base(model, seed, base, folder, place)),
        Step(
            "cold start: SFT on reasoning traces",
            _plan("sft", place, sft, sft_preset, model=base, dataset=data / "sft.jsonl", seed=seed),
        ),
        Step(
            f"GRPO with --reward {REWARDS}",
            _plan(
                "grpo", place, grpo, grpo_preset,
                model=sft, dataset=data / "grpo.jsonl", reward=REWARDS, seed=seed,
            ),
        ),
    ]  # fmt: skip
    for stage, path in zip(STAGES, (base, sft, grpo), strict=True):
        job = _plan(
            "evaluate", place, measured(folder, stage),
            model=path, dataset=data / "held_out.jsonl", reward=REWARDS, engine="in_process", batch_size=128,
            max_new_tokens=recipe.max_new_tokens, seed=seed,
        )  # fmt: skip
        steps.append(Step(f"measure the {stage} model on held-out problems", job))
    return steps


def measured(folder: Path, stage: str) -> Path:
    """The run directory of a stage's measurement."""
    return folder / f"measure-{stage}"


def write_problems(model: str, seed: int, folder: Path) -> None:
    """Writes the three disjoint sets as jsonl, the same for the same seed."""
    problems = find_recipe(model).problems(seed)
    for name in ("sft", "grpo", "held_out"):
        write_json_lines(folder / f"{name}.jsonl", getattr(problems, name))


def _plan(command: str, place: Place, run_dir: Path, preset: str | None = None, **values: object) -> Job:
    """What the command plans for these flags."""
    settings = {"output_dir": run_dir, **values}
    flags = tuple(Setting(key, str(value), f"quickstart --{key}") for key, value in settings.items())
    entry = COMMANDS[command]
    return entry.plan(resolve(entry.schema(command), Request(preset, flags=flags)), place)


def _plan_base(model: str, seed: int, path: Path, folder: Path, place: Place) -> Job:
    run_dir, data = folder / "base", folder / "data"
    paths = {"path": str(path.absolute()), "data": str(data.absolute())}
    config = {"base": {"model": model, "seed": seed, **paths}}
    record = {"command": "base", "preset": None, "config": config, "origins": {}, **provenance()}
    argv = (sys.executable, "-m", "r1cli.quickstart.base_model", str(run_dir.absolute()))
    role = Role("base", argv, cpu_environment(place.cores))
    return Job("base", str(run_dir.absolute()), (role,), {"run.yaml": to_yaml(record)})
