"""Draws the picture in the README: how a finished quickstart ends, as SVG of a terminal.

Usage: ``python scripts/quickstart_svg.py runs/quickstart-tiny-seed0 docs/quickstart.svg``
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from r1cli.cli.quickstart import show_report
from r1cli.report.quickstart import read_report

WIDTH = 88


def main() -> None:
    folder, picture = map(Path, sys.argv[1:])
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    show_report(read_report(folder), (), console)
    drawn = console.export_svg(title="r1 quickstart")
    # The reader's own monospace font does: a picture fetches nothing.
    picture.write_text(re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
