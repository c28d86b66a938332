"""An OpenAI-compatible server for one model: vLLM if it is installed, else transformers."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from r1cli.config.config import GPUS, MODEL, OUTPUT_DIR, Config
from r1cli.config.groups.model import Model
from r1cli.config.groups.output import ServeOutput
from r1cli.config.model_files import chat_template
from r1cli.engines.locate import how_to_install
from r1cli.errors import R1Error
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.place import Place
from r1cli.launch.run_key import KEY_FILE
from r1cli.runs.job import KEY, NODE_ADDRESS, Role
from r1cli.services.door import PORT_NAME, ROLE, Door, inner_door
from r1cli.services.reasoning import reasoning_parser
from r1cli.services.server_section import EvaluationServer, Serve
from r1cli.services.vllm import parallel_sizes_for, server_env, server_python, vllm_argv

ENGINE = "serve.engine"
TENSOR, DATA, LENGTH = "serve.tensor_parallel", "serve.data_parallel", "serve.max_model_len"
PARSER = "serve.reasoning_parser"
#: Settings that only vLLM supports.
_OF_VLLM = (TENSOR, DATA, LENGTH, PARSER)
# How often the server of an evaluation is started again: what it has completed is stored.
_RESTARTS = 1


class ServingEngine(NamedTuple):
    """The engine of a server, "vllm" or "transformers", its interpreter, and what is missing there."""

    name: str
    python: str
    missing: tuple[str, ...] = ()


def serving_role(config: Config, place: Place, door: Door, engine: ServingEngine) -> Role:
    """The role that serves the config's model to any client until it is stopped.

    Args:
        config: with the group ``serve``.
        place: one node, all of whose GPUs are used.
        door: where it listens.
        engine: that of `serving_engine`.

    Raises:
        R1Error: the number of GPUs does not fit the model.
    """
    alone = ""
    if place.on_cluster and door.is_loopback:
        alone = f", to its node alone; on yours: ssh -L 8000:127.0.0.1:{door.port} {NODE_ADDRESS}"
    ready = f"{engine.name} is serving{alone}; try it:\n{_curl(config, engine.name, door)}"
    return replace(_role(config, place, engine, door, {"--reasoning-parser": _parser(config)}), ready=ready)


def service_role(config: Config, place: Place, engine: ServingEngine) -> Role:
    """The role that serves the config's model to the other roles of its job, on the same node.

    It has no reasoning parser, and none of the model's generation defaults. A missing group ``serve`` means
    defaults.

    Raises:
        R1Error: the number of GPUs does not fit the model.
    """
    role = _role(config, place, engine, inner_door(engine.name), {"--generation-config": "vllm"})
    return replace(role, service=True, restarts=_RESTARTS)


def _role(
    config: Config, place: Place, engine: ServingEngine, door: Door, of_vllm: dict[str, object]
) -> Role:
    """Either role: ``of_vllm`` are options that only vLLM gets."""
    if engine.name == "vllm":
        options = {**of_vllm, "--host": door.host, "--port": door.port}
        argv = _vllm(config, engine.python, len(place.gpus), options)
        env = {**server_env(len(place.gpus)), "VLLM_API_KEY": KEY if door.has_key else ""}
    else:
        argv = _transformers(config, engine.python, bool(place.gpus), door)
        # The program asks the package index for a newer version of itself.
        env = {"HF_HUB_DISABLE_UPDATE_CHECK": "1"}
        env |= {} if place.gpus else cpu_environment(place.cores)
    if place.gpus and place.chosen:
        env["CUDA_VISIBLE_DEVICES"] = ",".join(place.gpus)
    ports = () if door.listens else (PORT_NAME,)
    return Role(ROLE, argv, env, gpus=place.gpus, ports=ports, health=f"{door.url}/health")


def serving_engine(config: Config, place: Place, requested: str | None = None) -> ServingEngine:
    """The engine that serves a config's model.

    Args:
        config: with the group ``serve``.
        place: one node.
        requested: in place of the config's ``serve.engine``.

    Raises:
        R1Error: settings of vLLM are used, but it is not installed or not selected.
    """
    requested = requested or config.section(EvaluationServer).engine
    if requested in ("auto", "vllm"):
        python, missing = server_python(config, place)
        if requested == "vllm" or not missing:
            return ServingEngine("vllm", python, missing)
    unsupported = [path for path in _OF_VLLM if config.has(path) and config.get(path) != "auto"]
    if unsupported:
        raise R1Error(
            f"{' and '.join(unsupported)} works with vLLM only, but the engine is transformers",
            where=", ".join(config.origins[path] for path in unsupported),
            fix=f"remove it, or install vLLM with `{how_to_install('vllm', gpus=bool(place.gpus))}`",
        )
    return ServingEngine("transformers", place.python)


def served_name(config: Config, engine: str) -> str:
    """The name of the model in requests to the server."""
    model = config.section(Model)
    revision = model.model_revision
    revised = engine == "transformers" and revision != Model.model_revision
    return f"{model.model_name_or_path}@{revision}" if revised else str(model.model_name_or_path)


def _vllm(config: Config, python: str, gpus: int, particular: dict[str, object]) -> tuple[str, ...]:
    options = {
        "--model": config.get(MODEL),
        "--revision": config.values.get("model.model_revision"),
        "--dtype": _dtype(config),
        # As much of the model's context as fits into memory: without "auto" vLLM fails if it does not fit.
        "--max-model-len": config.section(EvaluationServer).max_model_len,
        **particular,
    }
    return vllm_argv(python, options, gpus, _sizes(config, gpus), _trusts(config))


def _transformers(config: Config, python: str, gpus: bool, door: Door) -> tuple[str, ...]:
    trust = ("--trust-remote-code",) if _trusts(config) else ()
    return (
        python, "-m", "transformers.cli.transformers", "serve", served_name(config, "transformers"),
        "--device", "auto" if gpus else "cpu", "--dtype", _dtype(config),
        "--host", door.host, "--port", str(door.port), *trust,
    )  # fmt: skip


def _trusts(config: Config) -> bool:
    """Whether code that the model brings may run; an evaluation has no key for it."""
    output = config.find(ServeOutput)
    return output is not None and output.trust_remote_code


def _dtype(config: Config) -> str:
    return config.section(Model).dtype or "auto"


def _parser(config: Config) -> str | None:
    parser = config.section(Serve).reasoning_parser
    if parser == "auto":
        return reasoning_parser(config.get(MODEL))
    return None if parser == "none" else parser


def _sizes(config: Config, gpus: int) -> tuple[int, int]:
    """The tensor and the data parallel size: the configured or the best ones.

    Raises:
        R1Error: they do not fit the GPUs, or the model.
    """
    copies = config.section(EvaluationServer).data_parallel
    if not isinstance(copies, int):
        return parallel_sizes_for(config, gpus, TENSOR)
    if max(gpus, 1) % copies:
        raise R1Error(
            f"{copies} copies of the model cannot share {gpus} GPUs evenly",
            where=config.origins[DATA],
            fix=f"remove it, or set the number of GPUs with --{GPUS}",
        )
    return parallel_sizes_for(config, max(gpus, 1) // copies, TENSOR)[0], copies


def _curl(config: Config, engine: str, door: Door) -> str:
    """An example request: a chat, or a text for a model without a chat template."""
    # Limited, so that a reasoning model answers quickly.
    body: dict[str, Any] = {"model": served_name(config, engine), "max_tokens": 256}
    question = "12+30"  # the model of `make quickstart` answers it, too
    if chat_template(config.get(MODEL)) == "":
        path = "completions"
        body["prompt"] = question
    else:
        path = "chat/completions"
        body["messages"] = [{"role": "user", "content": question}]
    data = shlex.quote(json.dumps(body, ensure_ascii=False))
    key = ""
    if door.has_key:
        file = shlex.quote(str(Path(config.get(OUTPUT_DIR)).absolute() / KEY_FILE))
        key = f' -H "Authorization: Bearer $(cat {file})"'
    return f"curl {door.url}/v1/{path}{key} -H 'Content-Type: application/json' -d {data}"
