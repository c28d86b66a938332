"""The vLLM server that a GRPO run samples from: each rank checks it before it loads anything."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from r1cli.config.engine_fields import engine_classes
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.launch.worker import rank


def uses_server(config: RecordedConfig) -> bool:
    """Whether a GRPO run samples from a server."""
    vllm = config.arguments("vllm")
    return bool(vllm.get("use_vllm")) and vllm.get("vllm_mode") == "server"


def ask_server(config: RecordedConfig) -> dict[str, Any]:
    """Requests a few tokens from the server with TRL's own client, and logs how long it took.

    It has ``vllm_server_timeout`` seconds to start, and the same time again to answer.

    Args:
        config: of the run.

    Returns:
        TRL's settings for the server's address.

    Raises:
        R1Error: it does not answer, serves another model, or cannot receive weights from this machine.
    """
    import torch
    from accelerate import PartialState

    model, vllm = config.arguments("model")["model_name_or_path"], _with_defaults(config.arguments("vllm"))
    settings = _find_server(vllm)
    url = settings["vllm_server_base_url"]
    _go_directly_to(urlsplit(url).hostname or "")
    served = _ask(url, vllm["vllm_server_timeout"])
    # The same model may have another path on the server's machine.
    if Path(served).name != Path(model).name:
        raise _unusable(
            f"the vLLM server at {url} serves {served}, but the run trains {model}",
            "start the server with the model to train, or use another server",
        )
    if not torch.cuda.is_available():
        # No rank may end the run before all have their answers.
        PartialState(cpu=True).wait_for_everyone()
        raise _unusable(
            f"the vLLM server at {url} answers, but sending it weights needs CUDA, and this run has no GPU",
            "train on GPUs, or sample without vLLM: --use_vllm false",
        )
    return settings


def _with_defaults(vllm: dict[str, Any]) -> dict[str, Any]:
    """The group with TRL's defaults."""
    return {name: field["default"] for name, field in engine_classes()["GRPOConfig"].items()} | vllm


def _find_server(vllm: dict[str, Any]) -> dict[str, Any]:
    """The job's own server if it has one, else the configured one."""
    own = os.environ.get("R1_VLLM_SERVER")
    if own:
        return {
            "vllm_server_base_url": own,
            "vllm_group_port": int(os.environ["R1_VLLM_WEIGHTS_PORT"]),
        }
    address = f"http://{vllm['vllm_server_host']}:{vllm['vllm_server_port']}"
    return {"vllm_server_base_url": vllm["vllm_server_base_url"] or address}


def _ask(url: str, timeout: float) -> str:
    """The model that the server serves, after it has completed a prompt of one token."""
    from trl.generation.vllm_client import VLLMClient

    started = time.monotonic()
    try:
        client = _within(timeout, lambda: VLLMClient(base_url=url, connection_timeout=timeout))
        _within(timeout, lambda: client.generate([[1]], max_tokens=4))
    except Exception as error:  # TRL raises a bare Exception for any rejected request
        # The exceptions of requests, and TimeoutError, are OSErrors.
        silent = isinstance(error, OSError)
        raise _unusable(
            f"the vLLM server at {url} "
            + (f"does not answer in {timeout:g} s" if silent else f"cannot be used: {error}"),
            "check the server's log; a slow server needs a longer --vllm.vllm_server_timeout",
        ) from error
    seconds = time.monotonic() - started
    sys.stderr.write(f"rank {rank()}: the vLLM server at {url} answered in {seconds:.1f} s\n")
    return str(client.model)


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """The result of a call. TRL's client itself waits forever for a server that accepts and does not answer.

    Raises:
        TimeoutError: it did not return in time.
    """
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(seconds)


def _go_directly_to(host: str) -> None:
    """Makes requests to a host bypass the site's proxy, here and in the trainer."""
    others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = ",".join(filter(None, (others, host)))


def _unusable(what: str, fix: str) -> R1Error:
    return R1Error(what, where="vllm.vllm_mode", fix=fix, exit_code=1)
