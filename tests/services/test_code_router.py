"""The router as a role of a job: where it runs, who asks it, and with which key."""

import pytest

from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.errors import R1Error
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.place import Place
from r1cli.runs.job import KEY, Job, Role
from r1cli.services.code_router import with_code_router
from r1cli.train.plan import plan_training
from r1cli.train.schema import grpo_schema, sft_schema
from tests.command_line import flags_of

ADDRESS = "http://${router.address}:${router.http}"
WORDS = ("--model", "some/model", "--dataset", "some/data")


def config_of(*words: str) -> Config:
    return resolve(grpo_schema(), Request(flags=flags_of(*WORDS, *words)))


def planned(*words: str) -> Job:
    return plan_training(config_of(*words), Place(cores=8, nodes=2, python="/env/bin/python"))


def test_it_runs_on_the_first_node_and_all_ranks_ask_it() -> None:
    job = planned(
        "--code.router", "true", "--code.provider", "piston", "--code.max_sandboxes", "48",
        "--code.python_packages", "numpy,scipy", "--code.endpoints", "http://a:1,http://b:2,key_env=MINE",
    )  # fmt: skip
    train, router = job.roles
    assert router.argv == (
        "/env/bin/python", "-m", "r1cli", "code", "serve", "--provider", "piston", "--isolation", "sandbox",
        "--max-sandboxes", "48", "--python-packages", "numpy,scipy",
        "--endpoint", "http://a:1,http://b:2,key_env=MINE",
        "--host", "${node.address}", "--port", "${router.http}",
    )  # fmt: skip
    assert (router.first_node, router.nodes, router.service, router.gpus) == (0, 1, True, ())
    assert router.restarts and router.health == f"{ADDRESS}/health" and router.ports == ("http",)
    # The key of the run is in the environment alone.
    assert router.env["R1_CODE_TOKEN"] == train.env["R1_CODE_TOKEN"] == KEY
    assert train.env["R1_CODE_ROUTER"] == ADDRESS and "R1_CODE_ROUTER" not in router.env
    assert KEY not in " ".join((*train.argv, *router.argv))
    assert {"fastapi", "uvicorn"} <= set(job.needs.packages)


def test_there_is_one_only_where_it_is_asked_for() -> None:
    assert [role.name for role in planned().roles] == ["train"]
    sft = resolve(sft_schema(), Request(flags=flags_of(*WORDS)))
    assert len(plan_training(sft, Place(cores=8)).roles) == 1


def test_a_server_of_the_job_is_no_client_of_it() -> None:
    words = ("--model", "some/model", "--benchmarks", "math_500", "--code.router", "true")
    config = resolve(evaluate_schema(), Request(flags=flags_of(*words)))
    serve, worker = Role("serve", ("vllm",), service=True), Role("evaluate", ("python",), beside=True)
    job = with_code_router(Job("evaluate", "/run", (serve, worker), {}), config, Place(cores=8))
    assert [role.name for role in job.roles] == ["serve", "evaluate", "router"]
    assert ["R1_CODE_ROUTER" in role.env for role in job.roles] == [False, True, False]


def test_a_router_before_a_router_is_refused() -> None:
    with pytest.raises(R1Error, match="another one") as raised:
        planned("--code.router", "true", "--code.provider", "router", "--code.endpoints", "http://a:1")
    assert "--code.router" in raised.value.where
