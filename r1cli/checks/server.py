"""What a server will lack, and the words that stand for a size."""

from collections.abc import Iterator
from contextlib import suppress

from r1cli.checks.subject import Subject
from r1cli.config.config import MODEL, Config
from r1cli.config.groups.launch import ServerLaunch
from r1cli.config.groups.sampling import Backend
from r1cli.config.model_files import chat_template
from r1cli.engines.locate import find_engine, how_to_install
from r1cli.errors import R1Error, did_you_mean
from r1cli.launch.place import Place
from r1cli.sampling.plan import engine_so_far
from r1cli.sampling.settings import IN_PROCESS
from r1cli.services.door import HOST, outer_door
from r1cli.services.model_server import DATA, ENGINE, LENGTH, PARSER, TENSOR, serving_engine
from r1cli.services.reasoning import known_parsers
from r1cli.services.server_section import EvaluationServer
from r1cli.services.vllm import server_python


def check_serving(subject: Subject) -> Iterator[R1Error]:
    for path in (TENSOR, DATA, LENGTH):
        if not subject.has(path):
            continue
        value = subject.config.get(path)
        if value != "auto" and not (isinstance(value, int) and value > 0):
            what = f"{path}: expected auto, or 1 or more, found '{value}'"
            yield R1Error(what, where=subject.where(path), fix="its default is auto")
    if subject.has(PARSER) and subject.place is not None:
        yield from _check_parser(subject, subject.place)


def _check_parser(subject: Subject, place: Place) -> Iterator[R1Error]:
    """Refuses a parser that vLLM lacks, which would say so after it has loaded."""
    name = subject.config.get(PARSER)
    if name in ("auto", "none") or subject.config.get(ENGINE) == "transformers":
        return
    python, _ = server_python(subject.config, place)
    known = known_parsers(python)
    if known and name not in known:
        fix = did_you_mean(name, known, f"they are auto, none, {', '.join(known)}")
        yield R1Error(f"vLLM has no reasoning parser '{name}'", where=subject.where(PARSER), fix=fix)


def serving_warnings(subject: Subject) -> Iterator[str]:
    config = subject.config
    server, launch = config.find(EvaluationServer), config.find(ServerLaunch)
    if server is None or launch is None or not subject.has(ENGINE):
        return
    sampling = config.find(Backend)
    serves = subject.has(HOST)
    # An evaluation on a CPU is about as quick without vLLM, and needs no server with the model elsewhere.
    slow = serves or (
        subject.place is not None and subject.place.gpus and not (sampling and sampling.endpoint)
    )
    so_far = "" if serves else engine_so_far(config)
    if so_far == IN_PROCESS and subject.place is not None:
        _, missing = server_python(config, subject.place)
        if not missing:
            yield f"this run continues {so_far}, as it began; vLLM is there now: a new --output-dir uses it"
    elif server.engine == "auto" and subject.place is not None and slow and not so_far:
        try:
            find_engine("vllm", launch.vllm_python, subject.place.python, gpus=bool(subject.place.gpus))
        except R1Error as error:
            how = "serves, which answers one request at a time" if serves else "samples, several times slower"
            install = how_to_install("vllm", gpus=bool(subject.place.gpus))
            yield f"{error.what}, so transformers {how}: run `{install}`"
    judged = [one.name for one in subject.benchmarks() if one.lighteval]
    if judged and subject.place is not None and subject.place.on_cluster:  # else it is an error
        try:
            find_engine("lighteval", None, subject.place.python)
        except R1Error as error:
            yield f"{error.what}, and it judges {', '.join(judged)}: run `r1 engine install lighteval`"
    if serves and subject.place is not None:
        yield from _open_to_all(config, subject.place)
    model = config.get(MODEL)
    if serves and model and chat_template(model) == "":
        yield f"'{model}' has no chat template: ask it at /v1/completions, for chats are refused"


def _open_to_all(config: Config, place: Place) -> Iterator[str]:
    with suppress(R1Error):  # the plan will say so
        engine = serving_engine(config, place).name
        door = outer_door(config, place, engine)
        if not door.is_loopback and not door.has_key:
            yield f"anyone who reaches {door.host} can use the server: {engine} checks no key, vLLM does"
