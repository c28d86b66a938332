"""The group ``serve``: how a model is served."""

from dataclasses import dataclass

from r1cli.config.bounds import PORT
from r1cli.config.section import Section, key


@dataclass(frozen=True)
class EvaluationServer(Section):
    """How an evaluation samples: from a server of its own, or in its own process."""

    group = "serve"

    engine: str = key(
        "auto",
        "what samples: a server of vLLM or transformers, or in_process, transformers without a server; "
        "auto is vLLM where it is found, else in_process",
        choices=("auto", "vllm", "transformers", "in_process"),
        written=True,
    )
    tensor_parallel: int | str = key(
        "auto",
        "GPUs that share one copy of the model; auto is the most that its attention heads allow",
        written=True,
    )
    data_parallel: int | str = key(
        "auto", "copies of the model; auto is as many as the GPUs hold", written=True
    )
    max_model_len: int | str = key(
        "auto",
        "the longest text in tokens; auto is the model's context, or what of it fits into memory",
        written=True,
    )


@dataclass(frozen=True)
class Serve(EvaluationServer):
    """How users are served."""

    engine: str = key(
        "auto",
        "what serves; auto is vLLM where it is found, else transformers",
        choices=("auto", "vllm", "transformers"),
        written=True,
    )
    host: str | None = key(
        None,
        "the address to listen at; when not set 127.0.0.1, or with vLLM on a cluster the node's; 0.0.0.0 is "
        "every address of the machine",
        written=True,
    )
    port: int | None = key(
        None,
        "the port to listen at; when not set 8000, or on a cluster one that is free",
        range=PORT,
        written=True,
    )
    reasoning_parser: str = key(
        "auto",
        "vLLM's parser that sends thoughts apart from the answer; auto goes by the model, none by no parser",
        written=True,
    )
