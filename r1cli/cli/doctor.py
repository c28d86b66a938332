"""``r1 doctor``."""

import json
from dataclasses import asdict

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, print_table, say


def doctor(as_json: options.Json = False) -> None:
    """Look at this machine: what is here, what is missing, and the command that fixes it.

    Python, torch and GPUs, versions, disks, engines, sandbox, services, Slurm, the Hub, trackers, plugins.
    Exits 1 when something is missing that training on this machine needs.
    """
    from r1cli.doctor.examine import can_train, examine
    from r1cli.doctor.finding import MISSING

    findings = examine()
    well = can_train(findings)
    if as_json:
        emit(json.dumps({"can_train": well, "findings": [asdict(one) for one in findings]}, indent=2))
    else:
        rows = [(one.state, one.about, one.name, one.found, one.fix) for one in findings]
        print_table(("", "about", "what", "found", "how to fix it"), rows)
    lacking = [one.name for one in findings if one.needed and one.state == MISSING]
    say(f"training needs {', '.join(lacking)}" if lacking else "all that training needs is here")
    if not well:
        raise typer.Exit(1)
