"""``r1 code``: runs programs that models write."""

import typer

from r1cli.cli.code_check import check
from r1cli.cli.code_cleanup import cleanup
from r1cli.cli.code_run import run
from r1cli.cli.code_serve import serve

app = typer.Typer(help="Run programs written by models, in sandboxes.", no_args_is_help=True)


@app.callback()
def code() -> None:
    """Run programs written by models, in sandboxes."""


app.command()(run)
app.command()(check)
app.command()(serve)
app.command()(cleanup)
