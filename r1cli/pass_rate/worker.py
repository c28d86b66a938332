"""The worker that measures: ``python -m r1cli.pass_rate.worker RUN_DIR``.

It samples completions of all rows, has them scored meanwhile, and writes the measurement, ``errors.jsonl``
and ``figures.json``. Each completion is stored as it arrives, so that an interrupted run can resume. The
command that measures and selects has selected rows written as well.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.data import Data
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import RecordedConfig
from r1cli.data.source import DATASET
from r1cli.files import existing_path, write_json_lines, write_text
from r1cli.generate.worker import ERRORS, FIGURES, end_with_failures, finish
from r1cli.launch.worker import run_worker
from r1cli.pass_rate.measurement import MEASUREMENT, RATE, Info, Measurement, public_reward
from r1cli.pass_rate.plan import MEASURE
from r1cli.pass_rate.schema import FilterPassRate, GroupSampling, Measuring, filter_schema
from r1cli.verdicts import VERSION

if TYPE_CHECKING:
    from r1cli.generate.sampled_rows import SampledRows
    from r1cli.pass_rate.adaptive import Need
    from r1cli.pass_rate.counting import Rule


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.generate.sampled_rows import SampledRows
    from r1cli.pass_rate.adaptive import Need
    from r1cli.pass_rate.counting import Rule
    from r1cli.sampling.progress import watch_run

    config = RecordedConfig(run["config"])
    settings, sampling = config.section(Measuring), config.section(GroupSampling)
    samples = sampling.samples
    # All that a row may need: samples for selection, then those that are held out.
    most = GroupSampling(**{**_values(sampling), "samples": samples + settings.holdout})
    end, start = settings.end_index, settings.start_index
    rows = SampledRows(run_dir, config, most, None if end is None else end - start, start)
    watch_run(rows.progress, rows.engine)
    rule = Rule.of(settings, config.section(Rewards).reward_funcs)
    need = Need(rows, rule, settings, samples)
    _sample(rows, need)
    choosing = config.section(FilterPassRate) if run["command"] == filter_schema().command else None
    finish(
        rows,
        lambda: need.look(rows.prompts) and _is_final(rows, need),
        lambda: _write(rows, need, rule, _info(rows, settings, samples), choosing),
    )
    end_with_failures(rows, need.requests)


def _values(section: GroupSampling) -> dict[str, Any]:
    return {one.name: getattr(section, one.name) for one in fields(section)}


def _sample(rows: "SampledRows", need: "Need") -> None:
    """Samples and scores until this share's rows need nothing more."""
    assert rows.scores
    while True:
        rows.sample(choose=need.requests)
        rows.scores.wait()
        if need.look(rows.my_rows()):
            break
    rows.scores.finish()


def _is_final(rows: "SampledRows", need: "Need") -> bool:
    """Whether no sample of any share needs another try."""
    needed = (one for row in rows.prompts for one in rows.needed(row, need.requests))
    return all(map(rows.store.is_final, needed))


def _info(rows: "SampledRows", settings: Measuring, samples: int) -> Info:
    rewards, origin = rows.config.section(Rewards), rows.origin()
    adaptive = {
        "first_samples": settings.first_samples,
        "confidence": settings.confidence,
        "min": settings.min,
        "max": settings.max,
    }
    return Info(
        **origin,
        identity=rows.identity.hex(),
        stop=rows.sampling.stops,
        system_prompt=rows.config.section(Data).system_prompt,
        chats=rows.prompts.chats,
        rewards=[public_reward(name) for name in rewards.reward_funcs],
        parameters=_public(rewards.parameters),
        verdicts=str(VERSION),
        samples=samples,
        holdout=settings.holdout,
        adaptive=adaptive if settings.adaptive else None,
    )


def _public(value: Any) -> Any:
    """Parameters of rewards without the folders of this machine."""
    if isinstance(value, str):
        path = existing_path(value) if "/" in value else None
        return path.name if path else value
    return {name: _public(one) for name, one in value.items()} if isinstance(value, dict) else value


def _write(
    rows: "SampledRows", need: "Need", rule: "Rule", info: Info, choosing: FilterPassRate | None
) -> None:
    """Writes the measurement, and what is selected of it."""
    whole = rows.share.whole
    folder = whole / (MEASUREMENT if choosing else DATASET)
    figures = {"measurement": _write_measurement(rows, need, rule, info, folder)}
    if choosing:
        from r1cli.pass_rate.write_selection import write_selection

        measurement = Measurement(whole.name, folder, info)
        figures["selection"] = write_selection([measurement], choosing, whole / DATASET)
    write_text(whole / FIGURES, json.dumps(figures, indent=2) + "\n")


def _write_measurement(
    rows: "SampledRows", need: "Need", rule: "Rule", info: Info, folder: Path
) -> dict[str, Any]:
    from r1cli.data.dataset_folder import DatasetWriter
    from r1cli.data.lineage import Step, record_datasets
    from r1cli.pass_rate.card import measurement_card
    from r1cli.pass_rate.measured_figures import MeasuredFigures
    from r1cli.pass_rate.measured_rows import features_of, measured_row

    figures, errors = MeasuredFigures(rule, info), list[dict[str, Any]]()
    origin = {**rows.origin(), "verdicts": info.verdicts}
    with DatasetWriter(
        folder, features_of(rows.prompts, rows.config.section(Rewards).reward_funcs)
    ) as writer:
        for row in rows.prompts:
            needed = need.requests(row, rows.requests(row))
            sampled = rows.scored(row, list(rows.store.found(needed)))
            measured, values = measured_row(sampled, need.samples_for_selection(row), rule, origin)
            figures.add(sampled, need.samples_for_selection(row), measured[RATE], values)
            errors += sampled.errors()
            writer.add(measured)
        write_json_lines(rows.share.whole / ERRORS, errors)
        found = figures.found()
        inputs = rows.inputs()
        record_datasets(rows.share.whole, inputs)
        step = Step("filter-pass-rate", inputs, _settings(rows, rule, info), found)
        writer.finish(measurement_card(info, rule, found), step)
    return found


def _settings(rows: "SampledRows", rule: "Rule", info: Info) -> dict[str, Any]:
    """What a reader of the dataset must know of how it was made."""
    data = rows.config.section(Data)
    template = {"prompt_template": data.prompt_template} if data.prompt_template else {}
    return {**info.settings(), **rule.words(), **template}


if __name__ == "__main__":
    run_worker(MEASURE, work)
