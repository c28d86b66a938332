"""A measurement on disk: where it is, and how its samples were made. Plans use it: nothing heavy here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r1cli.data.source import DATASET
from r1cli.errors import R1Error
from r1cli.runs.locate import find_run
from r1cli.runs.run_dir import read_status

#: The file of a measurement's dataset folder that says how its samples were made.
INFO = "measurement.json"
#: The folder of a run that has measured and then selected: its dataset are the selected rows.
MEASUREMENT = "measurement"
#: The columns that a measurement adds; the second and third are open-r1's.
RATE, GENERATIONS, REWARDS = "pass_rate", "pass_rate_generations", "pass_rate_rewards"
SAMPLES, HELD_OUT, ORIGIN = "pass_rate_samples", "pass_rate_held_out", "pass_rate_origin"
OWN = (RATE, GENERATIONS, REWARDS, SAMPLES, HELD_OUT, ORIGIN)

#: What measurements must have in common to be pooled, each as people call it.
_COMMON = {
    "identity": "model",
    "temperature": "temperature",
    "top_p": "top_p",
    "max_new_tokens": "max_new_tokens",
    "stop": "stop",
    "system_prompt": "system prompt",
    "parameters": "parameters of the rewards",
    "verdicts": "version of r1's verdicts",
}


@dataclass(frozen=True)
class Info:
    """How the samples of a measurement were made.

    Args:
        model: its name, as others may read it.
        model_revision: its commit on the Hub, if known.
        identity: a digest of what its completions depend on, apart from the sampling settings.
        server: what sampled.
        temperature: of the sampling, as the next four.
        top_p: see above.
        max_new_tokens: see above.
        stop: see above.
        seed: see above.
        system_prompt: that opened each chat without one.
        chats: whether the prompts were sent as chats.
        rewards: that scored the samples.
        parameters: of the rewards.
        verdicts: the version of r1's verdicts.
        samples: of each prompt, at most.
        holdout: more samples of rows within the bounds.
        adaptive: how an adaptive measurement decided: first_samples, confidence, min, max; None for a fixed
            number of samples.
    """

    model: str
    model_revision: str | None
    identity: str
    server: str
    temperature: float
    top_p: float
    max_new_tokens: int
    stop: Sequence[str] | None
    seed: int
    system_prompt: str | None
    chats: bool
    rewards: Sequence[str]
    parameters: Mapping[str, Any]
    verdicts: str
    samples: int
    holdout: int = 0
    adaptive: Mapping[str, float] | None = None

    @property
    def fewest(self) -> int:
        """The samples that each row has, unless some failed."""
        return int(self.adaptive["first_samples"]) if self.adaptive else self.samples

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    def settings(self) -> dict[str, Any]:
        """What a card says."""
        hidden = ("identity", "chats")
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in hidden and value not in (None, {}, [])
        }


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Args:
        name: of its run, as others may read it.
        folder: its dataset folder.
        info: how its samples were made.
    """

    name: str
    folder: Path
    info: Info

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / "data").glob("*.parquet"))


def public_reward(name: str) -> str:
    """A reward's name without the folders of this machine, as ``file.py:function``."""
    return name.rpartition("/")[2]


def read_measurement(path: Path) -> Measurement:
    """The measurement of a run directory, or of its name below ./runs, or of a dataset folder.

    Raises:
        R1Error: there is none, or it is not complete.
    """
    for folder in (path / MEASUREMENT, path / DATASET, path):
        if (folder / INFO).is_file():
            return Measurement(path.absolute().name, folder, _read_info(folder / INFO))
    state = read_status(path).get("state", "")
    if state and state != "finished":
        raise R1Error(
            f"this measurement is not complete: its run is {state}",
            where=str(path),
            fix="run the same command with the run's --output-dir to the end: finished samples are stored",
        )
    if not path.exists():
        return read_measurement(find_run(str(path)))
    raise R1Error(
        "this is not a measurement of pass rates",
        where=str(path),
        fix="name a run directory of `r1 filter-pass-rate measure` or `r1 filter-pass-rate`",
    )


def _read_info(path: Path) -> Info:
    try:
        return Info(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise R1Error(f"this file cannot be read: {error}", where=str(path), fix="measure again") from error


def check_agreement(measurements: Sequence[Measurement]) -> None:
    """Refuses to pool samples that were made differently.

    Raises:
        R1Error: the measurements differ in their model, how it sampled, or how its samples were scored.
    """
    first, *others = measurements
    lines = [
        f"  {words}: {_shown(first.info, field)} in {first.name}, {_shown(other.info, field)} in {other.name}"
        for other in others
        for field, words in _COMMON.items()
        if getattr(first.info, field) != getattr(other.info, field)
    ]
    if lines:
        raise R1Error(
            "these measurements cannot be pooled, since their samples were made differently\n"
            + "\n".join(dict.fromkeys(lines)),
            where=", ".join(str(one.folder) for one in measurements),
            fix="select from each of them in a separate run",
        )


def _shown(info: Info, field: str) -> str:
    if field != "identity":
        return json.dumps(getattr(info, field))
    revision = f"@{info.model_revision}" if info.model_revision else ""
    # A folder may have the same name, and other weights.
    return f"{info.model}{revision} ({info.server}, {info.identity[:8]})"
