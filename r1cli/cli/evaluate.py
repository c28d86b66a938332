"""``r1 evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from r1cli.cli import options

app = typer.Typer(help="Measure a model: r1 evaluate BENCHMARK ... --model MODEL.", no_args_is_help=True)


@app.command(context_settings=options.TAKES_KEYS)
def run(
    context: typer.Context,
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="Benchmarks, or groups of them: `r1 plugins list` shows them.")
    ] = None,
    config: options.ConfigFile = None,
    profile: options.Profile = None,
    model: options.Model = None,
    endpoint: Annotated[
        str | None, typer.Option(help="A server that has the model: http://HOST:PORT/v1.", show_default=False)
    ] = None,
    dataset: options.Dataset = None,
    reward: options.Rewards = None,
    samples: Annotated[str | None, typer.Option(help="Completions of each problem.")] = None,
    num_problems: Annotated[str | None, typer.Option(help="Only so many problems.")] = None,
    gpus: options.Gpus = None,
    offline: options.Offline = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Sample completions, store each as it comes, and score them. `r1 evaluate aime24` means this.

    The same command with the run's --output-dir goes on where it was. A dataset of your own is measured with
    --dataset and --reward.
    """
    from r1cli.cli.evaluate_results import show_results
    from r1cli.cli.run import run_command

    names, keys = _split(benchmarks or [])
    context.args = [*keys, *context.args]
    request = options.request(
        context,
        None,
        profile,
        config,
        set_key,
        model=model,
        endpoint=endpoint,
        dataset=dataset,
        reward=reward,
        samples=samples,
        num_problems=num_problems,
        gpus=gpus,
        offline=offline,
        output_dir=output_dir,
        # Bare, open-r1's files mean something else by it.
        **{"evaluate.benchmarks": names or None},
    )
    run_dir = run_command("evaluate", request, dry_run=dry_run, as_json=as_json)
    if run_dir is not None:
        show_results([run_dir])


@app.command()
def show(
    directory: Annotated[Path, typer.Argument(help="The run directory of an evaluation.")],
    failed: Annotated[bool, typer.Option("--failed", help="Only what scored less than 1.")] = False,
    limit: Annotated[int, typer.Option(help="Show at most so many.")] = 20,
) -> None:
    """Walk through the completions of an evaluation: the prompt, the gold, the completion, the score."""
    from r1cli.cli.evaluate_results import show_samples

    show_samples(directory, failed, limit)


@app.command()
def table(
    directories: Annotated[list[Path], typer.Argument(help="Run directories, or folders of them.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Gather the results of evaluations in one table."""
    from r1cli.cli.evaluate_results import find_evaluations, show_results

    show_results(find_evaluations(directories), markdown, as_json)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """The benchmarks, and what belongs to options that are only known as keys."""
    end = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:end], words[end:]


def with_command(words: list[str]) -> list[str]:
    """A command line with the command that `r1 evaluate BENCHMARK` leaves out."""
    if words[:1] == ["evaluate"] and words[1:] and words[1] not in ("run", "show", "table", "--help"):
        return ["evaluate", "run", *words[1:]]
    return words
