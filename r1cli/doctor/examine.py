"""Runs all probes at once; one that hangs or fails does not affect the others."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from r1cli.doctor import hardware, services, software
from r1cli.doctor.finding import MISSING, WARNING, Finding


@dataclass(frozen=True)
class Probe:
    """One check of the machine, and its time limit in seconds."""

    about: str
    look: Callable[[], Iterable[Finding]]
    seconds: float = 10.0


PROBES = (
    Probe("python", software.python),
    Probe("packages", software.packages),
    Probe("hardware", hardware.gpus, 25.0),
    Probe("hardware", software.torch, software.PATIENCE + 5),
    Probe("hardware", hardware.memory),
    Probe("disks", hardware.disks),
    Probe("engines", services.engines, 20.0),
    Probe("sandbox", services.sandbox, 15.0),
    Probe("services", services.services),
    Probe("slurm", services.slurm),
    Probe("hub", services.hub),
    Probe("trackers", services.trackers),
    Probe("plugins", software.plugins, 20.0),
)


def examine(probes: Sequence[Probe] = PROBES) -> list[Finding]:
    """What all probes find, in their order; each runs in its own thread with its own time limit."""
    began = time.monotonic()
    looks: list[tuple[Probe, threading.Thread, list[Finding]]] = []
    for probe in probes:
        found: list[Finding] = []
        thread = threading.Thread(target=_look, args=(probe, found), daemon=True)
        thread.start()
        looks.append((probe, thread, found))
    findings: list[Finding] = []
    for probe, thread, found in looks:
        thread.join(max(0.0, began + probe.seconds - time.monotonic()))
        late = [_late(probe, probe.seconds)] if thread.is_alive() else []
        findings += [*found, *late]
    return findings


def can_train(findings: Iterable[Finding]) -> bool:
    """Whether this machine has everything that training needs."""
    return not any(finding.needed and finding.state == MISSING for finding in findings)


def _look(probe: Probe, found: list[Finding]) -> None:
    try:
        for finding in probe.look():
            found.append(finding)
    except subprocess.TimeoutExpired as error:
        found.append(_late(probe, error.timeout))
    except Exception as error:  # a probe that fails reports it, and does not affect the others
        words = f"the check failed: {type(error).__name__}: {error}"
        found.append(Finding(probe.about, _name(probe), WARNING, words))


def _late(probe: Probe, seconds: float) -> Finding:
    return Finding(probe.about, _name(probe), WARNING, f"no answer within {seconds:.3g} s")


def _name(probe: Probe) -> str:
    return getattr(probe.look, "__name__", probe.about)
