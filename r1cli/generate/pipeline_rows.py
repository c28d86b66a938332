"""Rows that a distilabel pipeline completes, chunk by chunk: the rows of one chunk are in memory."""

import hashlib
import json
import pickle
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow
from datasets import Features, Value

from r1cli.children import Child
from r1cli.config.model_files import context_length
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.files import read_json_lines, read_mapping
from r1cli.generate.access import Access
from r1cli.generate.column_types import common_type, type_of
from r1cli.generate.cost import cost
from r1cli.generate.pipeline_folder import PipelineFolder
from r1cli.generate.pipeline_records import FIGURES, LOG, ROW
from r1cli.generate.pipeline_sample import PipelineSample, mistakes_of, sample_of
from r1cli.generate.pipeline_source import PipelineSource
from r1cli.generate.prompts import Row
from r1cli.generate.sampled_rows import FOLDER, Choose, SampledRow, SampledRows
from r1cli.generate.schema import RowSampling
from r1cli.sampling.backend import Server
from r1cli.sampling.store import Sample

#: The folder of a run with the records of each chunk.
RECORDS = "pipeline"
# Rows in a chunk at most: at its end the server waits for the last completions.
_CHUNK = 2_000
# Of the records: those of an older r1 are made again, from the stored completions.
_FORMAT = 3


@dataclass(frozen=True)
class _Part:
    """A chunk of rows.

    Args:
        number: among all chunks.
        rows: in their order, those without a prompt included.
        repeats: it has prompts that come earlier as well.
        digest: of all that its records depend on.
    """

    number: int
    rows: Sequence[Row]
    repeats: bool
    digest: str


class PipelineRows(SampledRows):
    """The rows of a run's dataset, completed by a pipeline.

    Args:
        run_dir: of the run.
        config: of the run.
        sampling: how completions are sampled.
        num_rows: the number of rows that are used; None for all.
        source: the pipeline.
        longest: the length limit of a second try of what was cut off.

    Raises:
        R1Error: the pipeline cannot be built.
    """

    def __init__(
        self,
        run_dir: Path,
        config: RecordedConfig,
        sampling: RowSampling,
        num_rows: int | None,
        source: PipelineSource,
        longest: int | None,
    ) -> None:
        self._source, self._longest = source, longest
        self._context = context_length(config.arguments("model").get("model_name_or_path"))
        self._notes = PipelineFolder(run_dir / "launch" / "pipeline")
        self._scratch = run_dir / "launch" / "distilabel"
        self._totals, self._sampling_began = Counter[str](), 0.0
        self._without_result = 0
        self._as_json: set[str] = set()
        self._host = Child("r1cli.generate.pipeline_host", guarded=True)
        try:
            # The pipeline is built to see whether it can be: while this run's server loads, or the rows.
            self._send(None)
            if not sampling.endpoint:
                self._receive()
            super().__init__(run_dir, config, sampling, num_rows)
            if sampling.endpoint:
                self._receive()
        except BaseException:
            self._host.close()
            raise
        self._records = self.share.whole / RECORDS
        self._records.mkdir(parents=True, exist_ok=True)

    def sample(self, max_new_tokens: int | None = None, choose: Choose | None = None) -> None:
        """Sends what is missing of this share's rows through the pipeline.

        Raises:
            R1Error: the server or the pipeline cannot be used, or most requests failed.
        """
        if max_new_tokens is not None:
            return  # the pipeline has tried again itself
        mine = sum(len(part.rows) for part in self._my_parts())
        self.progress.begin("rows", mine, 0)
        self._sampling_began = time.monotonic()
        for part in self._my_parts():
            if not self._file(part).exists() and any(not row.fault for row in part.rows):
                self._run(part)
            else:
                self._totals.update({**self._figures_of(part), "new_tokens": 0})
            if self.scores:
                for sampled in self._sampled(part):
                    missing = [one for one in sampled if not one[1].failure and not self.scores.has(one[1])]
                    for row, sample in missing:
                        self.scores.add(self.with_prefill(row), [sample])
            self.progress.advance(len(part.rows), **self._shown())
        self._host.close()

    def all(self, longest: int | None = None) -> Iterator[SampledRow]:
        """All rows of all shares, with the result of each."""
        for part in self._parts():
            for row, pairs in zip(part.rows, self._sampled(part), strict=True):
                self._without_result += not pairs and not row.fault
                yield self.scored(row, [sample for _, sample in pairs])

    def dropped(self) -> Mapping[str, int]:
        """Rows that the pipeline has left out."""
        return {"by_the_pipeline": self._without_result} if self._without_result else {}

    def may_succeed(self, choose: Choose | None = None) -> Counter[str]:
        """The reasons of this share's requests that failed and may pass, each with how often it occurred."""
        return Counter(sample.failure for sample in self._passing() if not sample.where)

    def mistakes(self) -> list[R1Error]:
        """What the steps of this share's pipelines have raised."""
        written = read_mapping(self.share.whole / "figures.json").get("written")
        return mistakes_of(self._passing(), self._log, written)

    @property
    def _log(self) -> str:
        return str(self.share.run_dir.absolute() / LOG)

    def answers(self) -> Mapping[str, int]:
        """What the requests of all steps have used."""
        return sum((Counter(self._figures_of(part)) for part in self._parts()), Counter[str]())

    @property
    def is_complete(self) -> bool:
        """Whether every chunk of every share is done, and scored."""
        for part in self._parts():
            if not any(not row.fault for row in part.rows):
                continue
            if not (self._file(part).exists() or self._file(part, passing=True).exists()):
                return False
            if self.scores and not all(
                sample.failure or self.scores.has(sample)
                for pairs in self._sampled(part)
                for _, sample in pairs
            ):
                return False
        return True

    def given_features(self) -> dict[str, Any]:
        """The types of the columns that the pipeline adds."""
        kinds: dict[str, pyarrow.DataType | None] = {}
        for part in self._parts():
            for name, values in self._columns_of(part).items():
                kinds[name] = common_type(kinds[name], type_of(values)) if name in kinds else type_of(values)
        # What has no type is written as JSON.
        self._as_json = {name for name, kind in kinds.items() if kind is None}
        known = [(name, kind) for name, kind in kinds.items() if kind is not None and kind != pyarrow.null()]
        found = dict(Features.from_arrow_schema(pyarrow.schema(known)))
        return {name: found.get(name, Value("string")) for name in kinds}

    def settings_of(self, sample: Sample) -> Mapping[str, Any]:
        """The settings of the step that sampled a completion, where they are not the run's."""
        return sample.settings if isinstance(sample, PipelineSample) else {}

    def given(self, sample: Sample) -> Mapping[str, Any]:
        """What the pipeline says of a completion, beside its text."""
        said = sample.given if isinstance(sample, PipelineSample) else {}
        return {
            name: json.dumps(value, default=str) if name in self._as_json else value
            for name, value in said.items()
        }

    # --- chunks

    def _parts(self) -> Iterator[_Part]:
        size = max(1, _CHUNK // self._samples)
        size = min(size, -(-len(self.prompts) // self.share.count))  # each share gets some
        rows: list[Row] = []
        number = 0
        for row in self.prompts:
            rows.append(row)
            if len(rows) == size:
                yield self._part(number, rows)
                number, rows = number + 1, []
        if rows:
            yield self._part(number, rows)

    def _part(self, number: int, rows: Sequence[Row]) -> _Part:
        repeats = any(map(self.prompts.is_repeated, rows))
        contents = [[row.prompt, row.columns, row.id, bool(row.fault)] for row in rows]
        # A chunk that repeats what others have asked depends on its number.
        source = [self._depends_on, number if repeats else None, contents]
        written = json.dumps(source, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
        return _Part(number, rows, repeats, hashlib.sha256(written).hexdigest()[:32])

    def _my_parts(self) -> Iterator[_Part]:
        return (part for part in self._parts() if part.number % self.share.count == self.share.index)

    @cached_property
    def _depends_on(self) -> list[Any]:
        settings = self.request_settings()
        return [_FORMAT, self._source.digest(), self.identity.hex(), settings, self._longest, self._samples]

    @property
    def _samples(self) -> int:
        """How often each row is sent through the pipeline."""
        return int(self.sampling.samples or 1)

    def _file(self, part: _Part, passing: bool = False) -> Path:
        """The records of a chunk; in its own file while some failures may pass."""
        return self._records / (f"{part.digest}.again.jsonl" if passing else f"{part.digest}.jsonl")

    def _passing(self) -> Iterator[PipelineSample]:
        """This share's failures that may pass."""
        for part in self._my_parts():
            for pairs in self._sampled(part):
                yield from (sample for _, sample in pairs if sample.passing)

    def _read(self, part: _Part) -> Iterator[dict[str, Any]]:
        """The records of a chunk."""
        file = self._file(part) if self._file(part).exists() else self._file(part, passing=True)
        yield from read_json_lines(file) if file.exists() else ()

    def _figures_of(self, part: _Part) -> dict[str, int]:
        """What all requests of a chunk have used."""
        return next((record[FIGURES] for record in self._read(part) if FIGURES in record), {})

    def _sampled(self, part: _Part) -> Iterator[list[tuple[Row, PipelineSample]]]:
        """For each row of a chunk its completions, each with the row as the pipeline left it."""
        by_row: dict[int, list[dict[str, Any]]] = {}
        for record in self._read(part):
            if FIGURES not in record:
                by_row.setdefault(record["row"] // self._samples, []).append(record)
        for place, row in enumerate(part.rows):
            records = by_row.get(place, [])
            yield [
                sample_of(record, row, number, self.prompts.chats) for number, record in enumerate(records)
            ]

    def _columns_of(self, part: _Part) -> dict[str, list[Any]]:
        """The values of each column that the pipeline adds."""
        columns: dict[str, list[Any]] = {}
        for pairs in self._sampled(part):
            for _, sample in pairs:
                # A row that failed has columns that other rows have lost.
                for name, value in sample.given.items() if not sample.failure else ():
                    if name != "prompt":
                        columns.setdefault(name, []).append(value)
        return columns

    # --- the host

    def _run(self, part: _Part) -> None:
        """Sends a chunk through the pipeline, and keeps its records."""
        from r1cli.generate.pipeline_host import Chunk

        self._notes.empty()
        unfinished = self._scratch.with_name("records.jsonl")
        unfinished.unlink(missing_ok=True)
        rows = [
            self._fed(row, place * self._samples + sample)
            for place, row in enumerate(part.rows)
            if not row.fault
            for sample in range(self._samples)
        ]
        columns = [name for name in self.prompts.features() if name not in ("prompt", "id")]
        self._send(Chunk(rows, columns, unfinished, self._scratch), part)
        try:
            self._receive()
        except BaseException:
            self._host.close()
            raise
        unfinished.touch()  # a pipeline may drop all rows
        passing = any(record["passing"] for record in read_json_lines(unfinished))
        figures = self._notes.figures()
        self._totals.update(figures)
        self._notes.empty()
        with unfinished.open("a", encoding="utf-8") as file:
            file.write(json.dumps({FIGURES: figures}) + "\n")
        unfinished.replace(self._file(part, passing))
        if not passing:
            self._file(part, passing=True).unlink(missing_ok=True)

    def _fed(self, row: Row, number: int) -> dict[str, Any]:
        """A row as the pipeline gets it: the dataset's columns are as they are."""
        chat = row.prompt if not isinstance(row.prompt, str) else [{"role": "user", "content": row.prompt}]
        return {
            "messages": chat,
            "instruction": chat[-1]["content"],
            **row.columns,
            ROW: number,
            "id": row.id,
            "prompt": row.prompt,
        }

    def _send(self, chunk: Any, part: _Part | None = None) -> None:
        from r1cli.generate.pipeline_host import Work

        self._host.send_bytes(pickle.dumps(Work(self._source, self._access(part), chunk)))

    def _receive(self) -> None:
        """Waits until the host has done its work; shows meanwhile what the steps have counted.

        Raises:
            R1Error: what the host answers, or that it has ended.
        """
        reply = None
        while reply is None:
            try:
                reply = json.loads(self._host.receive_bytes(1.0))
            except TimeoutError:
                if self._sampling_began:
                    self.progress.advance(0, **self._shown())
            except EOFError:
                raise R1Error(
                    f"the process of the pipeline ended with exit code {self._host.wait()}",
                    where=self._log,
                    fix="see the log; then resume the run: received completions are stored",
                    exit_code=1,
                ) from None
        if "error" in reply:
            raise R1Error.from_fields(reply["error"])

    def _access(self, part: _Part | None) -> Access:
        if part is None:
            server = Server([], "", 1)
            return Access(server, True, {}, {}, None, self._scratch, self._notes, context=self._context)
        assert isinstance(self.engine, Server)
        return Access(
            replace(self.engine, on_lost=None),  # another process cannot warn here
            self.prompts.chats,
            self._identity,
            self.request_settings(),
            self._longest,
            self.share.whole / FOLDER,
            self._notes,
            self._samples,
            part.number,
            part.repeats,
            self._context,
        )

    def _shown(self) -> dict[str, float]:
        """The figures beside the progress."""
        figures = self._totals + self._notes.figures()
        seconds = max(time.monotonic() - self._sampling_began, 1e-3)
        shown = {
            "tokens": figures["tokens"],
            "tokens_per_second": round(figures["new_tokens"] / seconds),
            "cut_off": round(figures["cut_off"] / max(1, figures["answers"]), 4),
            "failed": figures["failed"],
        }
        price = self.sampling.price
        return shown | ({"cost": cost(price, figures["prompt_tokens"], figures["tokens"])} if price else {})
