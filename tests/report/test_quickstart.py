"""The quickstart's report."""

from dataclasses import replace
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.evaluate.result import summarise
from r1cli.evaluate.result_files import write_results
from r1cli.quickstart.recipe import measured
from r1cli.report.quickstart import read_report


def test_a_measurement_that_another_reward_has_scored_is_not_reported(tmp_path: Path) -> None:
    own = summarise("dataset", [[1.0]], truncated=[], faults=[], settings={}, versions={}, prompt_hash="")
    run = measured(tmp_path, "sft")
    run.mkdir()
    write_results(run, [replace(own, reward="format")])
    with pytest.raises(R1Error, match="the results with 'format' have replaced") as caught:
        read_report(tmp_path)
    assert f"r1 evaluate score {run}" in caught.value.fix
