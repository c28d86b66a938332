"""The worker that selects: ``python -m r1cli.pass_rate.select_worker RUN_DIR``."""

import json
from pathlib import Path
from typing import Any

from r1cli.config.record import RecordedConfig
from r1cli.data.source import DATASET
from r1cli.files import write_text
from r1cli.generate.worker import FIGURES
from r1cli.launch.worker import run_worker
from r1cli.pass_rate.measurement import read_measurement
from r1cli.pass_rate.plan import SELECT
from r1cli.pass_rate.schema import Selecting


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.pass_rate.write_selection import write_selection

    settings = RecordedConfig(run["config"]).section(Selecting)
    measurements = [read_measurement(Path(name)) for name in settings.measurements]
    figures = {"selection": write_selection(measurements, settings, run_dir / DATASET, settings.holdout)}
    write_text(run_dir / FIGURES, json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    run_worker(SELECT, work)
