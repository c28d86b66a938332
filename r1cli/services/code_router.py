"""The role that runs the programs of all ranks of a job through one queue: ``code.router``."""

from dataclasses import replace

from r1cli.config.config import Config
from r1cli.config.groups.code import RoutedCode
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from r1cli.runs.job import KEY, NODE_ADDRESS, Job, Role, address_of, port_of

ROUTER = "code.router"
_NAME, _PORT = "router", "http"
_ADDRESS = f"http://{address_of(_NAME)}:{port_of(_NAME, _PORT)}"
# Nothing is lost with a router: its clients ask again.
_RESTARTS = 3
_PACKAGES = ("fastapi", "uvicorn")


def with_code_router(job: Job, config: Config, place: Place) -> Job:
    """The job, with a router on its first node where the config asks for one.

    Raises:
        R1Error: the programs go to another router already.
    """
    code = config.find(RoutedCode)
    if code is None or not code.router:
        return job
    if code.provider == _NAME:
        raise R1Error(
            "the job cannot bring its own router for programs that go to another one",
            where=config.origins.get(ROUTER, ROUTER),
            fix="remove it, or name the provider that runs the programs with --code.provider",
        )
    env = {"R1_CODE_ROUTER": _ADDRESS, "R1_CODE_TOKEN": KEY}
    clients = (role if role.service else replace(role, env={**role.env, **env}) for role in job.roles)
    needs = replace(job.needs, packages=(*job.needs.packages, *_PACKAGES))
    return replace(job, roles=(*clients, _role(code, place)), needs=needs)


def _role(code: RoutedCode, place: Place) -> Role:
    options = {
        "--provider": code.provider,
        "--isolation": code.isolation,
        "--max-sandboxes": code.max_sandboxes,
        "--python-packages": ",".join(code.python_packages),
        "--endpoint": ",".join(code.endpoints) or None,
        "--host": NODE_ADDRESS,
        "--port": port_of(_NAME, _PORT),
    }
    words = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    return Role(
        _NAME,
        (place.python, "-m", "r1cli", "code", "serve", *words),
        # It computes little itself, and uses no GPU.
        {"R1_CODE_TOKEN": KEY, "CUDA_VISIBLE_DEVICES": ""},
        ports=(_PORT,),
        service=True,
        restarts=_RESTARTS,
        health=f"{_ADDRESS}/health",
    )
