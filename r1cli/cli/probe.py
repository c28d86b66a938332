"""``r1 reward probe``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from r1cli.cli.output import emit, say
from r1cli.cli.row_command import command_of
from r1cli.commands import COMMANDS

if TYPE_CHECKING:
    from r1cli.config.config import Config
    from r1cli.prepare.request import Prepared
    from r1cli.rewards.learning_signal import Signal

#: Characters of a completion that is shown as an example.
_SHOWN = 600


def say_whether_it_can_learn(prepared: "Prepared", run_dir: Path) -> None:
    """Shows what a finished probe found. Exits 1 when no group has completions of different reward."""
    from r1cli.config.groups.rewards import Rewards
    from r1cli.rewards.learning_signal import PROBED, read_signal

    signal = read_signal(run_dir, prepared.config.section(Rewards).weighted)
    _show_signal(signal, _verdict_parameters(prepared.config))
    say(f"samples: {run_dir / PROBED}")
    if not signal.alive:
        raise typer.Exit(1)


probe = command_of(COMMANDS["probe"])


def shown(value: float | None) -> str:
    """A score in words."""
    return "None (it does not apply)" if value is None else f"{value:.6g}"


def _verdict_parameters(config: "Config") -> dict[str, Any] | None:
    """Those of the first reward about mathematics; None without such a reward."""
    from r1cli.config.groups.rewards import Rewards
    from r1cli.plugins.registry import find_reward
    from r1cli.rewards.choice import has_mode, verdict_parameters

    for name in config.section(Rewards).reward_funcs:
        if has_mode(find_reward(name)):
            return verdict_parameters(name, config)
    return None


def _show_signal(signal: "Signal", parameters: dict[str, Any] | None) -> None:
    from r1cli.rewards.figures import histogram

    samples = signal.samples
    for name in samples[0]["scores"]:
        emit(f"{name}\n" + "\n".join(f"  {line}" for line in histogram([s["scores"][name] for s in samples])))
    emit("\nthe weighted sum\n" + "\n".join(f"  {line}" for line in histogram(signal.sums)))
    emit(f"\n{signal.groups} groups, {len(samples)} completions")
    emit(f"groups without variance: {signal.dead / signal.groups:.0%}")
    emit(f"cut off at the length limit: {signal.cut:.0%}")
    emit(f"faults: {signal.faults}")
    if signal.faults:
        say(f"the first fault: {signal.first_fault}")
    for sample in signal.examples():
        emit(f"\n--- {_scores_of(sample, parameters)}\n{sample['completion'][:_SHOWN]}")
    emit(f"\n{_advice(signal)}")


def _scores_of(sample: Mapping[str, Any], parameters: dict[str, Any] | None) -> str:
    """The scores of a completion, and the reasons: what mathematics makes of it, what the rewards note."""
    from r1cli.scoring.math import explain

    scores = "  ".join(f"{name} {shown(value)}" for name, value in sample["scores"].items())
    notes = [f"{column}: {note}" for column, note in sample["notes"].items() if note not in (None, "")]
    if parameters is not None and "gold" in sample:
        reason = explain(sample["gold"], sample["completion"], **parameters).reason
        scores += f"  (gold {sample['gold']!r}: {reason})"
    return "\n".join([scores, *([f"fault: {sample['fault']}"] if sample["fault"] else []), *notes])


def _advice(signal: "Signal") -> str:
    if signal.faults == len(signal.samples):
        return "whether the run can learn is not known: no completion has a score; look at the faults first"
    if signal.alive:
        alive = signal.groups - signal.dead
        same = [
            f"the reward {name} is {shown(value)} in every completion and teaches nothing so far"
            for name, value in signal.constant().items()
        ]
        return "\n".join([f"the run can learn: {alive} of {signal.groups} groups tell good from bad", *same])
    reasons = [
        *(["look at the faults first"] if signal.faults else []),
        *(["many completions are cut off: raise --max_completion_length"] if signal.cut > 0.5 else []),
        "take easier problems, a stronger start model (SFT), or a reward with steps in between",
    ]
    return "the run cannot learn: in no group are there completions of different reward; " + "; ".join(
        reasons
    )
