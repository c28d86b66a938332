"""Whether r1 knows the TRL that is to train."""

import sys
from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.config.engine_fields import unsupported_trl
from r1cli.errors import R1Error


def check_trl(subject: Subject) -> Iterator[R1Error]:
    # What the nodes of a cluster have is not known here.
    elsewhere = subject.place is not None and subject.place.python != sys.executable
    if subject.has("training.learning_rate") and not elsewhere and (error := unsupported_trl()):
        yield error
