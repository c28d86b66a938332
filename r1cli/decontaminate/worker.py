"""The worker of ``r1 decontaminate``: ``python -m r1cli.decontaminate.worker RUN_DIR``.

It searches the rows for the texts of benchmarks, writes the report, and then the dataset without the
contaminated rows. A run that was interrupted searches again, which takes minutes.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.config import AGAINST
from r1cli.config.groups.data import Data
from r1cli.config.record import RecordedConfig
from r1cli.decontaminate.schema import OPENR1, Decontaminate
from r1cli.errors import R1Error
from r1cli.files import existing_path, write_text
from r1cli.launch.worker import run_worker

if TYPE_CHECKING:
    from r1cli.data.lineage import Input
    from r1cli.decontaminate.benchmark_texts import Loaded
    from r1cli.decontaminate.dataset_rows import Rows
    from r1cli.decontaminate.hit import Hit
    from r1cli.decontaminate.parts import Progress
    from r1cli.decontaminate.report import Report

#: What a run leaves beside its report: what was counted.
FIGURES = "figures.json"


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.data.lineage import inputs_of, record_datasets
    from r1cli.decontaminate.benchmark_texts import load_texts
    from r1cli.decontaminate.dataset_rows import open_rows
    from r1cli.decontaminate.report import REPORT

    config = RecordedConfig(run["config"])
    settings, data = config.section(Decontaminate), config.section(Data)
    loaded = load_texts(settings)
    rows = open_rows(data)
    columns = _columns(settings, rows)
    inputs = inputs_of(data, rows.count)
    record_datasets(run_dir, [*inputs, *_files_against(settings)])
    unfinished = run_dir / f".{REPORT}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    report, figures = _search(run_dir, unfinished, settings, loaded, rows, columns)
    parts = ["# Contamination report", report.text(loaded), report.passages()]
    write_text(unfinished / "README.md", "\n\n".join(filter(None, parts)) + "\n")
    write_text(unfinished / FIGURES, json.dumps(figures, indent=2) + "\n")
    if not settings.report_only:
        _write_dataset(run_dir, inputs, settings, loaded, rows, columns, report, figures)
    shutil.rmtree(run_dir / REPORT, ignore_errors=True)
    unfinished.rename(run_dir / REPORT)
    found = {"figures": figures, "benchmarks": report.by_benchmark(loaded), "columns": columns}
    write_text(run_dir / FIGURES, json.dumps(found, indent=2) + "\n")


def _files_against(settings: Decontaminate) -> "list[Input]":
    """The datasets of this machine that are searched for."""
    from r1cli.data.lineage import input_of
    from r1cli.decontaminate.against import Column, find_against

    named = [one.dataset for one in find_against(settings.against, AGAINST) if isinstance(one, Column)]
    return [input_of(name, None, AGAINST) for name in named if existing_path(name)]


def _columns(settings: Decontaminate, rows: "Rows") -> list[str]:
    """The columns that are searched.

    Raises:
        R1Error: the dataset does not have one, or it has no text.
    """
    from r1cli.data.column_names import missing
    from r1cli.decontaminate.cells import has_text

    names = list(rows.features)
    for name in (named := settings.named_columns()):
        if name not in names:
            raise missing(name, names, "decontaminate.search_columns")
    if named:
        return named
    chosen = [field.name for field in rows.features.arrow_schema if has_text(field.type)]
    if not chosen:
        raise R1Error(
            "no column of the dataset contains text",
            where="data.dataset_name",
            fix=f"its columns are {', '.join(names)}: name those to search with --search-columns",
        )
    return chosen


def _search(
    run_dir: Path,
    folder: Path,
    settings: Decontaminate,
    loaded: "Loaded",
    rows: "Rows",
    columns: list[str],
) -> "tuple[Report, dict[str, Any]]":
    """Searches all rows; returns the report and what was counted."""
    from r1cli.decontaminate.hit import CONTAMINATED, NEAR_DUPLICATE, RENUMBERED
    from r1cli.decontaminate.report import Report
    from r1cli.sampling.progress import SamplingProgress

    shown = SamplingProgress(run_dir)
    removes = [CONTAMINATED, NEAR_DUPLICATE, *([RENUMBERED] if settings.remove_renumbered else [])]
    with Report(folder, rows.count, removes) as report:
        shown.begin("rows", rows.count, 0)
        too_short, hits = _hits(folder, settings, loaded, rows, columns, shown.advance)
        for hit in hits:
            report.add(hit)
        if settings.near_duplicates:
            from r1cli.decontaminate.find_hits import near_duplicate_hits
            from r1cli.decontaminate.near_duplicates import NearDuplicates

            shown.begin("near duplicates", rows.count, 0)
            # A renumbered problem has most words in common as well.
            known = report.with_hits()
            for hit in near_duplicate_hits(rows, columns, NearDuplicates(loaded.texts), shown.advance):
                if not known[hit.row]:
                    report.add(hit)
    return report, report.figures(loaded, too_short)


def _hits(
    folder: Path,
    settings: Decontaminate,
    loaded: "Loaded",
    rows: "Rows",
    columns: list[str],
    progress: "Progress",
) -> "tuple[int, Iterator[Hit]]":
    """The number of texts that are too short to be searched for, and the hits."""
    from r1cli.decontaminate.find_hits import ngram_hits, openr1_hits
    from r1cli.decontaminate.ngram_search import NgramSearch
    from r1cli.decontaminate.openr1 import OpenR1Search

    if settings.method == OPENR1:
        plain = OpenR1Search(loaded.texts, settings.ngram_size)
        return plain.too_short, openr1_hits(rows, columns, plain, progress)
    search = NgramSearch(loaded.texts, settings.ngram_size, _allowed(settings.allow_list))
    hits = ngram_hits(rows, columns, search, settings.min_overlap, folder, progress)
    return search.too_short, hits


def _allowed(file: str | None) -> list[str]:
    if file is None:
        return []
    lines = Path(file).expanduser().read_text(encoding="utf-8-sig").splitlines()
    return [line for line in lines if line.strip()]


def _write_dataset(
    run_dir: Path,
    inputs: "Sequence[Input]",
    settings: Decontaminate,
    loaded: "Loaded",
    rows: "Rows",
    columns: list[str],
    report: "Report",
    figures: dict[str, Any],
) -> None:
    """Writes the rows that stay, with the report in the card."""
    from r1cli.data.dataset_folder import Card, DatasetWriter, dataset_of_run
    from r1cli.data.lineage import Step

    with DatasetWriter(dataset_of_run(run_dir), rows.features) as writer:
        for first, table in rows.tables():
            writer.add_table(table.filter(~report.removed[first : first + table.num_rows]))
        step = Step(
            "decontaminate",
            inputs,
            {
                "search_columns": columns,
                "against": list(loaded.rows),
                "method": settings.method,
                "ngram_size": settings.ngram_size,
                **({"min_overlap": settings.min_overlap} if settings.method != OPENR1 else {}),
                "near_duplicates": settings.near_duplicates,
                "remove_renumbered": settings.remove_renumbered,
                "allow_list": _allowed(settings.allow_list),
            },
            figures,
        )
        summary = (
            f"{writer.rows} of {rows.count} rows: those that share text with one of {len(loaded.rows)} "
            "benchmarks were removed."
        )
        writer.finish(Card("Decontaminated rows", summary, figures=figures, body=report.text(loaded)), step)


if __name__ == "__main__":
    run_worker("decontaminate", work)
