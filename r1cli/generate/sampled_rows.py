"""Rows, and what was sampled and scored of each: what generating and measuring have in common."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.data import Data
from r1cli.config.groups.model import Model
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import Sampling
from r1cli.config.model_files import chat_template
from r1cli.config.record import RecordedConfig
from r1cli.data.chat_template import find_prefill
from r1cli.data.chats import PROMPTS
from r1cli.data.lineage import Input, inputs_of, public_name
from r1cli.data.load import load_rows, refuse_system_prompt
from r1cli.errors import R1Error
from r1cli.files import existing_path
from r1cli.generate.cost import cost
from r1cli.generate.prompts import Prompts, Row
from r1cli.generate.score_store import Score, Scores
from r1cli.sampling.backend import engine_of
from r1cli.sampling.copies import Copies
from r1cli.sampling.identity import model_identity, with_commit
from r1cli.sampling.progress import SamplingProgress
from r1cli.sampling.response import Unresumable, what_helps
from r1cli.sampling.sampling_request import SamplingRequest, basis_of
from r1cli.sampling.share import Share
from r1cli.sampling.store import Completion, Outcome, Sample, Store

if TYPE_CHECKING:
    from r1cli.sampling.backend import Engine

#: From a row and its requests to those that are needed.
Choose = Callable[[Row, list[SamplingRequest]], list[SamplingRequest]]

#: The folder of a run with the completions.
FOLDER = "completions"
# The run ends if more than half of at least this number of requests failed for good.
_HOPELESS = 20


@dataclass(frozen=True)
class SampledRow:
    """A row, with its samples in their order, and their scores if there are rewards."""

    row: Row
    samples: tuple[Sample, ...]
    scores: tuple[Score | None, ...]

    def errors(self) -> Iterator[dict[str, Any]]:
        """What could not be used: the row, or some of its samples."""
        row = {"row": self.row.number, "id": self.row.id}
        if self.row.fault:
            yield {**row, "reason": self.row.fault}
        for one in self.samples:
            if one.failure:
                yield {**row, "sample": one.sample, **one.why()}


class SampledRows:
    """The rows of a run's dataset, and their completions.

    Args:
        run_dir: of the run.
        config: of the run.
        sampling: how the completions are sampled.
        num_rows: the number of rows that are used; None for all.
        first_row: the first of them.
    """

    def __init__(
        self,
        run_dir: Path,
        config: RecordedConfig,
        sampling: Sampling,
        num_rows: int | None,
        first_row: int = 0,
    ) -> None:
        self.config, self.sampling, self.share = config, sampling, Share.mine(run_dir)
        self.progress, self.copies = SamplingProgress(run_dir), Copies()
        model = config.arguments("model")
        if not sampling.endpoint:
            model = with_commit(model, self.share.whole / "launch" / "model.json")
        self.model = Model.read(model)
        self.engine: Engine = engine_of(self.model, sampling, run_dir)
        if sampling.endpoint:
            self.engine.ready()  # a wrong address is the most likely mistake
        rewards = config.section(Rewards)
        self.scores: Scores | None = None
        if rewards.reward_funcs:
            self.scores = Scores(self.share.whole, rewards, config.section(Code))
        chats, data = self._takes_chats(), config.section(Data)
        if not chats:
            refuse_system_prompt(data.system_prompt)
        # A row without a prompt is counted, and the others continue.
        rows = load_rows(data, data.dataset_train_split, PROMPTS, lenient=True)
        self.prompts = Prompts(rows, chats, data.system_prompt, num_rows, first_row)
        if len(self.prompts) and all(row.fault for row in self.prompts):
            raise R1Error(
                f"none of the {len(self.prompts)} rows has a prompt",
                where=public_name(str(data.dataset_name or "data.dataset_mixture")),
                fix="name the column with --columns.prompt COLUMN, or see --data.prompt_template",
            )
        self.served = self.engine.ready()
        self._identity = {"served": self.served} if sampling.endpoint else model_identity(model)
        self._identity["engine"] = self.engine.identity
        self.store = Store(self.share.whole / FOLDER)

    def request_settings(self, max_new_tokens: int | None = None) -> dict[str, Any]:
        """What each request says, beside its prompt."""
        settings = {
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "max_tokens": max_new_tokens or self.sampling.max_new_tokens,
            "seed": self.sampling.seed,
        }
        return settings | ({"stop": self.sampling.stops} if self.sampling.stops else {})

    def sample(self, max_new_tokens: int | None = None, choose: Choose | None = None) -> None:
        """Samples what is missing of this share's rows; with a limit, of those that were cut off without it.

        Args:
            max_new_tokens: the limit.
            choose: from a row and its requests to those that are needed; all when not given.

        Raises:
            R1Error: the server cannot be used, or more than half of the requests failed for good.
        """
        watch = _Watch(self, choose)
        settings = self.request_settings(max_new_tokens)
        watch.begin(max_new_tokens)
        self.engine.sample(watch.missing(max_new_tokens), settings, watch.on_outcome)
        watch.score_rest(max_new_tokens)

    def all(self, longest: int | None = None) -> Iterator[SampledRow]:
        """All rows of all shares, with the result of each; ``longest`` as in `of`."""
        return (self.of(row, longest) for row in self.prompts)

    def refresh(self) -> None:
        """Reads what other shares have stored meanwhile."""
        self.store.refresh()
        if self.scores:
            self.scores.refresh()

    def dropped(self) -> Mapping[str, int]:
        """Rows that have no completions for a reason in the row, counted by reason."""
        return {}

    def given_features(self) -> Mapping[str, Any]:
        """The types of columns that completions bring."""
        return {}

    def settings_of(self, sample: Sample) -> Mapping[str, Any]:
        """The settings that a completion was sampled with, where they are not the run's."""
        return {}

    def given(self, sample: Sample) -> Mapping[str, Any]:
        """The columns that a completion brings."""
        return {}

    def origin(self) -> dict[str, Any]:
        """How the completions were sampled: what each row of a dataset says of it."""
        name = str(self.model.model_name_or_path or self.served)
        is_local = existing_path(name) is not None
        server = " ".join(f"{package} {version}" for package, version in self.engine.versions().items())
        return {
            "model": public_name(name),
            "model_revision": None if self.sampling.endpoint or is_local else self.model.model_revision,
            "server": f"{self.engine.name}: {server}" if server else self.engine.name,
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "max_new_tokens": self.sampling.max_new_tokens,
            "seed": self.sampling.seed,
        }

    def inputs(self) -> list[Input]:
        """The datasets that the rows come from."""
        return inputs_of(self.config.section(Data), len(self.prompts))

    def of(self, row: Row, longest: int | None = None) -> SampledRow:
        """A row with its samples; with a limit, those that were tried again with it in place of the first."""
        samples = []
        longer = self.requests(row, longest) if longest else []
        for place, request in enumerate(self.requests(row)):
            (sample,) = self.store.found([request])
            if longest and sample.finish_reason == "length" and self.store.has(longer[place]):
                (sample,) = self.store.found([longer[place]])
            samples.append(sample)
        return self.scored(row, samples)

    def scored(self, row: Row, samples: Sequence[Sample]) -> SampledRow:
        """A row with some of its samples, and their scores."""
        self.copies.add(sample.completion for sample in samples if self._may_differ(sample))
        return SampledRow(row, tuple(samples), tuple(self._score(sample) for sample in samples))

    def requests(self, row: Row, max_new_tokens: int | None = None) -> list[SamplingRequest]:
        """What is asked for a row."""
        return self.prompts.requests(row, int(self.sampling.samples or 1), self._basis(max_new_tokens))

    def needed(self, row: Row, choose: Choose | None = None) -> list[SamplingRequest]:
        """Those of a row's requests that are needed."""
        requests = self.requests(row)
        return choose(row, requests) if choose else requests

    def my_rows(self) -> Iterator[Row]:
        """The rows of this share."""
        return (row for row in self.prompts if row.number % self.share.count == self.share.index)

    def may_succeed(self, choose: Choose | None = None) -> Counter[str]:
        """The reasons of this share's failures that may pass, each with how often it occurred."""
        rows = (self.needed(row, choose) for row in self.my_rows())
        passing = (self.store.missing(requests) for requests in rows)
        return Counter(sample.failure for requests in passing for sample in self.store.found(requests))

    def mistakes(self) -> list[R1Error]:
        """What must be fixed before this share's other failures may pass."""
        return []

    def answers(self) -> Mapping[str, int] | None:
        """What all requests have used, in figures; None if the rows' completions say it."""
        return None

    @property
    def is_complete(self) -> bool:
        """Whether every row of every share has its samples, and they are scored."""
        return all(self._is_complete(row) for row in self.prompts)

    @cached_property
    def prefill(self) -> str | None:
        """What the chat template writes before each completion; only a server knows its own template."""
        if self.sampling.endpoint or not self.prompts.chats:
            return None
        row = next((row for row in self.prompts if not row.fault), None)
        return find_prefill(self._tokenizer, row.prompt) if row else None

    def with_prefill(self, row: Row) -> Row:
        """The row as rewards get it."""
        if self.prefill is None:
            return row
        return replace(row, columns={"prefill": self.prefill, **row.columns})

    @cached_property
    def identity(self) -> bytes:
        """A digest of what completions depend on, apart from the sampling settings."""
        return basis_of(self._identity)

    def _is_complete(self, row: Row) -> bool:
        requests = self.requests(row)
        if not all(map(self.store.is_final, requests)):
            return False
        scores = self.scores
        return scores is None or all(one.failure or scores.has(one) for one in self.store.found(requests))

    def _score(self, sample: Sample) -> Score | None:
        return self.scores.of(sample) if self.scores and not sample.failure else None

    def _basis(self, max_new_tokens: int | None) -> bytes:
        found = self._bases.get(max_new_tokens)
        if found is None:
            source = {**self._identity, **self.request_settings(max_new_tokens)}
            found = self._bases[max_new_tokens] = basis_of(source)
        return found

    @cached_property
    def _bases(self) -> dict[int | None, bytes]:
        return {}

    def _may_differ(self, sample: Sample) -> bool:
        """Whether a completion was sampled, at a temperature, by a server that is not r1's."""
        temperature = self.settings_of(sample).get("temperature", self.sampling.temperature)
        return bool(self.sampling.endpoint and sample.tokens and temperature)

    def _takes_chats(self) -> bool:
        """Whether the model has a chat template. A server may use another name for the model."""
        if self.sampling.endpoint:
            return chat_template(self.model.model_name_or_path or "") != ""
        return self._tokenizer.chat_template is not None

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        name, revision = self.model.model_name_or_path, self.model.model_revision
        return AutoTokenizer.from_pretrained(name, revision=revision)


class _Watch:
    """Stores the result of the requests, shows it, has it scored, and ends what is hopeless."""

    def __init__(self, rows: SampledRows, choose: Choose | None = None) -> None:
        self._rows = rows
        self._choose = choose
        self._stops = rows.sampling.stops or ()
        # By number, how many requests of a row are still to be answered: of rows that are being sampled.
        self._waiting: dict[str, list[Any]] = {}
        self._figures = Counter[str]()
        self._began = time.monotonic()
        self._unscored = False

    def begin(self, max_new_tokens: int | None) -> None:
        """Shows how much there is to do."""
        total = done = 0
        for _, request in self._all(max_new_tokens):
            total += 1
            done += self._rows.store.is_final(request)
        if total or max_new_tokens is None:
            self._rows.progress.begin("completions" if max_new_tokens is None else "retries", total, done)

    def missing(self, max_new_tokens: int | None) -> Iterator[SamplingRequest]:
        """The requests to be made; rows that have all samples and no scores are scored meanwhile."""
        for row, requests in self._by_row(max_new_tokens):
            missing = self._rows.store.missing(requests)
            if missing:
                self._waiting[str(row.number)] = [row, len(missing), requests]
                yield from missing
            else:
                self._complete(row, requests)

    def on_outcome(self, request: SamplingRequest, outcome: Outcome) -> None:
        """Called with each outcome as it comes."""
        rows = self._rows
        if isinstance(outcome, Completion):
            outcome = outcome.before(self._stops)
            self._figures.update(
                tokens=outcome.tokens,
                prompt_tokens=outcome.prompt_tokens,
                cut_off=outcome.finish_reason == "length",
            )
        rows.store.add(request, outcome)
        self._figures.update(
            {"answered": 1, "failed": not isinstance(outcome, Completion) and not outcome.passing}
        )
        rows.progress.one_more(**self._shown())
        waiting = self._waiting[request.problem]
        waiting[1] -= 1
        if not waiting[1]:
            del self._waiting[request.problem]
            self._complete(waiting[0], waiting[2])
        if not isinstance(outcome, Completion):
            self._end_if_hopeless(outcome.reason, outcome.message)

    def score_rest(self, max_new_tokens: int | None) -> None:
        """Has those rows scored that arrived faster than rewards could score them."""
        if not self._unscored or self._rows.scores is None:
            return
        self._rows.scores.wait()
        for row, requests in self._by_row(max_new_tokens):
            if all(map(self._rows.store.has, requests)):
                self._score(row, requests)

    def _complete(self, row: Row, requests: list[SamplingRequest]) -> None:
        scores = self._rows.scores
        if scores is None:
            return
        # Waiting here would keep the engine waiting.
        if scores.has_room():
            self._score(row, requests)
        else:
            self._unscored = True

    def _score(self, row: Row, requests: list[SamplingRequest]) -> None:
        scores = self._rows.scores
        assert scores
        samples = [one for one in self._rows.store.found(requests) if not one.failure]
        missing = [sample for sample in samples if not scores.has(sample)]
        if missing:
            # A reward that compares the completions of a prompt needs them all.
            scores.add(self._rows.with_prefill(row), samples if scores.per_group else missing)

    def _end_if_hopeless(self, reason: str, message: str) -> None:
        failed, answered = self._figures["failed"], self._figures["answered"]
        if answered >= _HOPELESS and 2 * failed > answered:
            raise Unresumable(
                f"{failed} of the first {answered} requests failed for good, the last one because: {reason}",
                where=message,
                fix=what_helps(reason, passing=False),
                exit_code=1,
            )

    def _shown(self) -> Mapping[str, float]:
        figures, progress = self._figures, self._rows.progress
        seconds = max(time.monotonic() - self._began, 1e-3)
        shown = {
            "tokens": figures["tokens"],
            "tokens_per_second": round(figures["tokens"] / seconds),
            "seconds_left": round((progress.total - progress.done) * seconds / figures["answered"]),
            "cut_off": round(figures["cut_off"] / figures["answered"], 4),
            "failed": figures["failed"],
        }
        price = self._rows.sampling.price
        return shown | ({"cost": cost(price, figures["prompt_tokens"], figures["tokens"])} if price else {})

    def _by_row(self, max_new_tokens: int | None) -> Iterator[tuple[Row, list[SamplingRequest]]]:
        store = self._rows.store
        for row in self._rows.my_rows():
            requests = self._rows.needed(row, self._choose)
            if max_new_tokens is not None:
                again = self._rows.requests(row, max_new_tokens)
                first = store.found(requests)
                requests = [
                    one for one, sample in zip(again, first, strict=True) if sample.finish_reason == "length"
                ]
            yield row, requests

    def _all(self, max_new_tokens: int | None) -> Iterator[tuple[Row, SamplingRequest]]:
        for row, requests in self._by_row(max_new_tokens):
            yield from ((row, request) for request in requests)
