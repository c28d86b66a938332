"""vLLM's own server: its command line, and the one that TRL's trainer samples from and sends weights to."""

from collections.abc import Mapping
from typing import Any

from r1cli.config.config import MODEL, Config
from r1cli.config.model_files import text_config
from r1cli.engines.locate import find_engine
from r1cli.errors import R1Error
from r1cli.launch.accelerate import mixed_precision
from r1cli.launch.place import Place
from r1cli.runs.job import Role

TENSOR_PARALLEL = "vllm.vllm_tensor_parallel_size"

# The server's options for leaves that TRL heeds for vLLM in its own process alone, or for the model. What
# nobody has set is left to vLLM.
_OPTIONS = {
    "model.model_revision": "--revision",
    "vllm.vllm_max_model_length": "--max-model-len",
    "vllm.vllm_model_impl": "--model-impl",
}
# vLLM's words for what the trainer computes in.
_DTYPES = {"bf16": "bfloat16", "fp16": "float16"}
# TRL's default of 0.3 is for a GPU that trains as well.
_MEMORY_SHARE = 0.9
# Without dev mode the server has no endpoint for weights.
_DEV_MODE = {"VLLM_SERVER_DEV_MODE": "1"}
_CPU_CACHE_GIB = "1"


def server_role(config: Config, place: Place) -> Role:
    """The role that serves completions, on the node of the place that is set aside for it.

    Raises:
        R1Error: there is no interpreter with vLLM, or the nodes or GPUs do not suit the server.
    """
    if place.vllm_nodes != 1:
        raise R1Error(
            f"vLLM is to serve on {place.vllm_nodes} nodes, and TRL talks to one server, which fits on one",
            where=config.origins.get("slurm.vllm_nodes", ""),
            fix="--vllm-nodes 1",
        )
    python = find_engine("vllm", config.get("launch.vllm_python"), place.python)
    return Role(
        "vllm",
        server_argv(config, python, len(place.gpus), "$R1_VLLM_PORT"),
        {**_DEV_MODE, **server_env(len(place.gpus))},
        gpus=place.gpus,
        first_node=place.train_nodes,
        service=True,
        health="http://$R1_VLLM_ADDRESS:$R1_VLLM_PORT/health",
    )


def server_argv(config: Config, python: str, gpus: int, port: str) -> tuple[str, ...]:
    """The exact command line of the server of a GRPO run.

    Args:
        config: of the run.
        python: the interpreter that has vLLM.
        gpus: of the node; 0 serves on the CPU.
        port: where it listens, on all interfaces of the node.

    Raises:
        R1Error: the tensor parallel size that is set fits neither the model nor the GPUs.
    """
    sizes = parallel_sizes_for(config, gpus, TENSOR_PARALLEL)
    precision = mixed_precision(config.get("training.bf16"), bool(config.get("training.fp16")))
    options = {
        "--model": config.get(MODEL),
        "--dtype": _DTYPES.get(precision) or config.get("model.dtype") or "auto",
        **{option: config.values.get(path) for path, option in _OPTIONS.items()},
        "--seed": config.get("training.seed"),
        "--host": "0.0.0.0",
        "--port": port,
        # TRL corrects for the difference between trainer and server with what was really sampled from.
        "--logprobs-mode": "processed_logprobs",
        "--weight-transfer-config": '{"backend": "nccl"}',
    }
    share = config.values.get("vllm.vllm_gpu_memory_utilization", _MEMORY_SHARE)
    return vllm_argv(python, options, gpus, sizes, bool(config.get("training.trust_remote_code")), share)


def vllm_argv(
    python: str,
    options: Mapping[str, Any],
    gpus: int,
    sizes: tuple[int, int],
    trust_remote_code: bool,
    share: float = _MEMORY_SHARE,
) -> tuple[str, ...]:
    """The command line of vLLM's server of OpenAI's protocol.

    Args:
        python: the interpreter that has vLLM.
        options: what is particular to this server; those that are None are left out.
        gpus: of the node; 0 serves on the CPU.
        sizes: the tensor and the data parallel size.
        trust_remote_code: the model's own code may run.
        share: of each GPU's memory that the server takes.
    """
    if gpus:
        tensor, data = sizes
        options = {
            **options,
            "--tensor-parallel-size": tensor,
            "--data-parallel-size": data,
            "--gpu-memory-utilization": share,
        }
    flags = {
        # Compiling for a CPU takes minutes.
        "--enforce-eager": not gpus,
        "--trust-remote-code": trust_remote_code,
        # A line for each request, and the supervisor's question for its health is one.
        "--disable-uvicorn-access-log": True,
    }
    words = [word for option, value in options.items() if value is not None for word in (option, str(value))]
    # `vllm serve` does not start in vLLM's CPU build, whose metadata bear another name.
    module = "vllm.entrypoints.openai.api_server"
    return (python, "-m", module, *words, *(flag for flag, given in flags.items() if given))


def server_env(gpus: int) -> Mapping[str, str]:
    """A server's environment, on top of the launcher's."""
    env = {"VLLM_NO_USAGE_STATS": "1"}
    return env if gpus else {**env, "VLLM_CPU_KVCACHE_SPACE": _CPU_CACHE_GIB}


def parallel_sizes(heads: int | None, kv_heads: int | None, gpus: int) -> tuple[int, int]:
    """How a node's GPUs share a model out: the tensor and the data parallel size, whose product they are.

    Tensor parallel is the largest that splits the attention heads, and vLLM's vocabularies, which are padded
    to multiples of 64; without GPUs, or with a model that is not known here, it is 1.
    """
    tensor = max(
        size
        for size in range(1, max(gpus, 1) + 1)
        if size == 1 or (heads and 64 % size == 0 and gpus % size == 0 and _splits(heads, kv_heads, size))
    )
    return tensor, max(gpus, 1) // tensor


def attention_heads(model: str | None) -> tuple[int | None, int | None]:
    """The attention heads of a model and its key-value heads, None when they are not known here."""
    text = text_config(model)
    heads = text.get("num_attention_heads")
    if not isinstance(heads, int):
        return None, None
    kv_heads = text.get("num_key_value_heads")
    return heads, kv_heads if isinstance(kv_heads, int) else heads


def _splits(heads: int, kv_heads: int | None, size: int) -> bool:
    """Whether vLLM can split the heads so: it copies key-value heads where there are more GPUs than these."""
    kv_heads = kv_heads or heads
    return heads % size == 0 and (kv_heads % size == 0 or size % kv_heads == 0)


def parallel_sizes_for(config: Config, gpus: int, leaf: str) -> tuple[int, int]:
    """The tensor and the data parallel size, as the user wants them or as they come out best.

    Args:
        config: with the model.
        gpus: that share the model out.
        leaf: where the user may have set the tensor parallel size.

    Raises:
        R1Error: the size that is set fits neither the model nor the GPUs.
    """
    heads, kv_heads = attention_heads(config.get(MODEL))
    tensor = config.values.get(leaf)
    if not isinstance(tensor, int):
        return parallel_sizes(heads, kv_heads, gpus)
    best = f"leave it out, or --{leaf} {parallel_sizes(heads, kv_heads, gpus)[0]}"
    where = config.origins[leaf]
    if max(gpus, 1) % tensor:
        raise R1Error(
            f"vLLM is to split the model over {tensor} GPUs, and there are {gpus} for it",
            where=where,
            fix=best,
        )
    if heads and not _splits(heads, kv_heads, tensor):
        raise R1Error(
            f"vLLM is to split the model over {tensor} GPUs, and it has {heads} attention heads and "
            f"{kv_heads} key-value heads",
            where=where,
            fix=best,
        )
    return tensor, max(gpus, 1) // tensor
