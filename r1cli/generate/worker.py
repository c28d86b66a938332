"""The worker of ``r1 generate``: ``python -m r1cli.generate.worker RUN_DIR``.

It samples completions of all rows, has them scored meanwhile, and writes the dataset, ``errors.jsonl`` and
``figures.json``. Each completion is stored as it arrives, so that an interrupted run can resume.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.data import Data
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.files import lock, write_json_lines, write_text
from r1cli.generate.schema import RETRY, Generate, RowSampling
from r1cli.launch.worker import run_worker
from r1cli.runs.run_dir import write_status

if TYPE_CHECKING:
    from r1cli.generate.sampled_rows import Choose, SampledRows

#: What a run leaves beside its dataset: rows and samples that failed, and what was counted.
ERRORS, FIGURES = "errors.jsonl", "figures.json"


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.sampling.progress import watch_run

    config = RecordedConfig(run["config"])
    settings, sampling = config.section(Generate), config.section(RowSampling)
    longest = longest_of(settings, sampling)
    rows = _rows(run_dir, config, longest)
    watch_run(rows.progress, rows.engine)
    rows.sample()
    if longest:
        rows.sample(longest)
    if rows.scores:
        rows.scores.finish()
    finish(rows, lambda: rows.is_complete, lambda: _write(rows, settings, longest))
    end_with_failures(rows)


def _rows(run_dir: Path, config: RecordedConfig, longest: int | None) -> "SampledRows":
    """The rows of the run, sampled as they are or by a pipeline."""
    from r1cli.generate.pipeline_rows import PipelineRows
    from r1cli.generate.pipeline_source import PipelineSource
    from r1cli.generate.sampled_rows import SampledRows

    settings, sampling = config.section(Generate), config.section(RowSampling)
    source = PipelineSource.of(settings)
    if source is None:
        return SampledRows(run_dir, config, sampling, settings.num_rows)
    return PipelineRows(run_dir, config, sampling, settings.num_rows, source, longest)


def end_with_failures(rows: "SampledRows", choose: "Choose | None" = None) -> None:
    """Ends as failed if another try may get more completions, so that the same command makes it.

    Args:
        rows: of the run.
        choose: from a row and its requests to those that it needs; all when not given.

    Raises:
        R1Error: with the reasons.
    """
    errors, failed = rows.mistakes(), rows.may_succeed(choose)
    if failed:
        reasons = ", ".join(f"{reason} ({times})" for reason, times in failed.most_common())
        errors.append(
            R1Error(
                f"{failed.total()} completions failed and may succeed on another try: {reasons}",
                where=str(rows.share.whole / ERRORS),
                fix="resume the run: another try may get them; completions that have come are kept",
                exit_code=1,
            )
        )
    if errors:
        raise R1Error.together(errors)


def longest_of(settings: Generate, sampling: RowSampling) -> int | None:
    """The length limit of a second try; None without one."""
    if settings.on_truncated != RETRY:
        return None
    return settings.retry_max_new_tokens or 2 * sampling.max_new_tokens


def finish(rows: "SampledRows", is_complete: Callable[[], bool], write: Callable[[], None]) -> None:
    """Writes the dataset; that of an array if every share has been sampled.

    Each share comes here, one at a time: the first that finds nothing missing writes, and the others see it.

    Args:
        rows: of the run.
        is_complete: whether every share has what it needs.
        write: writes the dataset of the run.
    """
    from r1cli.data.dataset_folder import dataset_of_run

    if rows.share.is_whole:
        write()
        _warn_of_copies(rows)
        return
    whole = rows.share.whole
    busy = R1Error("another share writes the dataset", where=str(whole), exit_code=1)
    with lock(whole / "launch" / "writing.lock", busy, seconds=3600):
        rows.refresh()
        if dataset_of_run(whole).exists() or not is_complete():
            return
        write()
        _warn_of_copies(rows)
        write_status(whole, "finished", job_id=os.environ.get("SLURM_ARRAY_JOB_ID", ""))


def _warn_of_copies(rows: "SampledRows") -> None:
    if rows.copies.alone:
        rows.progress.warn(rows.copies.warning)


def _write(rows: "SampledRows", settings: Generate, longest: int | None) -> None:
    """Writes the dataset, and what is said of it."""
    from r1cli.data.dataset_folder import Card, DatasetWriter, dataset_of_run
    from r1cli.data.lineage import Step, record_datasets
    from r1cli.generate.choice import Choice
    from r1cli.generate.figures import Figures
    from r1cli.generate.output_rows import features_of, output_row

    config, whole = rows.config, rows.share.whole
    figures, choice, origin = Figures(rows), Choice(settings, rows.scores), rows.origin()
    errors: list[dict[str, Any]] = []
    features = features_of(rows.prompts, config.section(Rewards).reward_funcs, rows.given_features())
    with DatasetWriter(dataset_of_run(whole), features) as writer:
        for sampled in rows.all(longest):
            figures.add(sampled)
            errors += sampled.errors()
            for sample, score in choice.kept(sampled):
                how = {**origin, **rows.settings_of(sample)}
                writer.add({**rows.given(sample), **output_row(rows, sampled, sample, score, how)})
        write_json_lines(whole / ERRORS, errors)
        found = figures.found(writer.rows, {**choice.dropped, **rows.dropped()})
        write_text(whole / FIGURES, json.dumps(found, indent=2) + "\n")
        title = f"Completions of {origin['model']}"
        summary = f"{writer.rows} completions of {found['rows']} prompts, sampled from {origin['model']}."
        inputs = rows.inputs()
        record_datasets(whole, inputs)
        step = Step("generate", inputs, _settings(rows, settings), found)
        writer.finish(Card(title, summary, figures=found), step)


def _settings(rows: "SampledRows", settings: Generate) -> dict[str, Any]:
    """What a reader of the dataset must know of how it was made."""
    data = rows.config.section(Data)
    return {
        "model": rows.origin()["model"],
        **{name: value for name, value in rows.request_settings().items() if name != "max_tokens"},
        "max_new_tokens": rows.sampling.max_new_tokens,
        "samples": rows.sampling.samples,
        "on_truncated": settings.on_truncated,
        "keep": settings.keep,
        "filters": settings.filters,
        "rewards": rows.config.section(Rewards).weighted,
        **_of_pipeline(settings),
        **({"prompt_template": data.prompt_template} if data.prompt_template else {}),
        **({"system_prompt": data.system_prompt} if data.system_prompt else {}),
    }


def _of_pipeline(settings: Generate) -> dict[str, Any]:
    from r1cli.generate.pipeline_source import PipelineSource

    source = PipelineSource.of(settings)
    if source is None:
        return {}
    kind = "recipe" if source.recipe else "pipeline"
    return {
        kind: source.name,
        "pipeline_hash": source.digest(),
        **({"format": source.format} if source.format else {}),
    }


if __name__ == "__main__":
    run_worker("generate", work)
