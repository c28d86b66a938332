"""The program ``r1``, which ``python -m r1cli`` is too."""

import sys


def main() -> None:
    """Loads the command line and runs it; Ctrl-C while it loads ends it without a traceback."""
    try:
        from r1cli.cli.app import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
