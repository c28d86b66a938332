"""The vLLM server of a job: its command line, how it uses GPUs, its interpreter."""

import json
import sys
from pathlib import Path

import pytest

from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.engines import locate
from r1cli.engines.locate import Engine, find_engine
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from r1cli.services.vllm import attention_heads, parallel_sizes, server_argv, server_python, server_role
from r1cli.train.schema import grpo_schema
from tests.command_line import flags_of

SERVER = ("-m", "vllm.entrypoints.openai.api_server")
WEIGHTS = ("--logprobs-mode", "processed_logprobs", "--weight-transfer-config", '{"backend": "nccl"}')


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """As many heads as Qwen2.5-1.5B has."""
    return make_model(tmp_path / "model", num_attention_heads=12, num_key_value_heads=2)


def make_model(folder: Path, **config: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def config_of(model: Path | str, *words: str) -> Config:
    words = ("--model", str(model), "--dataset", "some/data", "--use_vllm", "--vllm_mode", "server", *words)
    return resolve(grpo_schema(), Request(flags=flags_of(*words)))


def test_on_eight_gpus(model: Path) -> None:
    assert server_argv(config_of(model), "/env/bin/python", 8, "10.0.0.1", "8001") == (
        "/env/bin/python", *SERVER, "--model", str(model), "--dtype", "bfloat16", "--seed", "42",
        "--host", "10.0.0.1", "--port", "8001", *WEIGHTS,
        "--tensor-parallel-size", "4", "--data-parallel-size", "2", "--gpu-memory-utilization", "0.9",
        "--disable-uvicorn-access-log",
    )  # fmt: skip


def test_what_the_config_says(model: Path) -> None:
    config = config_of(
        model, "--model_revision", "v2", "--vllm_max_model_length", "4096", "--seed", "7",
        "--vllm_model_impl", "transformers", "--fp16", "true", "--bf16", "false",
        "--trust_remote_code", "true",
        "--vllm_gpu_memory_utilization", "0.5", "--vllm_tensor_parallel_size", "2",
    )  # fmt: skip
    assert server_argv(config, "python", 2, "10.0.0.1", "8000") == (
        "python", *SERVER, "--model", str(model), "--dtype", "float16", "--revision", "v2",
        "--max-model-len", "4096", "--model-impl", "transformers", "--seed", "7",
        "--host", "10.0.0.1", "--port", "8000", *WEIGHTS,
        "--tensor-parallel-size", "2", "--data-parallel-size", "1", "--gpu-memory-utilization", "0.5",
        "--trust-remote-code", "--disable-uvicorn-access-log",
    )  # fmt: skip


def test_the_role_without_gpus(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_VLLM_PYTHON", "/env/bin/python")
    config, place = config_of(model, "--bf16", "false"), Place(cores=2, nodes=3, vllm_nodes=1)
    role = server_role(config, place, server_python(config, place)[0])
    assert role.argv == (
        "/env/bin/python", *SERVER, "--model", str(model), "--dtype", "float32", "--seed", "42",
        "--host", "${node.address}", "--port", "${vllm.http}", *WEIGHTS,
        "--enforce-eager", "--no-enable-chunked-prefill", "--no-enable-prefix-caching",
        "--disable-uvicorn-access-log",
    )  # fmt: skip
    assert role.env == {
        "VLLM_SERVER_DEV_MODE": "1", "VLLM_API_KEY": "", "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
    }  # fmt: skip
    assert (role.first_node, role.nodes, role.service) == (2, 1, True)
    assert role.health == "http://${vllm.address}:${vllm.http}/health"


def test_one_server_is_one_node(model: Path) -> None:
    with pytest.raises(R1Error, match="serves on one node, not on 2"):
        server_role(config_of(model), Place(cores=2, nodes=4, vllm_nodes=2), "python")


@pytest.mark.parametrize(
    ("heads", "kv_heads", "gpus", "sizes"),
    [
        (32, 8, 8, (8, 1)),
        (12, 2, 8, (4, 2)),
        (14, 2, 8, (2, 4)),
        (9, 3, 8, (1, 8)),
        # Key-value heads are copied only in whole.
        (24, 6, 4, (2, 2)),
        # No GPU stays idle, and no vocabulary is split by three.
        (12, 12, 6, (2, 3)),
        (32, None, 4, (4, 1)),
        (None, None, 8, (1, 8)),
        (32, 8, 0, (1, 1)),
    ],
)
def test_parallel_sizes(heads: int | None, kv_heads: int | None, gpus: int, sizes: tuple[int, int]) -> None:
    assert parallel_sizes(heads, kv_heads, gpus) == sizes


@pytest.mark.parametrize(
    ("size", "gpus", "what"),
    [
        ("3", 8, "over 3 GPUs: the server has 8"),
        ("8", 8, "12 attention heads"),
        ("2", 0, "the server has none"),
    ],
)
def test_a_size_that_cannot_be_had(model: Path, size: str, gpus: int, what: str) -> None:
    config = config_of(model, "--vllm_tensor_parallel_size", size)
    with pytest.raises(R1Error, match=what) as caught:
        server_argv(config, "python", gpus, "10.0.0.1", "8000")
    assert "--vllm_tensor_parallel_size" in caught.value.where
    assert caught.value.fix.endswith(f"vllm_tensor_parallel_size {4 if gpus else 1}")


def test_the_heads_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert attention_heads("some/model") == (None, None)
    cached = tmp_path / "hub" / "models--some--model" / "snapshots" / "abc"
    make_model(cached, text_config={"num_attention_heads": 16, "num_key_value_heads": 4})
    assert attention_heads("some/model") == (16, 4)
    assert attention_heads(str(make_model(tmp_path / "plain", num_attention_heads=16))) == (16, 16)
    assert attention_heads(str(make_model(tmp_path / "mamba"))) == (None, None)


def test_the_interpreter_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_VLLM_PYTHON", "~/env/bin/python")
    assert find_engine("vllm") == str(Path.home() / "env/bin/python")
    assert find_engine("vllm", "python3.12") == "python3.12"


def test_ones_own_interpreter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("R1_HOME", str(tmp_path))

    def know(first: tuple[int, int], below: tuple[int, int]) -> None:
        # pytest is at some version from 9 on, and absent under its other name.
        monkeypatch.setitem(locate.ENGINES, "vllm", Engine(("no-such-engine", "pytest"), first, below))

    know((9, 0), (99, 0))
    assert find_engine("vllm") == sys.executable
    know((99, 0), (100, 0))
    with pytest.raises(R1Error, match=r"pytest \d.* is installed, .* from 99\.0 to below 100\.0"):
        find_engine("vllm")
    monkeypatch.setitem(locate.ENGINES, "vllm", Engine(("no-such-engine",), (0, 1), (9, 9)))
    with pytest.raises(R1Error, match="no-such-engine is not installed") as caught:
        find_engine("vllm")
    assert "--launch.vllm_python" in caught.value.fix and "R1_VLLM_PYTHON" in caught.value.fix
    # Another machine's interpreter cannot be looked into from here.
    assert find_engine("vllm", own="/cluster/env/bin/python") == "/cluster/env/bin/python"


def test_the_versions_are_those_of_the_extra() -> None:
    extra = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    engine = locate.ENGINES["vllm"]
    assert f'"vllm>={".".join(map(str, engine.first))},<{".".join(map(str, engine.below))}"' in extra
