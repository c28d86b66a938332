"""A real Slurm cluster on one machine: nodes n1, n2, ... with GPUs that only Slurm believes in.

    python -m tests.slurm.cluster start|stop|status [--nodes 16] [--gpus 8] [--home DIR]

Everything lies in one folder: configuration, munge's key and socket, state, logs. Nothing in /etc is read or
written; Slurm's commands find the cluster by the variable SLURM_CONF. It needs root, and Debian's packages
slurm-wlm and munge (tried with Slurm 22.05). All nodes share this machine's host name, address and cores, and
differ by SLURMD_NODENAME.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "sinfo", "scancel")
DAEMONS = ("slurmd", "slurmstepd", "slurmctld", "munged")
#: The states of a job that runs, or still may.
UNFINISHED = {
    "PENDING", "CONFIGURING", "RUNNING", "SIGNALING", "COMPLETING", "SUSPENDED", "REQUEUED", "STOPPED",
}  # fmt: skip

CONFIGURATION = """\
# Written by tests/slurm/cluster.py at each start.
ClusterName=r1
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool/%n
SlurmctldPidFile={home}/run/slurmctld.pid
SlurmdPidFile={home}/run/slurmd-%n.pid
SlurmctldLogFile={home}/log/slurmctld.log
SlurmdLogFile={home}/log/slurmd-%n.log
JobCompType=jobcomp/filetxt
JobCompLoc={home}/log/jobs.txt
MailProg=/bin/true
MpiDefault=none

# A requeued job starts one second after its old credential has expired: by default 121 s after its end.
AuthInfo=socket={home}/munge.socket,cred_expire=10
# Processes are found by their parents, so an orphan outlives its job; with proctrack/cgroup it would not.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none

# Time limits are whole minutes, and looked at every 30 s, which no setting changes: a job is ended up to 30 s
# after its limit, and `--signal=USR1@S` comes between S and S + 30 s before it. So with --time=1 and S=30 it
# comes within 30 s of the start.
OverTimeLimit=0
KillWait=5
InactiveLimit=0
JobRequeue=1
# For an hour `scontrol show job` knows a finished job.
MinJobAge=3600
MessageTimeout=30
SlurmdTimeout=120
ReturnToService=2

SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu

# Nodes may claim more than the machine has.
SlurmdParameters=config_overrides
NodeName=DEFAULT Sockets=2 CoresPerSocket=32 ThreadsPerCore=1 RealMemory=1000000 Gres=gpu:{gpus}
{node_lines}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=short Nodes=ALL MaxTime=60 State=UP
"""


class ClusterError(RuntimeError):
    """The cluster does not start, or a job does not end; the message says why."""


def missing() -> str:
    """What keeps a cluster from starting on this machine, and the command that fixes it; empty if nothing."""
    problems = []
    if lacking := [program for program in PROGRAMS if not shutil.which(program, path=_path())]:
        problems.append(f"{', '.join(lacking)} not found (apt-get install slurm-wlm munge)")
    if os.geteuid() != 0:
        problems.append("its daemons start jobs as other users, so it must be started as root (sudo)")
    return "; ".join(problems)


@dataclass(frozen=True)
class Cluster:
    """A cluster in its own folder, running or not; ``start`` gives it its nodes and their GPUs."""

    home: Path = Path(f"/tmp/r1-slurm-{os.getuid()}")
    nodes: int = 16
    gpus: int = 8

    @property
    def configuration(self) -> Path:
        return self.home / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """This process's variables, less those of another cluster's job, and with the one that leads here."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "SBATCH"))}
        return {**own, "PATH": _path(), "SLURM_CONF": str(self.configuration)}

    def run(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs a command as on the login node, and returns what it said, whatever its exit code."""
        settings = {"capture_output": True, "text": True, "timeout": 300, "env": self.environment, **options}
        return subprocess.run(list(map(str, command)), check=False, **settings)

    def job(self, job_id: str | int) -> dict[str, str]:
        """The fields of ``scontrol show job``, each cut at its first blank."""
        shown = self.run("scontrol", "show", "job", "--oneliner", str(job_id))
        if shown.returncode != 0:
            raise ClusterError(f"job {job_id}: {shown.stderr.strip()}")
        return dict(field.split("=", 1) for field in shown.stdout.split() if "=" in field)

    def wait(self, job_id: str | int, seconds: float) -> str:
        """The state in which a job ended, once its processes are gone too.

        Raises:
            ClusterError: after ``seconds`` it had not.
        """
        _wait(
            lambda: self.job(job_id)["JobState"] not in UNFINISHED,
            seconds,
            lambda: f"job {job_id} is still {self.job(job_id)['JobState']} ({self.job(job_id)['Reason']})",
        )
        return self.job(job_id)["JobState"]

    def running(self) -> bool:
        """Whether each node's daemon lives, and the controller answers."""
        names = list(self._processes().values())
        return (
            {"munged", "slurmctld"} <= set(names)
            and names.count("slurmd") >= len(list(self.home.glob("spool/*")))
            and self.run("scontrol", "ping").returncode == 0
        )

    def start(self) -> bool:
        """Starts the cluster and waits until all its nodes are idle; False if it runs already.

        Raises:
            ClusterError: something is missing, the folder holds other things, or a daemon does not come up.
        """
        if problem := missing():
            raise ClusterError(f"Slurm cannot be started here: {problem}")
        with self._locked():
            if self.running():
                return False
            self._stop()
            self._write()
            try:
                self._start_daemons()
                _wait(self._idle, 300, lambda: f"not all nodes are idle:\n{self.run('sinfo').stdout}")
            except ClusterError:
                self._stop()
                raise
        return True

    def stop(self) -> None:
        """Cancels all jobs and ends the daemons; the folder stays, for its logs."""
        if self.home.exists() or self._processes():
            with self._locked():
                self._stop()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Lets nobody else start or stop the cluster in this folder meanwhile."""
        lock = self.home / "lock"
        if self.home.exists() and not lock.exists() and any(self.home.iterdir()):
            raise ClusterError(f"{self.home} holds other things; give the cluster its own folder")
        self.home.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self) -> None:
        """Writes the folder again: configuration, key, and the empty folders that the daemons want."""
        for name in ("state", "spool", "run", "log", "devices"):
            shutil.rmtree(self.home / name, ignore_errors=True)
            (self.home / name).mkdir()
        # A GPU's file must be a device. Slurm never opens it, so a numbered link to the null device serves.
        for index in range(self.gpus):
            (self.home / "devices" / f"gpu{index}").symlink_to("/dev/null")
        host, port = socket.gethostname(), _free_ports(self.nodes + 1)
        node_lines = []
        for index in range(1, self.nodes + 1):
            (self.home / "spool" / f"n{index}").mkdir()
            node_lines.append(f"NodeName=n{index} NodeHostname={host} NodeAddr=127.0.0.1 Port={port + index}")
        values = {"home": self.home, "host": host, "port": port, "gpus": self.gpus}
        self.configuration.write_text(CONFIGURATION.format(**values, node_lines="\n".join(node_lines)))
        devices = f"{self.home}/devices/gpu[0-{self.gpus - 1}]"
        (self.home / "gres.conf").write_text(f"Name=gpu File={devices}\n")
        key = self.home / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))

    def _start_daemons(self) -> None:
        files = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "run/munged.pid"}
        files |= {"log-file": "log/munged.log", "seed-file": "run/munged.seed"}
        munged = ["munged", *(f"--{option}={self.home / name}" for option, name in files.items())]
        slurmds = [["slurmd", "-N", spool.name] for spool in self.home.glob("spool/*")]
        for command in (munged, ["slurmctld"], *slurmds):
            # Each goes into the background by itself.
            started = self.run(*command, cwd="/")
            if started.returncode != 0:
                raise ClusterError(f"{' '.join(command)}: {started.stderr.strip()}")

    def _idle(self) -> bool:
        shown = self.run("sinfo", "--noheader", "--Node", "--partition=main", "--format=%T")
        return shown.stdout.split() == ["idle"] * self.nodes

    def _stop(self) -> None:
        if self.running():
            self.run("scancel", "--user=root")
            with contextlib.suppress(ClusterError):
                _wait(lambda: not self.run("squeue", "--noheader").stdout, 60, lambda: "jobs are left")
        # In this order no daemon reports to one that is gone. What is left then has outlived its job.
        for daemon in DAEMONS:
            _end([pid for pid, name in self._processes().items() if name == daemon], signal.SIGTERM)
        _end(list(self._processes()), signal.SIGKILL)

    def _processes(self) -> dict[int, str]:
        """What runs of this cluster, daemons and jobs, known by its environment: process id to name."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                variables = (folder / "environ").read_bytes().split(b"\0")
                name = (folder / "comm").read_text().strip()
                of_job = any(variable.startswith(b"SLURM_JOB_ID=") for variable in variables)
                if f"SLURM_CONF={self.configuration}".encode() in variables and (of_job or name in DAEMONS):
                    found[int(folder.name)] = name
        return found


def _path() -> str:
    """PATH with the folders of Debian's daemons, which a user's may lack."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _free_ports(count: int) -> int:
    """The first of ``count`` free ports in a row, below those that the system hands out by itself."""
    for first in range(17000, 32000, 100):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise ClusterError(f"no {count} free ports in a row between 17000 and 32000")


def _wait(done: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise ClusterError(f"after {seconds:.0f} s {otherwise()}")
        time.sleep(0.2)


def _end(pids: list[int], sent: signal.Signals) -> None:
    """Signals processes and waits until they are gone; those that are not after ten seconds are killed."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent)
    deadline = time.monotonic() + 10
    while (pids := [pid for pid in pids if _alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    if pids and sent != signal.SIGKILL:
        _end(pids, signal.SIGKILL)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that only waits for its parent to take note does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main() -> int:
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser("python -m tests.slurm.cluster", description=about)
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--nodes", type=int, default=Cluster.nodes, help="%(default)s")
    parser.add_argument("--gpus", type=int, default=Cluster.gpus, help="of each node: %(default)s")
    parser.add_argument("--home", type=Path, default=Cluster.home, help="the cluster's folder: %(default)s")
    options = parser.parse_args()
    cluster = Cluster(options.home.absolute(), options.nodes, options.gpus)
    try:
        if options.action == "start" and not cluster.start():
            sys.stderr.write("it runs already\n")
        elif options.action == "stop":
            cluster.stop()
    except ClusterError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not cluster.running():
        sys.stderr.write(f"no cluster runs in {cluster.home}\n")
        return int(options.action != "stop")
    sys.stdout.write(f"export SLURM_CONF={cluster.configuration}\n{cluster.run('sinfo').stdout}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
