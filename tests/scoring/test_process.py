"""The scoring process: each way in which a reward can break it is reported by the reward's name."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.groups.rewards import Rewards
from r1cli.errors import R1Error
from r1cli.scoring.choose import make_scorer
from r1cli.scoring.scorer import Scorer
from tests.conftest import PATIENCE

# They start, kill and wait for real processes.
pytestmark = pytest.mark.e2e

REWARDS = """
import asyncio, concurrent.futures, os, signal, subprocess, time
from pathlib import Path

def lengths(completions, *, scale=1.0, **kwargs):
    return [scale * len(text) for text in completions]

def raises(completions, **kwargs):
    raise ConnectionError("the service is down")

def nan(completions, **kwargs):
    return [float("nan")] + [1.0] * (len(completions) - 1)

def short(completions, **kwargs):
    return [1.0] * (len(completions) - 1)

def sleeps(completions, **kwargs):
    time.sleep(1000)

def hogs(completions, **kwargs):
    9 ** 9 ** 9

def leaves(completions, **kwargs):
    time.sleep(0.3)
    os._exit(3)

def killed(completions, **kwargs):
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGKILL)

def forks_and_leaves(completions, **kwargs):
    if not os.fork():
        time.sleep(1000)
    os._exit(4)

def interrupted(completions, **kwargs):
    raise KeyboardInterrupt("by itself")

async def exits_in_the_loop(completions, **kwargs):
    raise SystemExit(3)

def logs_a_lambda(completions, log_extra, **kwargs):
    log_extra("made", [lambda: None] * len(completions))
    return [1.0] * len(completions)

class Sealed:
    def __reduce__(self):
        return int, ("no number",)

def logs_what_is_sealed(completions, log_extra, **kwargs):
    log_extra("made", [Sealed()] * len(completions))
    return [1.0] * len(completions)

def chokes(completions, **kwargs):
    # As a machine does that has no room for one more thread: the next request cannot be worked on.
    def submit(*args):
        raise RuntimeError("can't start new thread")

    concurrent.futures.ThreadPoolExecutor.submit = submit
    return [1.0] * len(completions)

def starts_another(completions, *, mark="", then="", **kwargs):
    Path(mark).write_text(str(subprocess.Popen(["sleep", "1000"]).pid))
    return globals()[then or "lengths"](completions)

def once(completions, *, mark="", **kwargs):
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(1)
    return [1.0] * len(completions)

def who(completions, trainer_state, log_extra, log_metric, **kwargs):
    log_metric("step", trainer_state.global_step)
    log_extra("upper", [text.upper() for text in completions])
    print("talk")
    return [float(os.getpid())] * len(completions)

async def meets(completions, **kwargs):
    # Each of two waits for the other, which only works side by side on one loop.
    _seen.append(None)
    while len(_seen) < 2:
        await asyncio.sleep(0.01)
    return [1.0] * len(completions)

_seen = []
"""
OTHER = "async def joins(completions, **kwargs):\n    return await meets(completions)\n"
COMPLETIONS = ["a", "bb", "ccc"]


@pytest.fixture
def scorer(tmp_path: Path) -> Any:
    """Makes scorers of functions in a file, and ends them."""
    path = tmp_path / "mine.py"
    path.write_text(REWARDS + OTHER)
    made: list[Scorer] = []

    def make(*names: str, **group: Any) -> Scorer:
        functions = [f"{path}:{name}" for name in names]
        rewards = Rewards.read({"reward_funcs": functions, "max_fault_share": 1.0, **group})
        made.append(make_scorer(rewards))
        return made[-1]

    yield make
    for one in made:
        one.close()


def short_names(values: dict[str, Any]) -> dict[str, Any]:
    return {name.rpartition(":")[2]: value for name, value in values.items()}


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ("raises", "ConnectionError: the service is down"),
        ("short", "ValueError: returned 2 values for 3 completions"),
        ("sleeps", "no answer within 3 s"),
        ("leaves", "the scoring process ended with code 3"),
        ("killed", "the scoring process ended with SIGKILL"),
        ("forks_and_leaves", "the scoring process ended with code 4"),
        ("interrupted", "KeyboardInterrupt: by itself"),
        ("exits_in_the_loop", "SystemExit: 3"),
    ],
)
def test_a_broken_reward_is_named_and_the_others_keep_their_values(
    scorer: Any, broken: str, fault: str
) -> None:
    both = scorer("lengths", broken, time_limit=3, lengths={"scale": 2.0})
    for _ in range(2):
        scores = both.score(COMPLETIONS)
        assert short_names(scores.values) == {"lengths": [2.0, 4.0, 6.0], broken: [None] * 3}
        assert {text.partition(f":{broken}: ")[2] for text in scores.faults} == {fault}
        assert short_names(scores.masked())["lengths"] == [None] * 3


@pytest.mark.parametrize("broken", ["logs_a_lambda", "logs_what_is_sealed"])
def test_what_is_logged_and_cannot_be_sent_is_a_fault_of_its_reward(scorer: Any, broken: str) -> None:
    """The second can be sent, and not be read here."""
    scores = scorer("lengths", broken, time_limit=3).score(COMPLETIONS, log_extra=None)
    assert short_names(scores.values) == {"lengths": [1.0, 2.0, 3.0], broken: [None] * 3}
    assert all(
        f":{broken}: the values it logged cannot be sent to the trainer: " in text for text in scores.faults
    )


def test_a_process_that_cannot_answer_says_so_at_once(scorer: Any) -> None:
    """A reward that was too late would have had its time; this one has another try, in a fresh process."""
    chokes = scorer("chokes", time_limit=10)
    for _ in range(2):
        assert chokes.score(COMPLETIONS).faults == [None] * 3


def test_nan_is_a_fault_of_its_row_alone(scorer: Any) -> None:
    scores = scorer("lengths", "nan").score(COMPLETIONS)
    assert short_names(scores.masked()) == {"lengths": [None, 2.0, 3.0], "nan": [None, 1.0, 1.0]}


def test_the_guilty_one_is_found_among_those_that_had_not_answered(scorer: Any) -> None:
    """One holds every thread of Python, so that none of them can answer."""
    scores = scorer("hogs", "lengths", "nan", time_limit=2).score(COMPLETIONS)
    assert short_names(scores.values)["lengths"] == [1.0, 2.0, 3.0]
    assert all(":hogs: no answer within 2 s" in text for text in scores.faults)


def test_a_process_lost_once_costs_nothing(scorer: Any, tmp_path: Path) -> None:
    scores = scorer("lengths", "once", once={"mark": str(tmp_path / "mark")}).score(COMPLETIONS)
    assert scores.faults == [None] * 3
    assert short_names(scores.values)["once"] == [1.0] * 3


def test_too_many_faults_end_the_run(scorer: Any) -> None:
    strict = scorer("raises", max_fault_share=0.5)
    strict.score(COMPLETIONS * 16)
    with pytest.raises(R1Error, match=r"51 of the last 51.*:raises: ConnectionError"):
        strict.score(COMPLETIONS)


def test_what_a_reward_logs_comes_back_and_what_it_prints_does_not_spoil_the_data(
    scorer: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    logged: list[Any] = []
    state = type("State", (), {})()
    state.global_step, state.history = 7, [object()]
    scores = scorer("who").score(
        COMPLETIONS,
        trainer_state=state,
        log_extra=lambda *pair: logged.append(pair),
        log_metric=lambda *pair: logged.append(pair),
    )
    assert logged == [("upper", ["A", "BB", "CCC"]), ("step", 7.0)]
    assert short_names(scores.values)["who"][0] != os.getpid()
    assert capfd.readouterr().out == ""


def test_coroutines_share_a_loop_and_run_side_by_side(scorer: Any) -> None:
    assert scorer("meets", "joins", time_limit=10).score(COMPLETIONS).faults == [None] * 3


def test_a_reward_that_cannot_be_loaded_is_named_before_anything_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import no_such_module\n\ndef fn(completions, **kwargs):\n    return []\n")
    with pytest.raises(R1Error, match="cannot be loaded: No module named 'no_such_module'"):
        make_scorer(Rewards(reward_funcs=[f"{path}:fn"]))
    path.write_text("raise SystemExit(2)\n\ndef fn(completions, **kwargs):\n    return []\n")
    with pytest.raises(R1Error, match=r"broken.py:fn' cannot be loaded: SystemExit: 2"):
        make_scorer(Rewards(reward_funcs=[f"{path}:fn"]))
    path.write_text("import os\nos._exit(5)\n\ndef fn(completions, **kwargs):\n    return []\n")
    with pytest.raises(R1Error, match="the scoring process ended with code 5 while it loaded"):
        make_scorer(Rewards(reward_funcs=[f"{path}:fn"]))


def ends(pid: int, seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # Nobody may be there to reap it.
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("busy", ["", "sleeps", "hogs"])
def test_all_that_scores_ends_with_a_killed_trainer(scorer: Any, tmp_path: Path, busy: str) -> None:
    """The process itself, whatever it is at, and what a reward has started there."""
    scorer()
    mark = tmp_path / "mark"
    parameters = {"mark": str(mark), "then": busy}
    program = f"""
from r1cli.config.groups.rewards import Rewards
from r1cli.scoring.choose import make_scorer
name = {str(tmp_path / "mine.py:starts_another")!r}
group = {{"reward_funcs": [name], "reward_weights": [1.0], "starts_another": {parameters}}}
scorer = make_scorer(Rewards.read(group))
print(scorer._client._child.pid, flush=True)
scorer.score(["a"])
input()
"""
    trainer = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert trainer.stdout is not None
    pids = [int(trainer.stdout.readline())]
    while not mark.exists() or not mark.read_text():
        time.sleep(0.05)
    pids.append(int(mark.read_text()))
    time.sleep(0.5)
    assert not any(ends(pid, 0.1) for pid in pids)
    trainer.send_signal(signal.SIGKILL)
    trainer.communicate()
    left = [pid for pid in pids if not ends(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_nothing_is_left_of_a_scorer_that_was_closed(scorer: Any, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    one = scorer("starts_another", starts_another={"mark": str(mark)})
    one.score(COMPLETIONS)
    pids = [one._client._child.pid, int(mark.read_text()), os.getpgid(one._client._child.pid)]
    one.close()
    assert all(ends(pid) for pid in pids)


def test_a_column_that_cannot_be_sent_is_named(scorer: Any) -> None:
    lengths = scorer("lengths")
    with pytest.raises(R1Error, match="the column 'made' cannot be sent") as caught:
        lengths.score(COMPLETIONS, prompts=COMPLETIONS, made=["a", "b", lambda: None])
    assert caught.value.where == "data"
    assert lengths.score(COMPLETIONS, prompts=COMPLETIONS).faults == [None] * 3


@pytest.mark.xdist_group("torch")
def test_tensors_are_sent_by_value(scorer: Any) -> None:
    """multiprocessing would pass them as memory that is shared with its own children."""
    import torch

    assert scorer("lengths").score(COMPLETIONS, weight=list(torch.ones(3))).faults == [None] * 3


@pytest.mark.parametrize(
    ("seconds", "count"),
    [
        pytest.param(0.2, 4, marks=pytest.mark.e2e),
        pytest.param(2, 60, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
    ],
)
def test_answers_that_use_up_their_limit_are_wrong_and_no_faults(
    seconds: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit of the reward is over long before the workers are through with them."""
    monkeypatch.setenv("R1_VERIFY_SECONDS", str(seconds))
    monkeypatch.setenv("R1_VERIFY_WORKERS", "1")
    hostile = [f"\\boxed{{\\sum_{{k=1}}^{{10^{{12}}}} \\frac{{1}}{{k^k + {n}}}}}" for n in range(count)]
    limit = max(1, round(seconds * count / 4))
    scorer = make_scorer(Rewards(reward_funcs=["accuracy"], time_limit=limit))
    try:
        scores = scorer.score([*hostile, "\\boxed{1}"], solution=["1"] * (count + 1))
    finally:
        scorer.close()
    assert scores.faults == [None] * (count + 1)
    assert scores.values == {"accuracy": [0.0] * count + [1.0]}


def test_no_file_of_the_current_directory_stands_in_for_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reward's file may import what lies beside it, and nothing there hides what is installed."""
    (tmp_path / "r1_rewards.py").write_text("raise SystemExit('the wrong module')\n")
    (tmp_path / "beside.py").write_text("VALUE = 0.25\n")
    file = tmp_path / "mine.py"
    file.write_text("import beside\n\ndef mine(completions, **kwargs):\n    return [beside.VALUE]\n")
    monkeypatch.chdir(tmp_path)
    with closing(make_scorer(Rewards(reward_funcs=["format", f"{file}:mine"]))) as scorer:
        values = scorer.score(["x"], prompts=["p"]).values
    assert values == {"format": [0.0], f"{file}:mine": [0.25]}
