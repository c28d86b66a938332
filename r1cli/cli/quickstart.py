"""``r1 quickstart``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r1cli.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from r1cli.evaluate.statistics import Estimate
    from r1cli.quickstart.recipe import Step
    from r1cli.report.quickstart import Report


def quickstart(
    model: Annotated[
        str, typer.Option(help="tiny, tiny-code for programs, or smollm2: a real language model (slow).")
    ] = "tiny",
    seed: Annotated[int, typer.Option(help="Seed of the problems, the weights and the sampling.")] = 0,
    output_dir: Annotated[
        Path | None, typer.Option(help="Default: runs/quickstart-<model>-seed<seed>.", show_default=False)
    ] = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Teach a tiny model to reason, from scratch, on this machine: no GPU, no model hub.

    The whole R1 recipe at small scale: a start model, SFT on reasoning traces, GRPO, and a measurement of all
    three on problems that none of them has seen. If it is interrupted, start it again, and it resumes.
    """
    from r1cli.cli.dry_run import asked_for
    from r1cli.cli.output import data_console, say
    from r1cli.cli.progress import watched_launch
    from r1cli.launch.place import Place, local_place
    from r1cli.quickstart.recipe import plan_steps
    from r1cli.report.quickstart import read_report

    shown = asked_for(dry_run, as_json)
    folder = output_dir or Path("runs") / f"quickstart-{model}-seed{seed}"
    # The tiny models are quickest on the CPU, and one place for all keeps the result comparable.
    place = Place(local_place(None).cores)
    steps = plan_steps(model, seed, folder, place)
    if shown:
        _show_plan(steps, as_json)
        return
    for number, step in enumerate(steps, 1):
        say(f"\n[{number}/{len(steps)}] {step.title}")
        if watched_launch(step.job, "the same command") == "finished":
            say("done before")
    show_report(read_report(folder), steps, data_console())


def _show_plan(steps: "list[Step]", as_json: bool) -> None:
    from r1cli.cli.output import emit

    if as_json:
        emit(json.dumps([{"title": s.title, "job": json.loads(s.job.to_json())} for s in steps], indent=2))
        return
    for number, step in enumerate(steps, 1):
        emit(f"# [{number}/{len(steps)}] {step.title}")
        for role in step.job.roles:
            emit(role.command_line())


def show_report(report: "Report", steps: "Sequence[Step]", console: "Console") -> None:
    """Prints what came out: a table, the curve of the reward, two completions, the run directories."""
    from rich.text import Text

    from r1cli.cli.output import visible
    from r1cli.cli.table import lay_out
    from r1cli.report.curve import CURVE_WIDTH, draw_curve
    from r1cli.report.quickstart import is_right

    rewards = list(report.gains)
    rows = [
        (stage, *(_percent(scores[reward]) for reward in rewards), str(scores[rewards[0]].n))
        for stage, scores in report.scores.items()
    ]
    rows.append(("grpo - sft", *(_points(report.gains[reward]) for reward in rewards), ""))
    console.print("\nHeld-out problems, one completion each at temperature 1.0; 95 % intervals in brackets\n")
    for line in lay_out(("model", *rewards, "n"), rows, console.width):
        console.print(Text(line.text, "bold" if line.heading else ""), soft_wrap=True)
    console.print()
    curve = draw_curve(report.curve, "mean reward of a GRPO step", min(CURVE_WIDTH, console.width))
    console.print(curve, highlight=False, markup=False)
    for example in report.examples:
        verdict = "right" if is_right(example) else "wrong"
        prompt = example["prompt"][-1]["content"]
        console.print(f"\n{visible(prompt)}   ({verdict})", markup=False, style="bold")
        console.print(visible(example["completion"]), markup=False)
    if steps:
        console.print("\nrun directories", style="bold")
    for step in steps:
        console.print(step.job.run_dir, markup=False, soft_wrap=True)


def _percent(estimate: "Estimate") -> str:
    return f"{estimate.value:6.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


def _points(gain: "Estimate") -> str:
    return f"{100 * gain.value:+.1f} points [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
