"""A server of OpenAI's protocol for one model: vLLM where it is found, else transformers."""

import json
import shlex
from typing import Any

from r1cli.config.config import GPUS, MODEL, Config
from r1cli.config.model_files import chat_template
from r1cli.engines.locate import find_engine
from r1cli.engines.reasoning import reasoning_parser
from r1cli.engines.vllm import parallel_sizes_for, server_env, vllm_argv
from r1cli.errors import R1Error
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.place import Place
from r1cli.runs.job import Role

ENGINE, HOST, PORT = "serve.engine", "serve.host", "serve.port"
TENSOR, DATA, LENGTH = "serve.tensor_parallel", "serve.data_parallel", "serve.max_model_len"
PARSER = "serve.reasoning_parser"
#: What only vLLM has.
_OF_VLLM = (TENSOR, DATA, LENGTH, PARSER)
_EVERYWHERE = ("0.0.0.0", "::")
#: The address and the port at which the other roles of a job find its server.
SERVICE = ("$R1_SERVE_ADDRESS", "$R1_VLLM_PORT")


def serving_role(config: Config, place: Place, *, service: bool = False) -> Role:
    """The role that serves the config's model.

    Args:
        config: its group ``serve`` may be missing, and is then all defaults.
        place: one node, whose GPUs are all used.
        service: it serves the other roles of the job, for as long as they run, at $R1_SERVE_ADDRESS and
            $R1_VLLM_PORT; no parser of vLLM's takes thoughts out, and no default of the model's own changes
            how is sampled. Else it serves whoever asks at ``serve.host`` and ``serve.port``, until it is
            stopped.

    Raises:
        R1Error: there is no such engine, or the GPUs do not suit the model.
    """
    host, port = SERVICE if service else (config.get(HOST), config.get(PORT))
    url = f"http://{_reached(host)}:{port}"
    engine, python = serving_engine(config, place)
    if engine == "vllm":
        particular = {"--generation-config": "vllm"} if service else {"--reasoning-parser": _parser(config)}
        argv = _vllm(config, python, len(place.gpus), {**particular, "--host": host, "--port": port})
        env = dict(server_env(len(place.gpus)))
    else:
        argv = _transformers(config, python, bool(place.gpus), host, port)
        # The program asks the package index for a newer one of its kind.
        env = {"HF_HUB_DISABLE_UPDATE_CHECK": "1"}
        env |= {} if place.gpus else cpu_environment(place.cores)
    if place.gpus and place.chosen:
        env["CUDA_VISIBLE_DEVICES"] = ",".join(place.gpus)
    ready = "" if service else f"{engine} serves; to ask it: {_curl(config, engine, url)}"
    return Role("serve", argv, env, gpus=place.gpus, service=service, health=f"{url}/health", ready=ready)


def serving_engine(config: Config, place: Place) -> tuple[str, str]:
    """The engine, "vllm" or "transformers", and its interpreter.

    Raises:
        R1Error: vLLM is asked for and not there, or settings that only vLLM has are, and it does not serve.
    """
    wanted = config.get(ENGINE) or "auto"
    if wanted in ("auto", "vllm"):
        try:
            return "vllm", find_engine("vllm", config.get("launch.vllm_python"), place.python)
        except R1Error:
            if wanted == "vllm":
                raise
    given = [path for path in _OF_VLLM if config.get(path) not in (None, "auto")]
    if given:
        raise R1Error(
            f"{' and '.join(given)} can be set for vLLM only, and transformers serves",
            where=", ".join(config.origins[path] for path in given),
            fix="leave it out, or bring vLLM with `r1 engine install vllm`",
        )
    return "transformers", place.python


def served_name(config: Config, engine: str) -> str:
    """What the server calls its model, and requests must."""
    revision = config.values.get("model.model_revision") or "main"
    revised = engine == "transformers" and revision != "main"
    return f"{config.get(MODEL)}@{revision}" if revised else str(config.get(MODEL))


def _vllm(config: Config, python: str, gpus: int, particular: dict[str, object]) -> tuple[str, ...]:
    length = config.get(LENGTH)
    options = {
        "--model": config.get(MODEL),
        "--revision": config.values.get("model.model_revision"),
        "--dtype": _dtype(config),
        # The model's context, or what of it fits into memory: without the word vLLM refuses what does not.
        "--max-model-len": length or "auto",
        **particular,
    }
    trust = bool(config.get("training.trust_remote_code"))
    return vllm_argv(python, options, gpus, _sizes(config, gpus), trust)


def _transformers(config: Config, python: str, gpus: bool, host: str, port: object) -> tuple[str, ...]:
    trust = ("--trust-remote-code",) if config.get("training.trust_remote_code") else ()
    return (
        python, "-m", "transformers.cli.transformers", "serve", served_name(config, "transformers"),
        "--device", "auto" if gpus else "cpu", "--dtype", _dtype(config),
        "--host", host, "--port", str(port), *trust,
    )  # fmt: skip


def _dtype(config: Config) -> str:
    # What nobody has set is TRL's default for training.
    return config.values.get("model.dtype") or "auto"


def _parser(config: Config) -> str | None:
    said = config.get(PARSER)
    if said in (None, "auto"):
        return reasoning_parser(config.get(MODEL))
    return None if said == "none" else str(said)


def _sizes(config: Config, gpus: int) -> tuple[int, int]:
    """The tensor and the data parallel size, as they are set or as they come out best.

    Raises:
        R1Error: they do not fit the GPUs, or the model.
    """
    copies = config.get(DATA)
    if not isinstance(copies, int):
        return parallel_sizes_for(config, gpus, TENSOR)
    if max(gpus, 1) % copies:
        raise R1Error(
            f"{copies} copies of the model are to share {gpus} GPUs out evenly",
            where=config.origins[DATA],
            fix=f"leave it out, or take other GPUs with --{GPUS}",
        )
    return parallel_sizes_for(config, max(gpus, 1) // copies, TENSOR)[0], copies


def _reached(host: str) -> str:
    """The address under which a server is asked that listens there."""
    if host in _EVERYWHERE:
        return SERVICE[0]
    return f"[{host}]" if ":" in host else host


def _curl(config: Config, engine: str, url: str) -> str:
    """A request to copy: of a chat, or of a text for a model that has no template for chats."""
    # A model that thinks for long is cut off: this is to see that it answers.
    body: dict[str, Any] = {"model": served_name(config, engine), "max_tokens": 256}
    question = "What is 12 + 30?"
    if chat_template(config.get(MODEL)) == "":
        path = "completions"
        body["prompt"] = question
    else:
        path = "chat/completions"
        body["messages"] = [{"role": "user", "content": question}]
    data = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"curl {url}/v1/{path} -H 'Content-Type: application/json' -d {data}"
