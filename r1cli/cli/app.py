"""The ``r1`` program: its commands, and the one place where errors become panels."""

import os
import sys
import traceback
from typing import Annotated

import typer

from r1cli import __version__, environment
from r1cli.cli import (
    config,
    doctor,
    engine,
    evaluate,
    grpo,
    options,
    plugins,
    prefetch,
    presets,
    quickstart,
    rerun,
    reward,
    serve,
    sft,
    slurm,
)
from r1cli.cli.output import say, show_error
from r1cli.config.settings import join_lists
from r1cli.errors import R1Error

app = typer.Typer(
    name="r1",
    help="Train reasoning models the DeepSeek-R1 way: fine-tune, reinforce, measure.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"r1 {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    for name in environment.unknown_variables():
        say(f"warning: the environment variable {name} is not recognised")


app.command()(quickstart.quickstart)
app.command()(doctor.doctor)
app.command()(prefetch.prefetch)
app.command(context_settings=options.TAKES_KEYS)(sft.sft)
app.command(context_settings=options.TAKES_KEYS)(grpo.grpo)
app.command(context_settings=options.TAKES_KEYS)(rerun.rerun)
app.add_typer(evaluate.app, name="evaluate")
app.command(context_settings=options.TAKES_KEYS)(serve.serve)
app.add_typer(slurm.app, name="slurm")
app.add_typer(config.app, name="config")
app.add_typer(presets.app, name="presets")
app.add_typer(reward.app, name="reward")
app.add_typer(plugins.app, name="plugins")
app.add_typer(engine.app, name="engine")


def main() -> None:
    """Runs the program. What a user can fix ends in a panel; anything else is a bug with its traceback."""
    try:
        app(args=join_lists(evaluate.with_command(sys.argv[1:])))
    except BrokenPipeError:
        # The reader of our output has had enough; Python must not complain of it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except R1Error as error:
        if environment.debug():
            traceback.print_exc()
        else:
            show_error(error)
        sys.exit(error.exit_code)
