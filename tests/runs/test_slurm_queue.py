"""What squeue, scontrol and sacct of Slurm 22.05 print, and what it means for a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.runs.locate import run_of_script
from r1cli.runs.slurm_queue import SlurmJob, jobs_of_rows, jobs_of_scontrol
from r1cli.runs.slurm_words import describe, job_facts
from r1cli.runs.state import infer_state

# Printed by the real programs; sacct's by a cluster with slurmdbd and MariaDB.
SQUEUE = (
    "2006^RUNNING^None^2^n[1-2]^0:02^365-00:00:00^2026-11-21T10:10:47^^/shared/run a/launch/job.sh\n"
    "2007^PENDING^Resources^16^^0:00^10:00^2027-11-21T10:10:47^^/shared/b/launch/job.sh\n"
    "2008_[1-3%1]^PENDING^JobArrayTaskLimit^1^^0:00^UNLIMITED^N/A^^(null)\n"
)
SACCT = (
    "3002^FAILED^None^1^n1^00:00:01^365-00:00:00^2026-11-21T10:41:33^3:0\n"
    "3003^CANCELLED by 0^None^2^n[1-2]^00:00:03^365-00:00:00^2026-11-21T10:41:33^0:15\n"
    "3004^CANCELLED by 0^BeginTime^1^None assigned^00:00:00^Partition_Limit^None^0:0\n"
)
SCONTROL = (
    "JobId={id} JobName=it's x|y UserId=root(0) GroupId=root(0) MCS_label=N/A Priority=4294901754 Nice=0 "
    "Account=(null) QOS=(null) JobState={state} Reason={reason} Dependency=(null) Requeue=1 Restarts=1 "
    "BatchFlag=1 Reboot=0 ExitCode=0:15 RunTime=00:00:07 TimeLimit=365-00:00:00 TimeMin=N/A "
    "SubmitTime=2026-11-21T10:10:47 EligibleTime=2026-11-21T10:10:47 AccrueTime=2026-11-21T10:10:47 "
    "StartTime={start} EndTime=2026-11-21T10:10:54 Deadline=N/A SuspendTime=None "
    "SecsPreSuspend=0 LastSchedEval=2026-11-21T10:10:47 Scheduler=Backfill Partition=main "
    "AllocNode:Sid=localhost:14721 ReqNodeList=(null) ExcNodeList=(null) NodeList={nodes} BatchHost=n1 "
    "NumNodes={count} NumCPUs=2 NumTasks=2 CPUs/Task=1 ReqB:S:C:T=0:0:*:* TRES=cpu=2,node=2,billing=2 "
    "Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=* MinCPUsNode=1 MinMemoryNode=0 MinTmpDiskNode=0 "
    "Features=(null) DelayBoot=00:00:00 OverSubscribe=OK Contiguous=0 Licenses=(null) Network=(null) "
    "Command=/shared/lr x=3 'a'/launch/job.sh WorkDir=/shared StdErr=/shared/lr x=3 'a'/logs/slurm-{id}.out "
    "StdIn=/dev/null StdOut=/shared/lr x=3 'a'/logs/slurm-{id}.out Power= \n"
)
STARTED = "2026-11-21T10:10:47"
WORDS = st.sampled_from(
    ["", " ", "12", "12_3", "12_[1-3,7,...%2]", "12+0", "12.batch", "RUNNING", "RUNNING+",
     "CANCELLED by 1000", "läuft", "N/A", "UNLIMITED", "infinite", "(null)", "2-4", "512G", "²", "\uff19",
     "9" * 5000, "n[1-2]", "JobId=12", "JobId=", "JobState=RUNNING", "ArrayTaskId=3", "ArrayJobId=12",
     "NumNodes=2-4"]
)  # fmt: skip
LINES = st.lists(st.lists(WORDS | st.text(max_size=5), max_size=13), max_size=4)


def test_squeue_and_sacct_are_read() -> None:
    running, pending, array = jobs_of_rows(SQUEUE.replace("^", "\x1f"))
    assert running == SlurmJob(
        "2006", "RUNNING", "", "2", "n[1-2]", "0:02", "365-00:00:00", STARTED,
        script="/shared/run a/launch/job.sh",
    )  # fmt: skip
    assert (pending.reason, pending.node_count, pending.nodes) == ("Resources", "16", "")
    assert (array.start, array.script) == ("", "")
    assert max((pending, running, array), key=SlurmJob.order) == running
    failed, cancelled, never = jobs_of_rows(SACCT.replace("^", "\x1f"))
    assert (failed.state, failed.exit_code) == ("FAILED", "3:0")
    assert (cancelled.state, cancelled.has_ended) == ("CANCELLED", True)
    assert (never.nodes, never.limit, never.start) == ("", "", "")


def test_scontrol_is_read() -> None:
    line = SCONTROL.format(
        id=2006, state="CANCELLED", reason="None", nodes="n[1-2]", count="2", start=STARTED
    )
    assert jobs_of_scontrol(line) == [
        SlurmJob(
            "2006", "CANCELLED", "", "2", "n[1-2]", "00:00:07", "365-00:00:00", STARTED, "0:15",
            "/shared/lr x=3 'a'/launch/job.sh", "1",
        )
    ]  # fmt: skip
    line = SCONTROL.format(
        id=2007, state="PENDING", reason="Resources", nodes="", count="16-16", start="Unknown"
    )
    (waiting,) = jobs_of_scontrol(line.replace("JobId=2007", "JobId=2009 ArrayJobId=2007 ArrayTaskId=1-3%1"))
    assert (waiting.number, waiting.nodes, waiting.node_count) == ("2007_1-3%1", "", "16")
    assert (waiting.reason, waiting.start) == ("Resources", "")


def test_other_lines_are_skipped() -> None:
    text = f"squeue: Warnung\n\n^^\n{SQUEUE}12^läuft^None\nN/A^RUNNING\n7^RUNNING+^N/A^2-4".replace(
        "^", "\x1f"
    )
    *known, short = jobs_of_rows(text)
    assert [job.number for job in known] == ["2006", "2007", "2008_[1-3%1]"]
    assert short == SlurmJob("7", "RUNNING", node_count="2-4")
    assert (
        jobs_of_scontrol("slurm_load_jobs: Warnung JobState=?\nJobState=RUNNING\nJobId=x JobState=FAILED\n")
        == []
    )
    (job,) = jobs_of_scontrol("JobId=5 JobState=PENDING NumNodes=2-4 TimeLimit=UNLIMITED RunTime=N/A\n")
    assert job == SlurmJob("5", "PENDING", node_count="2")


def test_a_job_that_says_little_has_few_facts() -> None:
    facts = {name: fact for name, fact in job_facts(SlurmJob("7", "RUNNING")) if fact}
    assert facts == {"job": "7 (RUNNING)"}


@pytest.mark.parametrize(
    "script", ["/" + 5000 * "a" + "/launch/job.sh", "\0/launch/job.sh", "(null)", "//", "x"]
)
def test_a_job_whose_script_is_not_a_path_is_not_a_run(script: str) -> None:
    assert run_of_script(SlurmJob("7", "RUNNING", script=script)) is None


@given(LINES)
def test_any_output_is_read_or_skipped(lines: list[list[str]]) -> None:
    jobs = jobs_of_rows("\n".join("\x1f".join(cells) for cells in lines))
    jobs += jobs_of_scontrol("\n".join(" ".join(cells) for cells in lines))
    max(jobs, key=SlurmJob.order, default=None)
    for job in jobs:
        assert describe(job) and job_facts(job)
        infer_state(job.number, job, "running")


@pytest.mark.parametrize(
    ("recorded", "in_slurm", "state"),
    [
        ("queued", "PENDING", None),
        ("queued", "NODE_FAIL", "failed"),
        ("queued", "CANCELLED", "interrupted"),
        # As of another cluster.
        ("queued", None, None),
        ("running", "PENDING", "queued"),
        ("running", "REQUEUE_HOLD", "queued"),
        ("running", "TIMEOUT", "interrupted"),
        ("running", "PREEMPTED", "interrupted"),
        ("running", "OUT_OF_MEMORY", "failed"),
        ("running", "SOMETHING_NEW", "failed"),
        ("running", "COMPLETED", "lost"),
        ("running", None, "lost"),
        ("lost", "FAILED", "failed"),
        # Stopped in time, and queued again.
        ("interrupted", "PENDING", "queued"),
        # What the run itself said of its end stands.
        ("interrupted", "TIMEOUT", None),
        ("failed", "CANCELLED", None),
        ("finished", "PENDING", None),
        ("finished", None, None),
    ],
)
def test_what_slurm_says_for_a_run(recorded: str, in_slurm: str | None, state: str | None) -> None:
    inferred = infer_state("12", SlurmJob("12", in_slurm) if in_slurm else None, recorded)
    assert (inferred[0] if inferred else None) == state
    assert inferred is None or "12" in inferred[1]
