"""``python -m r1cli`` is ``r1``."""

from r1cli.cli.app import main

main()
