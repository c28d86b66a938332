"""The shipped description of TRL's config classes."""

import json
import os
import subprocess
import sys

from r1cli.config.schema import ENGINE_FIELDS


def test_it_describes_the_installed_trl() -> None:
    """After an upgrade: ``python -m r1cli.config.engine_fields``."""
    program = (
        "import json; from r1cli.config.engine_fields import describe_engine as d; print(json.dumps(d()))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=os.environ
    ).stdout
    assert json.loads(ENGINE_FIELDS.read_text()) == json.loads(output.splitlines()[-1])
