"""Rewards for programs beside others, in the scoring process."""

import shutil

import pytest

from r1cli.config.groups.code import TrainingCode
from r1cli.config.groups.rewards import Rewards
from r1cli.scoring.choose import make_scorer
from tests.rewards.programs.conftest import in_block


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_many_programs_do_not_meet_the_limit_of_a_reward() -> None:
    """Each program has its own limits; the reward's counts only what it does itself."""
    cases = [{"input": str(number), "output": str(number), "type": "stdin_stdout"} for number in range(8)]
    info = {"language": "python", "test_cases": cases}
    programs = [f"import time\ntime.sleep(0.3)\nprint(input() if {number} % 2 else 0)" for number in range(8)]
    completions = [in_block(program) for program in programs]
    rewards = Rewards(reward_funcs=["code", "code_format"], reward_weights=[1.0, 1.0], time_limit=2.0)
    scorer = make_scorer(rewards, TrainingCode(max_sandboxes=4))
    try:
        scores = scorer.score(completions, prompts=["?"] * 8, verification_info=[info] * 8)
    finally:
        scorer.close()
    assert scores.outcomes["code"].seconds > 2.0
    assert scores.faults == [None] * 8
    assert scores.values["code"] == [pytest.approx(1 / 8), 1.0] * 4
    assert scores.values["code_format"] == [1.0] * 8
    extras = dict(scores.outcomes["code"].extras)
    assert not extras or extras["code_verdict"][1] == "AC 8/8"
