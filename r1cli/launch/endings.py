"""Why a supervisor ends a run before its roles are done."""

#: The exit code of a run that was stopped with a checkpoint to resume from.
RESUMABLE = 75


class Stopped(Exception):
    """A signal came."""


class Failed(Exception):
    """The run cannot continue: why, and with which exit code."""

    def __init__(self, reason: str, code: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
