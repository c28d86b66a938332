"""``r1 evaluate``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_command, of_schemas, takes_keys
from r1cli.commands import COMMANDS, Positional

if TYPE_CHECKING:
    from r1cli.config.schema import Schema

app = typer.Typer(
    help="Measure a model: r1 evaluate BENCHMARK ... --model MODEL. `r1 evaluate run -h` lists its options.",
    no_args_is_help=True,
)


#: `r1 evaluate NAME` means `r1 evaluate run NAME`.
DEFAULT_COMMAND = "run"

_ROW = COMMANDS["evaluate"]
_WORDS = cast("Positional", _ROW.positional)
_Evaluation = Annotated[
    str, typer.Argument(help="The run directory of an evaluation, or its name below ./runs.")
]


@app.command()
@takes_keys(of_command(_ROW.name), _ROW.options, _ROW)
def run(
    keys: Keys,
    benchmarks: Annotated[
        list[str] | None, typer.Argument(metavar=_WORDS.metavar.removesuffix("..."), help=_WORDS.help)
    ] = None,
    config: options.ConfigFile = None,
    profile: options.Profile = None,
    trained: options.Trained = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show published numbers next to the results.")
    ] = False,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    every: options.Every = False,
    write: options.WriteTo = None,
    as_json: options.AsJson = False,
) -> None:
    """Sample completions, store each as it arrives, and score them. `r1 evaluate aime24` means this.

    `r1 evaluate RUN aime24` measures the model of a run; without a model, the newest finished run below
    ./runs is measured. The same command with the run's --output-dir resumes it. Your own dataset is
    measured with --dataset and --reward.
    """
    from r1cli.cli.dry_run import asked_for
    from r1cli.cli.evaluate_results import show_results
    from r1cli.cli.launch import run_command
    from r1cli.cli.trained_model import with_newest_run, without_model

    words, trained = without_model(benchmarks or [], trained)
    more = [*options.positional(_ROW.name, words), *options.model_of(trained, keys)]
    run_command(
        _ROW.name,
        with_newest_run(_ROW, options.request(keys, None, profile, config, more)),
        dry_run=asked_for(dry_run, as_json, every, write),
        then=(lambda prepared, run_dir: show_results([run_dir], compare=True)) if compare else None,
    )


@app.command("list")
def list_benchmarks(as_json: options.Json = False) -> None:
    """List the benchmarks and their groups."""
    from r1cli.cli.output import emit, print_table
    from r1cli.evaluate.benchmarks import listed_benchmarks

    found = listed_benchmarks()
    if as_json:
        emit(
            json.dumps(
                [{"name": b.name, "groups": list(b.groups), "summary": b.summary} for b in found], indent=2
            )
        )
        return
    print_table(
        ("benchmark", "groups", "what it is"), ((b.name, ", ".join(b.groups), b.summary) for b in found)
    )


@app.command()
def show(
    directory: _Evaluation,
    failed: Annotated[bool, typer.Option("--failed", help="Only what scored less than 1.")] = False,
    limit: Annotated[int, typer.Option(help="Maximum number to show.")] = 20,
    as_json: options.Json = False,
) -> None:
    """Show the completions of an evaluation: the prompt, the reference answer, the completion, the score."""
    from r1cli.cli.evaluate_results import show_samples
    from r1cli.runs.locate import find_run

    show_samples(find_run(directory), failed, limit, as_json)


@app.command()
def table(
    directories: Annotated[list[Path], typer.Argument(help="Runs or folders of them, also below ./runs.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show published numbers next to the results.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Gather the results of evaluations in one table."""
    from r1cli.cli.evaluate_results import find_evaluations, show_results

    show_results(find_evaluations(directories), markdown=markdown, as_json=as_json, compare=compare)


def _choice_schema() -> "list[Schema]":
    from r1cli.rewards.choice import choice_schema

    return [choice_schema("evaluate score", columns=False)]


@app.command()
@takes_keys(of_schemas(_choice_schema, standalone=1), ("reward",))
def score(
    keys: Keys,
    directory: _Evaluation,
    as_json: options.Json = False,
) -> None:
    """Re-score stored completions, without the model: as before, or with other rewards.

    Parameters of rewards are set as for `r1 grpo`: --rewards.accuracy.mode latex.
    """
    from r1cli.cli.evaluate_results import show_results
    from r1cli.cli.output import say
    from r1cli.config.groups.rewards import Rewards
    from r1cli.evaluate.rescore import rescore
    from r1cli.rewards.choice import choose
    from r1cli.runs.locate import find_run

    given, run_dir = keys.settings, find_run(directory)
    rewards = choose("evaluate score", given, columns=False).section(Rewards) if given else None
    rescore(run_dir, rewards, lambda: say("scoring the stored completions"))
    show_results([run_dir], as_json=as_json)
