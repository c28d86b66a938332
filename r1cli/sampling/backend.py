"""What completions are sampled by: a server, or transformers in this process."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.record import package_versions
from r1cli.sampling.batches import sample_batches
from r1cli.sampling.endpoint import Endpoint, first_model, sample_all, server_version, wait_for
from r1cli.sampling.settings import ENDPOINT, IN_PROCESS, NEUTRAL
from r1cli.sampling.store import Ask, Take

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
        """Waits until it can sample, and says what model it has."""
        return str(self.model["model_name_or_path"])

    def versions(self) -> dict[str, str]:
        """The versions of what samples."""
        return package_versions()

    def sample(self, asks: Sequence[Ask], sampling: Mapping[str, Any], take: Take) -> None:
        """Samples each completion, and hands each over as it comes."""
        sample_batches(self._sampler, self.batch_size, asks, sampling, take)

    @cached_property
    def _sampler(self) -> "Sampler":
        """Loaded once for all benchmarks."""
        from r1cli.sampling.transformers_model import Sampler

        return Sampler(self.model)


@dataclass
class Server:
    """A server of OpenAI's protocol: the job's own, or one that runs already.

    Args:
        endpoint: where it is; without a model, it is asked for the first that it lists.
        name: of the engine, where it is known.
    """

    endpoint: Endpoint
    name: str = ENDPOINT

    def ready(self) -> str:
        """Waits until it can sample, and says what model it has.

        Raises:
            R1Error: it does not come up, or lists no model.
        """
        if self.name != ENDPOINT:
            wait_for(self.endpoint.url.removesuffix("/v1") + "/health")
        if not self.endpoint.model:
            self.endpoint = replace(self.endpoint, model=first_model(self.endpoint.url))
        return self.endpoint.model

    def versions(self) -> dict[str, str]:
        """The versions of what samples, where they are known."""
        if self.name == "transformers":
            return package_versions()
        served = server_version(self.endpoint)
        return {"vllm" if self.name == "vllm" else "server": served} if served else {}

    def sample(self, asks: Sequence[Ask], sampling: Mapping[str, Any], take: Take) -> None:
        """Asks for each completion, and hands each over as it comes.

        Raises:
            R1Error: the server cannot be reached or refuses a request.
        """
        body = dict(sampling)
        if self.name == "transformers":
            # It heeds a temperature only where the model's own defaults sample.
            neutral = {**NEUTRAL, "do_sample": sampling["temperature"] > 0}
            body["generation_config"] = json.dumps(neutral)
        sample_all(self.endpoint, asks, body, take)


Engine = InProcess | Server


def engine_of(config: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Engine:
    """What samples for run.yaml's ``config``, as the plan has it."""
    settings, model = config["evaluate"], config.get("model", {})
    concurrency = settings["concurrency"]
    given = settings.get("endpoint")
    if given:
        return Server(Endpoint(str(given).rstrip("/"), model.get("model_name_or_path", ""), concurrency))
    own = environment.get("R1_ENDPOINT")
    if own:
        name = environment["R1_ENDPOINT_ENGINE"]
        # transformers answers one request after the other, and those that wait would run out of time.
        many = 1 if name == "transformers" else concurrency
        return Server(Endpoint(own, environment["R1_ENDPOINT_MODEL"], many, direct=True), name)
    return InProcess(model, settings["batch_size"])


def identity(engine: Engine, served: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """What tells one source of completions from another: a folder may have been trained on since."""
    folder = Path(model.get("model_name_or_path") or "")
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    stamps = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in weights]
    return {"engine": engine.name, "served": served, "model": dict(model), "weights": stamps}
