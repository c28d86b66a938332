"""The group ``serve``: how a model is served."""

from r1cli.config.bounds import PORT
from r1cli.config.section import Section, key


class EvaluationServer(Section):
    """How an evaluation samples: from its own server, or in its own process."""

    group = "serve"

    engine: str = key(
        "what samples: a server of vLLM or transformers, or in_process, transformers without a server; "
        "auto is vLLM where it is found, else in_process",
        default="auto",
        choices=("auto", "vllm", "transformers", "in_process"),
        written=True,
    )
    tensor_parallel: int | str = key(
        "GPUs that share one copy of the model; auto is the most that its attention heads allow",
        default="auto",
        written=True,
    )
    data_parallel: int | str = key(
        "copies of the model; auto is as many as the GPUs hold", default="auto", written=True
    )
    max_model_len: int | str = key(
        "the maximum length in tokens; auto is the model's context, or less if it does not fit into memory",
        default="auto",
        written=True,
    )


class Serve(EvaluationServer):
    """How users are served."""

    engine: str = key(
        "what serves; auto is vLLM where it is found, else transformers",
        default="auto",
        choices=("auto", "vllm", "transformers"),
        written=True,
    )
    host: str | None = key(
        "the address to listen at; 0.0.0.0 is every address of the machine",
        default=None,
        unset="127.0.0.1, or with vLLM on a cluster the node's",
        written=True,
    )
    port: int | None = key(
        "the port to listen at",
        default=None,
        unset="8000, or on a cluster one that is free",
        range=PORT,
        written=True,
    )
    reasoning_parser: str = key(
        "vLLM's parser for thoughts, which are then sent separately; auto chooses by the model, none is off",
        default="auto",
        written=True,
    )
