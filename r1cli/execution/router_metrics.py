"""What the router counts, as Prometheus reads it: labels come from fixed sets, whatever clients send."""

from collections import Counter

from r1cli.errors import R1Error
from r1cli.execution.executor import Result
from r1cli.execution.fair_queue import FairQueue
from r1cli.execution.program import ExecutionFault, InteractionResult, ProgramVerdict

#: What a program may end as: a verdict of a provider, or one of these.
_FAULT, _STOPPED, _REFUSED = "fault", "stopped", "refused"
_VERDICTS = [
    ProgramVerdict.OK, ProgramVerdict.TLE, ProgramVerdict.MLE, ProgramVerdict.OLE, ProgramVerdict.RE,
    ProgramVerdict.CE,
]  # fmt: skip
_OUTCOMES = (*(str(verdict) for verdict in _VERDICTS), _FAULT, _STOPPED, _REFUSED)
_CLASSES = ("2xx", "4xx", "5xx")


class RouterMetrics:
    """Counts since the start; ``remote`` are those of a service, by their names in `RemoteExecutor`."""

    def __init__(self) -> None:
        self.remote: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._seconds = {"waiting": 0.0, "running": 0.0}

    def ended(self, result: Result | R1Error) -> None:
        """A program has ended."""
        self._outcomes[_outcome(result)] += 1

    def stopped(self, programs: int) -> None:
        """Programs were stopped, or not started, because their client has gone."""
        self._outcomes[_STOPPED] += programs

    def spent(self, waited: float, ran: float) -> None:
        """Seconds for which programs have waited for their turn, and then run."""
        self._seconds["waiting"] += waited
        self._seconds["running"] += ran

    def answered(self, status: int) -> None:
        """A request to run programs was answered."""
        self._requests[f"{status // 100}xx"] += 1

    def text(self, queue: FairQueue) -> str:
        """All metrics in Prometheus's text format."""
        lines: list[str] = []
        _add(lines, "programs_total", "counter", "Programs that have ended, by their results.",
             {f'{{outcome="{name}"}}': self._outcomes[name] for name in _OUTCOMES})  # fmt: skip
        _add(lines, "program_seconds_total", "counter", "Seconds that programs have waited and run.",
             {f'{{phase="{name}"}}': round(value, 3) for name, value in self._seconds.items()})  # fmt: skip
        _add(lines, "requests_total", "counter", "Requests to run programs, by the status of the answer.",
             {f'{{status="{name}"}}': self._requests[name] for name in _CLASSES})  # fmt: skip
        _add(lines, "remote_sandboxes_total", "counter", "Sandboxes that a service has started.",
             {"": self.remote["sandboxes"]})  # fmt: skip
        _add(lines, "remote_sandbox_seconds_total", "counter", "Seconds that they lived.",
             {"": self.remote["sandbox_ms"] / 1000})  # fmt: skip
        _add(lines, "remote_retries_total", "counter", "Requests to the service that were tried again.",
             {"": self.remote["retries"]})  # fmt: skip
        _add(lines, "programs_running", "gauge", "Sandboxes that run now.", {"": queue.running})
        _add(lines, "programs_waiting", "gauge", "Programs that wait for their turn.", {"": queue.waiting})
        _add(lines, "clients_waiting", "gauge", "Clients whose programs wait.", {"": queue.clients})
        _add(lines, "sandboxes_limit", "gauge", "Sandboxes that may run at a time.", {"": queue.limit})
        return "\n".join(lines) + "\n"


def _outcome(result: Result | R1Error) -> str:
    if isinstance(result, R1Error):
        return _REFUSED
    if isinstance(result, ExecutionFault):
        return _FAULT
    verdict = result.manager.verdict if isinstance(result, InteractionResult) else result.verdict
    return str(verdict)


def _add(lines: list[str], name: str, kind: str, help: str, values: dict[str, float]) -> None:
    lines += [f"# HELP r1_router_{name} {help}", f"# TYPE r1_router_{name} {kind}"]
    lines += [f"r1_router_{name}{labels} {value}" for labels, value in values.items()]
