"""``r1 doctor``."""

import json
from dataclasses import asdict

import typer

from r1cli.cli import options
from r1cli.cli.output import data_width, emit, print_line, say, visible


def doctor(as_json: options.Json = False) -> None:
    """Check this machine: what is installed, what is missing, and how to fix it.

    Python, torch and GPUs, versions, disks, engines, sandbox, services, Slurm, the Hub, trackers, plugins.
    Problems come first; what is optional comes last. Exits 1 when something is missing that training on this
    machine needs.
    """
    from r1cli.cli.doctor_overview import overview
    from r1cli.doctor.examine import can_train, examine
    from r1cli.doctor.finding import MISSING

    findings = examine()
    well = can_train(findings)
    if as_json:
        emit(json.dumps({"can_train": well, "findings": [asdict(one) for one in findings]}, indent=2))
    else:
        for line in overview(findings, data_width()):
            print_line(visible(line.text), "bold" if line.heading else "")
    lacking = [one.name for one in findings if one.needed and one.state == MISSING]
    say(f"training needs {', '.join(lacking)}" if lacking else "all that training needs is here")
    if not well:
        raise typer.Exit(1)
