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
    trained: options.Trained = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="vllm, transformers, or in_process. Default: vLLM where it is, else in_process.",
            show_default=False,
        ),
    ] = None,
    dataset: options.Dataset = None,
    reward: options.Rewards = None,
    samples: Annotated[str | None, typer.Option(help="Completions of each problem.")] = None,
    num_problems: Annotated[str | None, typer.Option(help="Maximum number of problems.")] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Measure as others published it: deepseek-r1, open-r1 or lighteval.", show_default=False
        ),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Put published numbers beside the results.")
    ] = False,
    gpus: options.Gpus = None,
    offline: options.Offline = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Sample completions, store each as it comes, and score them. `r1 evaluate aime24` means this.

    The same command with the run's --output-dir resumes it. A dataset of your own is measured with
    --dataset and --reward.
    """
    from r1cli.cli.evaluate_results import show_results
    from r1cli.cli.launch import run_command

    names, keys = options.split_names(benchmarks or [])
    context.args = [*keys, *context.args]
    request = options.request(
        context,
        None,
        profile,
        config,
        set_key,
        model=options.model_of(trained, model),
        endpoint=endpoint,
        engine=engine,
        dataset=dataset,
        reward=reward,
        samples=samples,
        num_problems=num_problems,
        protocol=protocol,
        gpus=gpus,
        offline=offline,
        output_dir=output_dir,
        # Bare, open-r1's files mean something else by it.
        **{"evaluate.benchmarks": names or None},
    )
    run_dir = run_command("evaluate", request, dry_run=dry_run, as_json=as_json)
    if run_dir is not None:
        show_results([run_dir], compare=compare)


@app.command()
def show(
    directory: Annotated[Path, typer.Argument(help="The run directory of an evaluation.")],
    failed: Annotated[bool, typer.Option("--failed", help="Only what scored less than 1.")] = False,
    limit: Annotated[int, typer.Option(help="Maximum number to show.")] = 20,
    as_json: options.Json = False,
) -> None:
    """Walk through the completions of an evaluation: the prompt, the gold, the completion, the score."""
    from r1cli.cli.evaluate_results import show_samples

    show_samples(directory, failed, limit, as_json)


@app.command()
def table(
    directories: Annotated[list[Path], typer.Argument(help="Run directories, or folders of them.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Put published numbers beside the results.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Gather the results of evaluations in one table."""
    from r1cli.cli.evaluate_results import find_evaluations, show_results

    show_results(find_evaluations(directories), markdown=markdown, as_json=as_json, compare=compare)


@app.command(context_settings=options.TAKES_KEYS)
def score(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="The run directory of an evaluation.")],
    reward: options.Rewards = None,
    as_json: options.Json = False,
) -> None:
    """Re-score stored completions, without the model: as before, or with other rewards.

    Parameters of rewards are set as for `r1 grpo`: --rewards.accuracy.mode latex.
    """
    from r1cli.cli.evaluate_results import show_results
    from r1cli.evaluate.rescore import rescore
    from r1cli.rewards.choice import choose

    flags = options.flags(context, None, reward=reward)
    rescore(directory, choose("evaluate score", flags).nested()["rewards"] if flags else None)
    show_results([directory], as_json=as_json)


def with_command(words: list[str]) -> list[str]:
    """A command line with the command that `r1 evaluate BENCHMARK` leaves out."""
    if (
        words[:1] == ["evaluate"]
        and words[1:]
        and words[1] not in ("run", "show", "table", "score", "--help")
    ):
        return ["evaluate", "run", *words[1:]]
    return words
