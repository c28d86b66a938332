"""The leaves of the group ``serve``: how a model is served."""

from dataclasses import replace

from r1cli.config.leaf import Leaf


def _leaf(
    name: str, types: tuple[str, ...], default: object, help: str, choices: tuple[str, ...] = ()
) -> Leaf:
    return Leaf(f"serve.{name}", types, default, help, choices, written=True)


_TEXT, _SIZE = ("string",), ("integer", "string")

SERVE = (
    _leaf(
        "engine",
        _TEXT,
        "auto",
        "what serves; auto is vLLM where it is found, else transformers",
        ("auto", "vllm", "transformers"),
    ),
    _leaf(
        "host",
        ("string", "null"),
        None,
        "the address to listen at; when not set 127.0.0.1, or with vLLM on a cluster the node's; 0.0.0.0 is "
        "every address of the machine",
    ),
    _leaf(
        "port",
        ("integer", "null"),
        None,
        "the port to listen at; when not set 8000, or on a cluster one that is free",
    ),
    _leaf(
        "tensor_parallel",
        _SIZE,
        "auto",
        "GPUs that share one copy of the model; auto is the most that its attention heads allow",
    ),
    _leaf("data_parallel", _SIZE, "auto", "copies of the model; auto is as many as the GPUs hold"),
    _leaf(
        "max_model_len",
        _SIZE,
        "auto",
        "the longest text in tokens; auto is the model's context, or what of it fits into memory",
    ),
    _leaf(
        "reasoning_parser",
        _TEXT,
        "auto",
        "vLLM's parser that sends thoughts apart from the answer; auto goes by the model, none by no parser",
    ),
)

#: Those of a server that an evaluation starts for itself.
SERVE_EVALUATION = (
    replace(
        SERVE[0],
        help="what samples: a server of vLLM or transformers, or in_process, transformers without a server; "
        "auto is vLLM where it is found, else in_process",
        choices=("auto", "vllm", "transformers", "in_process"),
    ),
    *(leaf for leaf in SERVE if leaf.name in ("tensor_parallel", "data_parallel", "max_model_len")),
)
