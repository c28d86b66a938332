"""The backends that sample completions: a server, or transformers in this process."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.model import Model
from r1cli.config.groups.sampling import Backend
from r1cli.config.model_files import context_length
from r1cli.config.record import package_versions
from r1cli.endpoint import Endpoint, parse_endpoints
from r1cli.errors import R1Error
from r1cli.runs.services import wait_for_service
from r1cli.sampling.client import Client, sample_all
from r1cli.sampling.in_process import sample_batches
from r1cli.sampling.response import NoSuchModel, Unresumable
from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.server_info import (
    first_model,
    is_transformers,
    listed_models,
    require_connection,
    server_version,
)
from r1cli.sampling.settings import ENDPOINT, IN_PROCESS, NEUTRAL
from r1cli.sampling.store import OnOutcome
from r1cli.services.door import ROLE

if TYPE_CHECKING:
    from r1cli.sampling.transformers_model import Sampler

# How many models of a server an error names; of more, those with a similar name.
_FEW = 5


@dataclass
class InProcess:
    """transformers in this process.

    Args:
        model: which one it is.
        batch_size: prompts sampled at a time.
        on_token: called after each token of a batch with how many there are, and how many there may be.
    """

    model: Model
    batch_size: int
    name: str = IN_PROCESS
    on_token: Callable[[int, int], None] | None = None

    @property
    def identity(self) -> str:
        """What completions depend on, beside the model and the settings."""
        return self.name

    def ready(self) -> str:
        """Waits until it can sample, and returns the name of its model."""
        return str(self.model.model_name_or_path)

    def versions(self) -> dict[str, str]:
        """The versions of the packages that sample."""
        return package_versions()

    def sample(
        self, requests: Iterable[SamplingRequest], sampling: Mapping[str, Any], on_outcome: OnOutcome
    ) -> None:
        """Samples all completions, and reports each one as it arrives."""
        sample_batches(self._sampler, self.batch_size, requests, sampling, on_outcome, on_token=self.on_token)

    @cached_property
    def _sampler(self) -> "Sampler":
        """Loaded once for all benchmarks."""
        from r1cli.sampling.transformers_model import Sampler

        return Sampler(self.model, context_length(self.model.model_name_or_path))


@dataclass
class Server:
    """An OpenAI-compatible server: the job's own, or one or several that are already running.

    Args:
        endpoints: where it answers.
        model: its name there; if empty, the first that the first server lists is used.
        concurrency: number of concurrent requests to each.
        name: of the engine, if known.
        wait: waits until the server can be used, if it is the job's own.
        timeout: seconds for one completion.
        on_lost: called with what is wrong when a server can no longer be reached.
    """

    endpoints: Sequence[Endpoint]
    model: str
    concurrency: int
    name: str = ENDPOINT
    wait: Callable[[], None] | None = None
    timeout: float = Backend.timeout
    on_lost: Callable[[str], None] | None = None

    @property
    def identity(self) -> str:
        """What completions depend on, beside the model and the settings."""
        # Without do_sample the same request is decoded greedily.
        return f"{self.name}, do_sample" if self._needs_do_sample and self.name == ENDPOINT else self.name

    def ready(self) -> str:
        """Waits until it can sample, and returns the name of its model.

        Raises:
            R1Error: it cannot be reached, or lists no model.
        """
        if self.wait:
            self.wait()
        if not self.model:
            self.model = first_model(self.endpoints[0])
        elif not self.wait:
            require_connection(self.endpoints)
        return self.model

    def versions(self) -> dict[str, str]:
        """The versions of the packages that sample, if known."""
        if self.name == "transformers":
            return package_versions()
        served = server_version(self.endpoints[0])
        return {"vllm" if self.name == "vllm" else "server": served} if served else {}

    def client(self) -> Client:
        """A client of the servers, not yet open."""
        return Client(
            self.endpoints,
            model=self.model,
            concurrency=self.concurrency,
            timeout=self.timeout,
            reconnect=self.wait,
            # That of transformers goes beyond it.
            context=context_length(self.model) if self.name == "transformers" else None,
            on_lost=self.on_lost,
        )

    def body(self, sampling: Mapping[str, Any]) -> dict[str, Any]:
        """What a request says, beside its prompt."""
        body = dict(sampling)
        if self._needs_do_sample:
            neutral = {**NEUTRAL, "do_sample": sampling["temperature"] > 0}
            body["generation_config"] = json.dumps(neutral)
        return body

    @cached_property
    def _needs_do_sample(self) -> bool:
        """Whether the servers ignore the temperature of a request that says nothing more: transformers'."""
        return self.name == "transformers" or (
            self.name == ENDPOINT and any(map(is_transformers, self.endpoints))
        )

    def sample(
        self, requests: Iterable[SamplingRequest], sampling: Mapping[str, Any], on_outcome: OnOutcome
    ) -> None:
        """Requests all completions, and reports the result of each as it arrives.

        Raises:
            R1Error: the server cannot be reached, refuses the key, does not have the model, or completes
                nothing.
        """
        try:
            sample_all(self.client(), requests, self.body(sampling), on_outcome)
        except NoSuchModel as error:
            if others := self._other_models():
                error.fix = f"start a new run with a --model that it has: {', '.join(others)}"
            raise
        except Unresumable:
            raise
        except R1Error as error:
            error.fix += "; then resume the run: received completions are stored"
            raise

    def _other_models(self) -> list[str]:
        """What the servers have in place of the model; none where they list it, or nothing of use."""
        listed = list(dict.fromkeys(name for one in self.endpoints for name in listed_models(one)))
        if self.model in listed:
            return []
        return listed if len(listed) <= _FEW else get_close_matches(self.model, listed)


Engine = InProcess | Server


def engine_of(
    model: Model, backend: Backend, run_dir: Path, environment: Mapping[str, str] = os.environ
) -> Engine:
    """The backend of a run that samples, as planned.

    Args:
        model: which one it is.
        backend: servers that are already running, if any; concurrency; size of batches.
        run_dir: where the job's own server is found, if it has one.
        environment: of this process.
    """
    running = parse_endpoints(backend.endpoint, "sampling.endpoint")
    if running:
        return Server(running, model.model_name_or_path or "", backend.concurrency, timeout=backend.timeout)
    own = environment.get("R1_ENDPOINT")
    if own:
        name = environment["R1_ENDPOINT_ENGINE"]
        # transformers answers one request at a time, so queued requests would time out.
        many = 1 if name == "transformers" else backend.concurrency
        server = Endpoint(own, "R1_ENDPOINT_KEY", direct=True)
        wait = partial(wait_for_service, run_dir, ROLE)
        return Server([server], environment["R1_ENDPOINT_MODEL"], many, name, wait)
    return InProcess(model, backend.batch_size)
