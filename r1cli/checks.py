"""What can be said of a config before anything is loaded: the model, the rewards, the dataset's columns."""

from collections.abc import Iterator
from pathlib import Path

from r1cli.config.resolve import DATASET, MODEL, OUTPUT_DIR, REWARDS, Config
from r1cli.data.source import find_source, is_local_path, neighbours, peek_columns
from r1cli.errors import R1Error, did_you_mean
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import Reward

COLUMNS = "data.columns"

#: The columns that each command trains on: one of these sets must be there.
TRAINED_ON = {
    "sft": (("messages",), ("prompt", "completion"), ("text",)),
    "grpo": (("prompt",),),
    "evaluate": (("prompt",),),
}


def check(config: Config) -> None:
    """Every mistake that can be found without loading a model or a dataset.

    Raises:
        R1Error: with all of them.
    """
    errors: list[R1Error] = []
    rewards: list[Reward] = []
    for required, flag in ((MODEL, "--model"), (DATASET, "--dataset"), (REWARDS, "--reward")):
        if required in config.schema.leaves and not config.get(required):
            mend = f"give {flag}, or a --preset or --config that sets {required}"
            errors.append(R1Error(f"`r1 {config.command}` needs a {flag}", where=required, mend=mend))
    if not config.get(OUTPUT_DIR).strip():
        errors.append(R1Error("the run directory has no name", where=config.origins[OUTPUT_DIR]))
    for name in config.get(REWARDS) if REWARDS in config.schema.leaves else ():
        try:
            rewards.append(find_reward(name, config.origins[REWARDS]))
        except R1Error as error:
            errors += error.all()
    errors += [*_check_parameters(config, rewards), *_check_model(config), *_check_columns(config, rewards)]
    if errors:
        raise R1Error.together(errors)


def _check_parameters(config: Config, rewards: list[Reward]) -> Iterator[R1Error]:
    chosen = {reward.name: reward for reward in rewards}
    for path, origin in config.origins.items():
        group, _, rest = path.partition(".")
        name, _, parameter = rest.partition(".")
        if group != "rewards" or not parameter:
            continue
        try:
            reward = chosen.get(name) or find_reward(name, origin)
        except R1Error as error:
            yield from error.all()
            continue
        known = reward.parameters()
        if parameter not in known:
            otherwise = f"it takes {', '.join(known)}" if known else "it takes none"
            mend = did_you_mean(parameter, known, otherwise)
            yield R1Error(f"reward '{name}' has no parameter '{parameter}'", where=origin, mend=mend)


def _check_model(config: Config) -> Iterator[R1Error]:
    name = config.get(MODEL)
    if not name:
        return
    path = Path(name).expanduser()
    where = config.origins[MODEL]
    if path.exists() and not (path / "config.json").exists():
        mend = "name a folder with config.json and weights, or a Hub id"
        yield R1Error(f"'{name}' holds no model: it has no config.json", where=where, mend=mend)
    elif not path.exists() and is_local_path(name):
        mend = did_you_mean(name, neighbours(path), "check the path")
        yield R1Error(f"there is no model folder '{name}'", where=where, mend=mend)


def _check_columns(config: Config, rewards: list[Reward]) -> Iterator[R1Error]:
    name = config.get(DATASET)
    if not name:
        return
    try:
        found = peek_columns(find_source(name, config.origins[DATASET]))
    except R1Error as error:
        yield error
        return
    if found is None:
        return
    renamed = config.get(COLUMNS) or {}
    columns = (set(found) - set(renamed.values())) | set(renamed)
    there = f"its columns are {', '.join(found)}"
    for new, old in renamed.items():
        if old not in found:
            mend = did_you_mean(old, found, there)
            yield R1Error(f"the dataset has no column '{old}'", where=f"{COLUMNS}.{new}", mend=mend)
    sets = TRAINED_ON[config.command]
    if not any(columns.issuperset(wanted) for wanted in sets):
        wanted = ", or ".join(" and ".join(names) for names in sets)
        yield R1Error(
            f"`r1 {config.command}` needs the columns {wanted}",
            where=f"{name}: {there}",
            mend=f"rename what is there, as --{COLUMNS}.{sets[-1][0]} COLUMN",
        )
    for reward in rewards:
        for column in sorted(set(reward.columns) - columns):
            yield R1Error(
                f"reward '{reward.name}' needs the column '{column}'",
                where=f"{name}: {there}",
                mend=f"rename what is there, as --{COLUMNS}.{column} COLUMN",
            )
