"""The backends that sample completions: a server, or transformers in this process."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.record import package_versions
from r1cli.sampling.endpoint import Endpoint, first_model, sample_all, server_version, wait_for
from r1cli.sampling.in_process import sample_batches
from r1cli.sampling.settings import ENDPOINT, IN_PROCESS, NEUTRAL
from r1cli.sampling.store import OnCompletion, SamplingRequest

if TYPE_CHECKING:
    from r1cli.sampling.transformers_model import Sampler


@dataclass
class InProcess:
    """transformers in this process.

    Args:
        model: the config's ``model`` group.
        batch_size: prompts sampled at a time.
    """

    model: Mapping[str, Any]
    batch_size: int
    name: str = IN_PROCESS

    def ready(self) -> str:
        """Waits until it can sample, and returns the name of its model."""
        return str(self.model["model_name_or_path"])

    def versions(self) -> dict[str, str]:
        """The versions of the packages that sample."""
        return package_versions()

    def sample(
        self, requests: Sequence[SamplingRequest], sampling: Mapping[str, Any], on_completion: OnCompletion
    ) -> None:
        """Samples all completions, and reports each one as it arrives."""
        sample_batches(self._sampler, self.batch_size, requests, sampling, on_completion)

    @cached_property
    def _sampler(self) -> "Sampler":
        """Loaded once for all benchmarks."""
        from r1cli.sampling.transformers_model import Sampler

        return Sampler(self.model)


@dataclass
class Server:
    """An OpenAI-compatible server: the job's own, or one that is already running.

    Args:
        endpoint: its address; without a model, the first one that it lists is used.
        name: of the engine, if known.
    """

    endpoint: Endpoint
    name: str = ENDPOINT

    def ready(self) -> str:
        """Waits until it can sample, and returns the name of its model.

        Raises:
            R1Error: it does not start, or lists no model.
        """
        if self.name != ENDPOINT:
            wait_for(self.endpoint.url.removesuffix("/v1") + "/health")
        if not self.endpoint.model:
            self.endpoint = replace(self.endpoint, model=first_model(self.endpoint.url))
        return self.endpoint.model

    def versions(self) -> dict[str, str]:
        """The versions of the packages that sample, if known."""
        if self.name == "transformers":
            return package_versions()
        served = server_version(self.endpoint)
        return {"vllm" if self.name == "vllm" else "server": served} if served else {}

    def sample(
        self, requests: Sequence[SamplingRequest], sampling: Mapping[str, Any], on_completion: OnCompletion
    ) -> None:
        """Requests all completions, and reports each one as it arrives.

        Raises:
            R1Error: the server cannot be reached or rejects a request.
        """
        body = dict(sampling)
        if self.name == "transformers":
            # It ignores the temperature unless do_sample is set.
            neutral = {**NEUTRAL, "do_sample": sampling["temperature"] > 0}
            body["generation_config"] = json.dumps(neutral)
        sample_all(self.endpoint, requests, body, on_completion)


Engine = InProcess | Server


def engine_of(config: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Engine:
    """The backend for run.yaml's ``config``, as planned."""
    settings, model = config["evaluate"], config.get("model", {})
    concurrency = settings["concurrency"]
    running = settings.get("endpoint")
    if running:
        return Server(Endpoint(str(running).rstrip("/"), model.get("model_name_or_path", ""), concurrency))
    own = environment.get("R1_ENDPOINT")
    if own:
        name = environment["R1_ENDPOINT_ENGINE"]
        # transformers answers one request at a time, so queued requests would time out.
        many = 1 if name == "transformers" else concurrency
        return Server(Endpoint(own, environment["R1_ENDPOINT_MODEL"], many, direct=True), name)
    return InProcess(model, settings["batch_size"])


def identity(engine: Engine, served: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """Identifies a source of completions: the weights in a folder may have changed since."""
    folder = Path(model.get("model_name_or_path") or "")
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    stamps = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in weights]
    return {"engine": engine.name, "served": served, "model": dict(model), "weights": stamps}
