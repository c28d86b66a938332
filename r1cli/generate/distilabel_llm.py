"""distilabel's LLM on top of `r1cli.sampling`: each completion is stored when it comes.

A pipeline's steps run in separate processes. There, each has a copy of the LLM with its own client and
its own segment of the run's store.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import AsyncLLM
from pydantic import PrivateAttr

from r1cli.errors import R1Error
from r1cli.generate.access import Access
from r1cli.generate.prompts import as_asked
from r1cli.sampling.client import Client
from r1cli.sampling.response import what_helps
from r1cli.sampling.sampling_request import SamplingRequest, basis_of, prompt_digest, requests_of
from r1cli.sampling.store import Completion, Outcome, Sample, Store

# The run ends if more than half of at least this number of requests failed for good, or if this number,
# or as many as run at the same time, failed before any succeeded.
_HOPELESS = 20
# How the server calls what distilabel's LLMs call otherwise.
_NAMES = {"max_new_tokens": "max_tokens"}
_STORES: dict[Path, Store] = {}


def open_store(folder: Path) -> Store:
    """The store in a folder, as it is now. A process inherits what its parent has read of it."""
    store = _STORES.get(folder)
    if store is None:
        store = _STORES[folder] = Store(folder)
    else:
        store.refresh()
    return store


class R1LLM(AsyncLLM):  # type: ignore[misc]
    """The run's model, for the tasks of a pipeline.

    Args:
        model: its name.
        generation_kwargs: ``temperature``, ``top_p``, ``max_new_tokens``, ``stop``, ``seed``: in place of the
            run's own; ``more`` are other parameters of the server.
    """

    model: str

    _access: Access = PrivateAttr()
    _step: str = PrivateAttr("")
    _set_at: str = PrivateAttr("")
    _store: Store = PrivateAttr()
    _client: Client | None = PrivateAttr(None)
    _seen: Counter[bytes] = PrivateAttr(default_factory=Counter)
    _asked: Counter[str] = PrivateAttr(default_factory=Counter)
    _figures: Counter[str] = PrivateAttr(default_factory=Counter)
    _counted: set[bytes] = PrivateAttr(default_factory=set)
    _noted: float = PrivateAttr(0.0)

    @classmethod
    def of(cls, access: Access) -> "R1LLM":
        """The LLM of a run."""
        llm = cls(model=access.server.model)
        llm._access = access
        return llm

    def with_settings(self, **settings: Any) -> "R1LLM":
        """The same model with other sampling settings: the names are those of ``generation_kwargs``."""
        copied = self._copy({"generation_kwargs": {**self.generation_kwargs, **settings}})
        caller = sys._getframe(1)
        copied._set_at = f"{caller.f_code.co_filename}:{caller.f_lineno}"
        return copied

    def for_step(self, name: str) -> "R1LLM":
        """The same LLM for one step: two steps that ask the same get their own completions."""
        llm = self._copy({})
        llm._step = name
        return llm

    def check_limit(self, file: str) -> R1Error | None:
        """An error if its own length limit cannot be met by the model.

        Args:
            file: of the pipeline.
        """
        limit, context = _sent(self.generation_kwargs).get("max_tokens"), self._access.context
        if context is None or not isinstance(limit, int) or limit < context:
            return None
        return R1Error(
            f"max_new_tokens of the step {self._step} is {limit}, and the model's context {context}, "
            "which has to hold the prompt too",
            where=self._set_at or file,
            fix=f"set it to {context // 2} or less, or use a model with a longer context",
        )

    def seen(self) -> Counter[bytes]:
        """How often each input was asked for so far, in this process."""
        return self._seen.copy()

    def forget(self, since: Counter[bytes]) -> None:
        """Counts again from an earlier `seen`: a batch is about to be repeated."""
        self._seen = since.copy()

    def _copy(self, update: dict[str, Any]) -> "R1LLM":
        copied: R1LLM = self.model_copy(update=update)
        copied._seen, copied._asked, copied._figures, copied._counted = Counter(), Counter(), Counter(), set()
        return copied

    @property
    def model_name(self) -> str:
        return self.model

    def load(self) -> None:
        """Opens the store, in the process of the step."""
        super().load()
        self._store = open_store(self._access.store)

    def unload(self) -> None:
        """Closes the connections."""
        if self._client:
            self.event_loop.run_until_complete(self._client.__aexit__())
            self._client = None

    async def agenerate(
        self,
        input: Any,
        num_generations: int = 1,
        temperature: float | None = None,
        top_p: float | None = None,
        max_new_tokens: int | None = None,
        stop: list[str] | None = None,
        seed: int | None = None,
        more: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Completions of one chat or text.

        Args:
            input: the chat or text.
            num_generations: how many.
            temperature: 0 decodes greedily.
            top_p: samples from the most likely tokens whose probabilities add up to this.
            max_new_tokens: the length limit, in tokens.
            stop: texts that end a completion, and are not part of it.
            seed: of the sampling.
            more: other parameters of the server.
        """
        settings = {
            "temperature": temperature, "top_p": top_p, "max_new_tokens": max_new_tokens, "stop": stop,
            "seed": seed, **(more or {}),
        }  # fmt: skip
        (found,) = await self._agenerate([input], num_generations, **settings)
        return found

    async def _agenerate(
        self, inputs: list[Any], num_generations: int = 1, **settings: Any
    ) -> list[dict[str, Any]]:
        """All completions of a batch, in its order. What ends the run is noted: distilabel would continue."""
        notes = self._access.notes
        if error := notes.error():
            raise error
        try:
            client = await self._connected()
            body = self._body(settings)
            async with asyncio.TaskGroup() as group:
                waiting = [
                    [group.create_task(self._sample(client, body, one, longer)) for one, longer in pairs]
                    for pairs in self._requests(inputs, num_generations, body)
                ]
            return [_output([task.result() for task in tasks]) for tasks in waiting]
        except ExceptionGroup as several:
            raise notes.end(several.exceptions[0]) from None
        except (R1Error, OSError) as error:
            raise notes.end(error) from error
        finally:
            self._note()  # before the rows can reach the last step

    def _body(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The run's settings, with those of this LLM in their place."""
        return {**self._access.sampling, **_sent(settings)}

    def _requests(
        self, inputs: Sequence[Any], many: int, body: Mapping[str, Any]
    ) -> list[list[tuple[SamplingRequest, SamplingRequest | None]]]:
        """For each input its requests, each with the one that follows if it is cut off.

        Equal inputs get their own completions: those of the second are numbered after those of the first.
        What recurs more often than a row may recur in other chunks as well, so their keys differ by chunk.
        """
        access = self._access
        prompts = [self._prompt(one) for one in inputs]
        digests = [prompt_digest(prompt) for prompt in prompts]
        here = Counter(digests)
        found = []
        for prompt, digest in zip(prompts, digests, strict=True):
            earlier = self._seen[digest]
            self._seen[digest] += 1
            often = access.repeats or max(here[digest], self._seen[digest]) > access.samples
            place = [self._step, access.chunk] if often else [self._step]
            name = f"{place} {earlier}"  # each completion's seed depends on it
            limits = [body["max_tokens"]] + ([access.longest] if access.longest else [])
            both = [
                requests_of(self._basis(body, place, limit), name, prompt, many, earlier) for limit in limits
            ]
            found.append(
                [(group[0], group[1] if len(group) > 1 else None) for group in zip(*both, strict=True)]
            )
        return found

    def _basis(self, body: Mapping[str, Any], place: list[Any], limit: int) -> bytes:
        return basis_of({**self._access.identity, **body, "max_tokens": limit, "step": place})

    def _prompt(self, given: Any) -> Any:
        """What is sent: a chat, or for a model without a chat template a text."""
        if isinstance(given, tuple):
            raise R1Error(
                f"the step {self._step} asks for structured output, which r1's LLM does not support",
                fix="leave structured_output and use_default_structured_output out",
            )
        return as_asked(given, self._access.chats, None)

    async def _sample(
        self,
        client: Client,
        body: Mapping[str, Any],
        request: SamplingRequest,
        longer: SamplingRequest | None,
    ) -> tuple[Sample, Mapping[str, Any]]:
        """A sample, and what its request said."""
        sample = await self._stored(client, body, request)
        again = longer is not None and sample.finish_reason == "length"
        self._count(request, sample, again)
        if longer and again:
            body = {**body, "max_tokens": self._access.longest}
            sample = await self._stored(client, body, longer)
            self._count(longer, sample)
        return sample, body

    async def _stored(self, client: Client, body: Mapping[str, Any], request: SamplingRequest) -> Sample:
        """The sample of a request, asked for if it is not stored."""
        store = self._store
        if not store.is_final(request):
            own = self._access.server.body({**body, "seed": request.seed(body["seed"])})
            outcome = await client.complete(request.prompt, **own)
            if isinstance(outcome, Completion):
                outcome = outcome.before(body.get("stop") or ())
            store.add(request, outcome)
            self._end_if_hopeless(outcome)
        (sample,) = store.found([request])
        return sample

    def _count(self, request: SamplingRequest, sample: Sample, again: bool = False) -> None:
        """Counts a sample once, also if its batch is repeated.

        Args:
            request: that it answers.
            sample: the answer.
            again: another one takes its place, as it was cut off.
        """
        if request.key in self._counted:
            return
        if not sample.passing:
            self._counted.add(request.key)
        figures = self._figures
        figures.update(tokens=sample.tokens, prompt_tokens=sample.prompt_tokens)
        if sample.failure:
            figures["failed"] += 1
        elif not again:
            figures.update(answers=1, cut_off=sample.finish_reason == "length")
        if time.monotonic() - self._noted > 1:
            self._note()

    def _end_if_hopeless(self, outcome: Outcome) -> None:
        """Ends the run if most of what was asked has failed."""
        asked = self._asked
        asked["answered"] += 1
        if isinstance(outcome, Completion):
            self._figures["new_tokens"] += outcome.tokens
            return
        asked["passing" if outcome.passing else "failed"] += 1
        answered, failed = asked["answered"], asked["failed"]
        lost = failed + asked["passing"]
        at_once = max(_HOPELESS, self._access.server.concurrency)
        if (answered >= _HOPELESS and 2 * failed > answered) or answered == lost >= at_once:
            raise R1Error(
                f"{lost} of the first {answered} requests of the step {self._step} failed, the last one "
                f"because: {outcome.reason}",
                where=outcome.message,
                fix=what_helps(outcome.reason, outcome.passing),
                exit_code=1,
            )

    def _note(self) -> None:
        self._noted = time.monotonic()
        self._access.notes.put_figures(f"{self._step}-{id(self)}", self._figures)

    async def _connected(self) -> Client:
        if self._client is None:
            self._client = await self._access.server.client().__aenter__()
        return self._client


def _sent(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an LLM as the server calls them."""
    own = {**settings, **(settings.get("more") or {})}
    own.pop("more", None)
    return {_NAMES.get(name, name): value for name, value in own.items() if value is not None}


def _output(found: Sequence[tuple[Sample, Mapping[str, Any]]]) -> dict[str, Any]:
    """Samples as distilabel takes them; what it does not know becomes columns ``llm_STEP_...``."""
    samples = [sample for sample, _ in found]
    return {
        "generations": [None if one.failure else one.completion for one in samples],
        "statistics": {
            "input_tokens": [one.prompt_tokens for one in samples],
            "output_tokens": [one.tokens for one in samples],
        },
        "outcome": [json.dumps(_outcome(*one)) for one in found],
    }


def _outcome(sample: Sample, body: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "finish_reason", "tokens", "prompt_tokens", "seconds", "failure", "message", "passing",
    )  # fmt: skip
    settings = {"max_new_tokens": body["max_tokens"]}
    settings |= {name: body[name] for name in ("temperature", "top_p", "seed") if name in body}
    return {**{name: getattr(sample, name) for name in names}, "settings": settings}
