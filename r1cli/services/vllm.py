"""Command lines of vLLM's server, and the role that TRL's trainer samples from and sends weights to."""

from collections.abc import Mapping
from typing import Any

from r1cli.config.config import MODEL, Config
from r1cli.config.groups.launch import ServerLaunch
from r1cli.config.model_files import text_config
from r1cli.engines.locate import find_engine
from r1cli.errors import R1Error
from r1cli.launch.accelerate import mixed_precision
from r1cli.launch.place import Place
from r1cli.runs.job import NODE_ADDRESS, Role, address_of, port_of

TENSOR_PARALLEL = "vllm.vllm_tensor_parallel_size"
_NAME, _PORT = "vllm", "http"
#: Where the other roles of a job find the server.
ADDRESS = f"http://{address_of(_NAME)}:{port_of(_NAME, _PORT)}"

# The server's options for keys that TRL applies only to vLLM in its own process, or to the model. Unset keys
# are left to vLLM.
_OPTIONS = {
    "model.model_revision": "--revision",
    "vllm.vllm_max_model_length": "--max-model-len",
    "vllm.vllm_model_impl": "--model-impl",
}
# vLLM's names for the trainer's precision.
_DTYPES = {"bf16": "bfloat16", "fp16": "float16"}
# TRL's default of 0.3 is for a GPU that also trains.
_MEMORY_SHARE = 0.9
# The endpoint for weights exists only in dev mode.
_DEV_MODE = {"VLLM_SERVER_DEV_MODE": "1"}
# TRL sends no key, so none that the user has set for another server may be asked for.
_NO_KEY = {"VLLM_API_KEY": ""}
_CPU_CACHE_GIB = "1"


def server_role(config: Config, place: Place, python: str) -> Role:
    """The role that serves completions, on the node reserved for it.

    Args:
        config: of the training.
        place: where it runs.
        python: the interpreter of `server_python`.

    Raises:
        R1Error: the nodes or GPUs do not fit the server.
    """
    require_one_node(config, place.vllm_nodes)
    return Role(
        _NAME,
        server_argv(config, python, len(place.gpus), NODE_ADDRESS, port_of(_NAME, _PORT)),
        {**_DEV_MODE, **_NO_KEY, **server_env(len(place.gpus))},
        gpus=place.gpus,
        first_node=place.train_nodes,
        ports=(_PORT,),
        service=True,
        health=f"{ADDRESS}/health",
    )


def require_one_node(config: Config, nodes: int) -> None:
    """Refuses several nodes for the server of a GRPO run.

    Raises:
        R1Error: there are.
    """
    if nodes > 1:
        raise R1Error(
            f"vLLM serves on one node, not on {nodes}: TRL's trainer sends its weights and its prompts to a "
            "single server, and r1 starts a server on the GPUs of one node",
            where=config.origins.get("slurm.vllm_nodes", ""),
            fix="--vllm-nodes 1; the other nodes train",
        )


def server_python(config: Config, place: Place) -> tuple[str, tuple[str, ...]]:
    """The interpreter that runs vLLM, and what is missing where none has it: a dry run plans all the same."""
    try:
        named = config.section(ServerLaunch).vllm_python
        return find_engine("vllm", named, place.python, gpus=bool(place.gpus)), ()
    except R1Error as error:
        return place.python, (f"{error.what}: {error.fix}",)


def server_argv(config: Config, python: str, gpus: int, host: str, port: str) -> tuple[str, ...]:
    """The exact command line of the server of a GRPO run.

    Args:
        config: of the run.
        python: the interpreter with vLLM.
        gpus: of the node; 0 serves on the CPU.
        host: the address to listen at. TRL sends no key, and in dev mode weights can be changed, so only the
            nodes of the job should reach it.
        port: the port to listen at.

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
        "--host": host,
        "--port": port,
        # TRL corrects for the difference between trainer and server with the real sampling probabilities.
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
    """The command line of vLLM's OpenAI-compatible server.

    Args:
        python: the interpreter with vLLM.
        options: options of this server; None leaves an option out.
        gpus: of the node; 0 serves on the CPU.
        sizes: the tensor and the data parallel size.
        trust_remote_code: the model's own code may run.
        share: share of each GPU's memory for the server.
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
        # vLLM 0.31 ends on a CPU where a prompt with a seed is read in pieces: "does not use offset".
        # Without pieces, models with Mamba layers cannot cache prefixes.
        "--no-enable-chunked-prefill": not gpus,
        "--no-enable-prefix-caching": not gpus,
        "--trust-remote-code": trust_remote_code,
        # A log line for each request would include the supervisor's health checks.
        "--disable-uvicorn-access-log": True,
    }
    words = [word for option, value in options.items() if value is not None for word in (option, str(value))]
    # `vllm serve` does not start in vLLM's CPU build, whose package has another name.
    module = "vllm.entrypoints.openai.api_server"
    return (python, "-m", module, *words, *(flag for flag, enabled in flags.items() if enabled))


def server_env(gpus: int) -> Mapping[str, str]:
    """A server's environment, on top of the launcher's."""
    env = {"VLLM_NO_USAGE_STATS": "1"}
    return env if gpus else {**env, "VLLM_CPU_KVCACHE_SPACE": _CPU_CACHE_GIB}


def parallel_sizes(heads: int | None, kv_heads: int | None, gpus: int) -> tuple[int, int]:
    """How to split a model over a node's GPUs: the tensor and the data parallel size.

    The tensor parallel size is the largest that divides the attention heads and vLLM's vocabularies, which
    are padded to multiples of 64; it is 1 without GPUs, or if the model's config is not on this machine.
    """
    tensor = max(
        size
        for size in range(1, max(gpus, 1) + 1)
        if size == 1 or (heads and 64 % size == 0 and gpus % size == 0 and _splits(heads, kv_heads, size))
    )
    return tensor, max(gpus, 1) // tensor


def attention_heads(model: str | None) -> tuple[int | None, int | None]:
    """A model's numbers of attention heads and key-value heads, None if unknown on this machine."""
    text = text_config(model)
    heads = text.get("num_attention_heads")
    if not isinstance(heads, int):
        return None, None
    kv_heads = text.get("num_key_value_heads")
    return heads, kv_heads if isinstance(kv_heads, int) else heads


def _splits(heads: int, kv_heads: int | None, size: int) -> bool:
    """Whether vLLM can split the heads so: it replicates key-value heads for more GPUs."""
    kv_heads = kv_heads or heads
    return heads % size == 0 and (kv_heads % size == 0 or size % kv_heads == 0)


def parallel_sizes_for(config: Config, gpus: int, leaf: str) -> tuple[int, int]:
    """The tensor and the data parallel size: the configured or the best ones.

    Args:
        config: with the model.
        gpus: number of GPUs that share the model.
        leaf: the key of the tensor parallel size.

    Raises:
        R1Error: the size that is set fits neither the model nor the GPUs.
    """
    heads, kv_heads = attention_heads(config.get(MODEL))
    tensor = config.values.get(leaf)
    if not isinstance(tensor, int):
        return parallel_sizes(heads, kv_heads, gpus)
    best = f"remove it, or set --{leaf} {parallel_sizes(heads, kv_heads, gpus)[0]}"
    where = config.origins[leaf]
    if max(gpus, 1) % tensor:
        raise R1Error(
            f"vLLM cannot split the model over {tensor} GPUs: the server has {gpus or 'none'}",
            where=where,
            fix=best,
        )
    if heads and not _splits(heads, kv_heads, tensor):
        raise R1Error(
            f"vLLM cannot split the model over {tensor} GPUs: it has {heads} attention heads and "
            f"{kv_heads} key-value heads",
            where=where,
            fix=best,
        )
    return tensor, max(gpus, 1) // tensor
