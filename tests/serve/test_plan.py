"""What `r1 serve` plans: the model, the engine, its options, and what it tells the user."""

import dataclasses
import json
import shlex
import socket
from pathlib import Path
from typing import Any

import pytest

from r1cli.commands import find_command
from r1cli.config.config import Config
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.machine import check_machine
from r1cli.launch.place import Place
from r1cli.prepare.request import resolve_and_check
from r1cli.runs.job import Job
from r1cli.runs.model import WHOLE
from r1cli.runs.run_dir import write_status
from r1cli.serve.plan import find_model, plan_serve
from r1cli.services.model_server import service_role, serving_engine
from tests.command_line import flags_of
from tests.conftest import RunR1

TWO = Place(cores=2, gpus=("0", "3"), chosen=True)
CPU = Place(cores=2)
CHATML = "<|im_start|>user{{ content }}<|im_end|>"


@pytest.fixture(autouse=True)
def vllm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("R1_VLLM_PYTHON", "/env/bin/python")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "model")


def make_model(folder: Path, template: str | None = CHATML, **config: object) -> Path:
    folder.mkdir(parents=True)
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
    (folder / "config.json").write_text(json.dumps({**heads, **config}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template} if template else {}))
    return folder


def resolve(model: Path | str, *words: str, place: Place = CPU) -> Config:
    flags = flags_of("--model", str(model), "--output-dir", "run", *words)
    return resolve_and_check(find_command("serve"), Request(flags=flags), lambda config: place)[0]


def plan(model: Path | str, *words: str, place: Place = CPU) -> Job:
    return plan_serve(resolve(model, *words, place=place), place)


def curl(job: Job) -> tuple[str, dict[str, Any]]:
    """The URL and the body of the request that the user is shown."""
    said, command = job.roles[0].ready.split("\n")
    assert said.endswith("try it:")
    words = shlex.split(command)
    return words[1], json.loads(words[-1])


def test_vllm_on_two_chosen_gpus(model: Path) -> None:
    job = plan(model, "--dtype", "float16", "--max-model-len", "256", "--port", "9000", place=TWO)
    (role,) = job.roles
    assert role.argv == (
        "/env/bin/python", "-m", "vllm.entrypoints.openai.api_server", "--model", str(model),
        "--dtype", "float16", "--max-model-len", "256", "--host", "127.0.0.1", "--port", "9000",
        "--tensor-parallel-size", "2", "--data-parallel-size", "1", "--gpu-memory-utilization", "0.9",
        "--disable-uvicorn-access-log",
    )  # fmt: skip
    # No endpoint for other people's weights.
    assert role.env == {"VLLM_NO_USAGE_STATS": "1", "VLLM_API_KEY": "", "CUDA_VISIBLE_DEVICES": "0,3"}
    assert (role.service, role.health) == (False, "http://127.0.0.1:9000/health")
    assert (job.requires, job.needs.listens) == ((), ("127.0.0.1", 9000))
    assert Job.from_json(job.to_json()) == job
    url, body = curl(job)
    assert url == "http://127.0.0.1:9000/v1/chat/completions"
    assert (body["model"], body["messages"][0]["role"]) == (str(model), "user")


def test_transformers_on_the_cpu(model: Path) -> None:
    words = ("--engine", "transformers", "--model_revision", "v2", "--trust_remote_code", "true")
    job = plan(model, *words, "--host", "0.0.0.0")
    (role,) = job.roles
    assert role.argv[1:] == (
        "-m", "transformers.cli.transformers", "serve", f"{model}@v2", "--device", "cpu", "--dtype", "auto",
        "--host", "0.0.0.0", "--port", "8000", "--trust-remote-code",
    )  # fmt: skip
    assert (role.env["CUDA_VISIBLE_DEVICES"], role.env["HF_HUB_DISABLE_UPDATE_CHECK"]) == ("", "1")
    assert job.requires == ("serve",)
    url, body = curl(job)
    assert url == "http://${node.address}:8000/v1/chat/completions"
    assert body["model"] == f"{model}@v2"


def test_without_vllm_transformers_serves_and_it_is_said(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("R1_VLLM_PYTHON")
    assert "transformers is serving" in plan(model).roles[0].ready
    (warning,) = resolve(model).warnings
    assert "vllm is not installed" in warning and "r1 engine install vllm" in warning
    # A dry run shows it, and a start is refused.
    (missing,) = plan(model, "--engine", "vllm").needs.missing
    assert "vllm is not installed" in missing
    with pytest.raises(R1Error, match=r"serve\.tensor_parallel works with vLLM only"):
        plan(model, "--tensor-parallel", "1")


def test_a_model_without_a_chat_template_is_asked_for_a_text(tmp_path: Path) -> None:
    base = make_model(tmp_path / "base", template=None)
    (warning,) = resolve(base).warnings
    assert "has no chat template" in warning
    url, body = curl(plan(base))
    assert url.endswith("/v1/completions") and "prompt" in body
    # What is not here yet may have one.
    assert curl(plan("some/model"))[0].endswith("/chat/completions")


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        ((), ("4", "2")),
        (("--data-parallel", "4"), ("2", "4")),
        (("--tensor-parallel", "1"), ("1", "8")),
        (("--tensor-parallel", "2", "--data-parallel", "2"), ("2", "2")),
    ],
)
def test_eight_gpus(model: Path, words: tuple[str, ...], sizes: tuple[str, str]) -> None:
    argv = plan(model, *words, place=Place(cores=2, gpus=tuple("01234567"))).roles[0].argv
    tensor, data = (argv[argv.index(f"--{kind}-parallel-size") + 1] for kind in ("tensor", "data"))
    assert (tensor, data) == sizes


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--data-parallel", "3"), "3 copies of the model"),
        (("--tensor-parallel", "3"), "over 3 GPUs"),
        (("--tensor-parallel", "many"), "expected auto, or 1 or more"),
        (("--max-model-len", "0"), "expected auto, or 1 or more"),
        (("--max-model-len", "1024"), "the model's context 512"),
        (("--port", "70000"), "1 to 65535"),
        (("--engine", "sglang"), "expected one of auto, vllm, transformers"),
    ],
)
def test_what_cannot_be_had(model: Path, words: tuple[str, ...], what: str) -> None:
    with pytest.raises(R1Error, match=what):
        plan(model, *words, place=TWO)


@pytest.mark.parametrize(
    ("template", "kind", "parser"),
    [
        ("{% if g %}{{'<｜Assistant｜><think>\\n'}}{% endif %}", "qwen2", "deepseek_r1"),  # noqa: RUF001
        ("{{- '<|im_start|>assistant\\n<think>\\n' }}", "qwen2", "deepseek_r1"),
        ("{% if enable_thinking is false %}<think>\n\n</think>{% endif %}", "qwen3_moe", "qwen3"),
        # As r1's own tiny model: of Qwen3's kind, and does not know of its thoughts.
        (CHATML, "qwen3", None),
        ("{% if enable_thinking %}x{% endif %}", "smollm3", None),
    ],
)
def test_the_parser_goes_by_the_chat_template(
    tmp_path: Path, template: str, kind: str, parser: str | None
) -> None:
    argv = plan(make_model(tmp_path / "deepseek-r1", template, model_type=kind)).roles[0].argv
    assert ("--reasoning-parser" in argv) is bool(parser)
    assert parser is None or argv[argv.index("--reasoning-parser") + 1] == parser


@pytest.mark.parametrize(
    ("name", "parser"),
    [
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek_r1"),
        ("Qwen/Qwen3-30B-A3B", "qwen3"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", "deepseek_r1"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", None),
        ("Qwen/Qwen2.5-7B-Instruct", None),
    ],
)
def test_the_parser_of_a_model_that_is_not_here_goes_by_its_name(name: str, parser: str | None) -> None:
    argv = plan(name).roles[0].argv
    assert (argv[argv.index("--reasoning-parser") + 1] if "--reasoning-parser" in argv else None) == parser
    assert "--reasoning-parser" not in plan(name, "--reasoning-parser", "none").roles[0].argv


def test_a_parser_that_this_vllm_lacks_is_refused_before_it_loads(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "env" / "lib" / "python3.11" / "site-packages" / "vllm" / "reasoning"
    package.mkdir(parents=True)
    table = '_REASONING_PARSERS_TO_REGISTER = {"deepseek_r1": ("file", "Class"), "qwen3": ("file", "Class")}'
    (package / "__init__.py").write_text(f"raise ImportError\n{table}\n")
    monkeypatch.setenv("R1_VLLM_PYTHON", str(tmp_path / "env" / "bin" / "python"))
    for name in ("qwen3", "auto", "none"):
        plan(model, "--reasoning-parser", name)
    with pytest.raises(R1Error, match="works with vLLM only"):
        plan(model, "--reasoning-parser", "qwen", "--engine", "transformers")
    with pytest.raises(R1Error, match="vLLM has no reasoning parser 'qwen'") as caught:
        plan(model, "--reasoning-parser", "qwen")
    assert (caught.value.where, caught.value.fix) == ("flag --reasoning-parser", "did you mean qwen3?")


def test_the_service_of_an_evaluation(model: Path) -> None:
    """It listens where only its job looks for it, and sends completions in one piece."""
    thinks = make_model(model.parent / "r1", "<|im_start|>assistant\n<think>", model_type="qwen2")
    for name in ("vllm", "transformers"):
        words = ["--model", str(thinks), "--output-dir", "run"]
        flags = flags_of(*words)
        config = resolve_and_check(find_command("serve"), Request(flags=flags), lambda config: CPU)[0]
        config.values["serve.engine"] = name
        role = service_role(config, CPU, serving_engine(config, CPU))
        assert (role.name, role.service, role.ready) == ("serve", True, "")
        assert (role.health, role.ports) == ("http://127.0.0.1:${serve.http}/health", ("http",))
        where = ("--host", "127.0.0.1", "--port", "${serve.http}")
        start = role.argv.index("--host")
        assert role.argv[start : start + 4] == where
        assert "--reasoning-parser" not in role.argv
    # A command may go without the group `serve`.
    plain = Config("evaluate", evaluate_schema(), None, {"model.model_name_or_path": str(model)}, {})
    argv = service_role(plain, CPU, serving_engine(plain, CPU)).argv
    assert "vllm.entrypoints.openai.api_server" in argv
    assert argv[argv.index("--max-model-len") + 1] == "auto"


def test_one_server_is_one_node(model: Path) -> None:
    with pytest.raises(R1Error, match="runs on one node, and 2"):
        plan(model, place=Place(cores=2, nodes=2))


def test_a_taken_port_is_found_before_anything_is_loaded(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(R1Error, match=f"port {port} of 127.0.0.1 is taken") as caught:
            check_machine(plan(model, "--engine", "transformers", "--port", str(port)))
    assert "--port" in caught.value.fix
    check_machine(plan(model, "--engine", "transformers", "--port", str(port)))
    refusals = {
        "203.0.113.1": "203.0.113.1 is not an address of this machine",
        "no such host": "'no such host' is not an address, or a name that this machine can resolve",
    }
    for host, what in refusals.items():
        with pytest.raises(R1Error) as caught:
            check_machine(plan(model, "--engine", "transformers", "--host", host))
        assert (caught.value.what, caught.value.where) == (what, "serve.host")


def test_a_port_out_of_range(model: Path) -> None:
    with pytest.raises(R1Error) as caught:
        resolve(model, "--port", "80000")
    assert caught.value.what == "serve.port: expected 1 to 65535, found 80000"
    assert caught.value.fix == "its default is 8000, or on a cluster one that is free"


def test_the_help_says_what_holds_when_nothing_is_set(main: RunR1) -> None:
    shown = " ".join(main("serve", "--help").stdout.replace("│", " ").split())
    assert "Default: 8000, or on a cluster one that is free." in shown
    assert "Default: 127.0.0.1, or with vLLM on a cluster the node's." in shown
    assert " vLLM's parser" in shown


def test_a_dry_run_explains_the_variables_of_its_command_lines(model: Path, main: RunR1) -> None:
    words = ("--model", model, "--engine", "vllm", "--max_new_tokens", "16")
    shown = main("evaluate", "tiny_sum", *words, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("\n# $SERVE_HTTP: a free port for role serve\n") == 2
    assert shown.stdout.count("\n# $RUN_KEY: a key that is made for the run\n") == 2


def test_the_model_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.yaml").write_text("command: sft\nconfig: {}\n")
    with pytest.raises(R1Error, match="has no model yet"):
        find_model(str(run))
    for step in (5, 10, 100):
        (make_model(run / f"checkpoint-{step}") / WHOLE).write_text('{"ranks": 1}')
    # A kill has left it half-written.
    make_model(run / "checkpoint-200")
    assert find_model(str(run)) == str(run / "checkpoint-100")
    # The final model is written last, and is whole once the run says so.
    (run / "config.json").touch()
    write_status(run, "interrupted")
    assert find_model(str(run)) == str(run / "checkpoint-100")
    write_status(run, "finished")
    assert find_model(str(run)) == str(run)
    assert find_model("some/model") == "some/model"


def test_an_adapter_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("command: sft\nconfig: {}\n")
    (tmp_path / "adapter_config.json").touch()
    write_status(tmp_path, "finished")
    with pytest.raises(R1Error, match="contains an adapter"):
        find_model(str(tmp_path))


@pytest.mark.parametrize(
    ("engine", "words", "door", "has_key"),
    [
        ("vllm", (), ("${node.address}", "${serve.http}"), True),
        ("vllm", ("--port", "9000"), ("${node.address}", "9000"), True),
        ("vllm", ("--host", "127.0.0.1"), ("127.0.0.1", "${serve.http}"), False),
        # It knows no keys.
        ("transformers", (), ("127.0.0.1", "${serve.http}"), False),
    ],
)
def test_on_a_cluster_it_listens_where_its_user_is_and_asks_for_a_key(
    engine: str, words: tuple[str, ...], door: tuple[str, str], has_key: bool, model: Path
) -> None:
    job = plan(model, "--engine", engine, *words, place=dataclasses.replace(CPU, on_cluster=True))
    (role,) = job.roles
    start = role.argv.index("--host")
    assert role.argv[start : start + 4] == ("--host", door[0], "--port", door[1])
    assert role.health == f"http://{door[0]}:{door[1]}/health"
    assert (role.env.get("VLLM_API_KEY") == "${run.key}", job.hands_out_key) == (has_key, has_key)
    alone = "to its node alone; on yours: ssh -L 8000:127.0.0.1:${serve.http} ${node.address}; try it"
    assert (alone in role.ready) == (door[0] == "127.0.0.1")
    assert ("Authorization: Bearer $(cat " in role.ready) == has_key
    assert role.ports == (() if "9000" in words else ("http",))
    listens = ("0.0.0.0", 9000) if "9000" in words else None
    assert job.needs.listens == listens


def test_who_serves_everybody_without_a_key_is_warned(model: Path) -> None:
    words = ("--engine", "transformers", "--host")
    (warning,) = resolve(model, *words, "0.0.0.0").warnings
    assert warning == "anyone who reaches 0.0.0.0 can use the server: transformers checks no key, vLLM does"
    assert not resolve(model, *words, "localhost").warnings


@pytest.mark.parametrize(("host", "url"), [("::", "http://[::1]:8000"), ("::1", "http://[::1]:8000")])
def test_addresses_of_ipv6_stand_in_brackets(host: str, url: str, model: Path) -> None:
    assert plan(model, "--host", host).roles[0].health == f"{url}/health"


def test_here_too_other_machines_need_a_key(model: Path) -> None:
    job = plan(model, "--host", "0.0.0.0")
    assert (job.roles[0].env["VLLM_API_KEY"], job.hands_out_key) == ("${run.key}", True)
    assert not plan(model).hands_out_key


def test_a_cluster_gets_it_too(main: RunR1, model: Path, tmp_path: Path) -> None:
    words = ("slurm", "submit", "serve", "--model", model, "--gpus-per-node", "2")
    result = main(*words, "--dry-run", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "--gres=gpu:2" in result.stdout
    assert "--tensor-parallel-size 2 --data-parallel-size 1" in result.stdout
