"""The plan of a job that samples: its worker, and the server that the worker uses."""

from dataclasses import replace
from pathlib import Path

from r1cli.commands import as_typed
from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.groups.sampling import Backend
from r1cli.config.record import RecordedConfig, record_of
from r1cli.errors import R1Error
from r1cli.launch.accelerate import cpu_environment, single_role
from r1cli.launch.place import Place
from r1cli.runs.job import KEY, Job, Needs, Role
from r1cli.sampling.settings import ENDPOINT, IN_PROCESS
from r1cli.services.door import inner_door
from r1cli.services.model_server import ServingEngine, served_name, service_role, serving_engine
from r1cli.services.server_section import EvaluationServer

#: The variable that tells a worker what serves.
_ENGINE = "R1_ENDPOINT_ENGINE"
# Rows come and go, read 10 MB at a time: one heap for what is small and separate pages for what is large give
# their memory back, where a heap per thread and Arrow's own pool keep it.
_MALLOC = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1000000",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def sampling_job(config: Config, place: Place, name: str, module: str, by_server: bool = False) -> Job:
    """A job whose worker samples, on one node.

    Args:
        config: with the groups ``model``, ``sampling`` and ``serve``.
        place: one node.
        name: of the worker's role.
        module: the worker.
        by_server: its processes share the model, so it must be served.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    if place.nodes != 1:
        raise R1Error(
            f"`r1 {as_typed(config.command)}` runs on one node, but {place.nodes} are requested",
            where=config.origins.get("slurm.nodes", ""),
            fix=f"split the work over {place.nodes} jobs of one node with --array 0-{place.nodes - 1}",
        )
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    requested = engine_so_far(config) or config.section(EvaluationServer).engine
    server = None if config.section(Backend).endpoint else serving_engine(config, place, requested)
    engine = _backend(requested, server, by_server)
    # A client of a server needs no GPU, and the job's own server uses all of them.
    own = place if engine == IN_PROCESS else replace(place, gpus=())
    worker = single_role(name, module, run_dir, own)
    if engine != IN_PROCESS:
        worker = replace(worker, env=client_environment(place.cores))
    roles: tuple[Role, ...] = (worker,)
    if server and engine != IN_PROCESS:
        env = {
            "R1_ENDPOINT": f"{inner_door(engine).url}/v1",
            _ENGINE: engine,
            "R1_ENDPOINT_MODEL": served_name(config, engine),
            "R1_ENDPOINT_KEY": KEY,
        }
        # So that problems with a dataset are reported while the model loads.
        client = replace(worker, env={**worker.env, **env}, beside=True)
        roles = (service_role(config, place, server), client)
    requires = ("train", "serve") if engine == "transformers" else ("train",)
    needs = Needs(missing=server.missing if server and engine != IN_PROCESS else ())
    return Job(config.command, str(run_dir), roles, record_of(config), requires=requires, needs=needs)


def engine_so_far(config: Config) -> str:
    """What sampled the completions that a run has already, where r1 chose; empty if there are none.

    Another engine gives other completions, so the run would begin again.
    """
    run_dir, backend = Path(config.get(OUTPUT_DIR)).absolute(), config.find(Backend)
    if not backend or backend.endpoint or config.section(EvaluationServer).engine != "auto":
        return ""
    try:
        job = Job.read(run_dir)
        has_chosen = RecordedConfig(job.record["config"]).section(EvaluationServer).engine == "auto"
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    if not has_chosen or not any(path.stat().st_size for path in run_dir.glob("**/samples*.jsonl")):
        return ""
    return next((role.env[_ENGINE] for role in job.roles if _ENGINE in role.env), IN_PROCESS)


def client_environment(threads: int) -> dict[str, str]:
    """The environment of a process that reads rows and asks a server."""
    return cpu_environment(threads, _MALLOC)


def _backend(requested: str, server: ServingEngine | None, by_server: bool) -> str:
    """The backend: "endpoint", a server of "vllm" or "transformers", or "in_process"."""
    if server is None:
        return ENDPOINT
    # transformers' server answers one request at a time; in this process there are batches.
    in_process = server.name == "transformers" and requested != "transformers"
    return IN_PROCESS if in_process and not by_server else server.name
