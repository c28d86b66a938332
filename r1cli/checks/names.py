"""Names that must mean something: the model, the rewards and their parameters, the callbacks."""

import inspect
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from r1cli.checks.data import given_columns
from r1cli.checks.subject import BENCHMARKS, PROTOCOL, Subject
from r1cli.commands import COMMANDS, as_typed
from r1cli.config.config import ACCELERATE, DATASET, ENDPOINT, MIXTURE, MODEL, OUTPUT_DIR, REWARDS
from r1cli.config.groups.code import Code
from r1cli.config.groups.data import Data
from r1cli.config.groups.launch import TrainingLaunch
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import Backend
from r1cli.config.model_files import read_model_config
from r1cli.config.presets import find_accelerate
from r1cli.data.local_rows import LOADERS, suffix_of
from r1cli.data.source import is_local_path, neighbours
from r1cli.endpoint import parse_endpoints
from r1cli.errors import R1Error, did_you_mean
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.dates import read_window
from r1cli.evaluate.protocol import find_protocol
from r1cli.evaluate.schema import Evaluate
from r1cli.files import existing_path
from r1cli.plugins.function import PlacedReward
from r1cli.plugins.registry import find_callback, find_code_provider, find_reward, parameter_group
from r1cli.plugins.types import Benchmark, Reward
from r1cli.runs.locate import RUNS, command_of, holds_run, short_name
from r1cli.train.needs import TRACKERS, trackers
from r1cli.train.schema import Callbacks

CALLBACKS = "callbacks.names"
DATES = "evaluate.dates"
CODE_PROVIDER, CODE_ENDPOINTS = "code.provider", "code.endpoints"
REPORT_TO, ATTENTION = "tracking.report_to", "model.attn_implementation"
_ATTENTIONS = ("eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention")
# Folders that a message names, at most.
_NAMED = 8


def check_names(subject: Subject) -> Iterator[R1Error]:
    yield from _benchmarks(subject)
    yield from _required(subject)
    yield from _rewards(subject)
    yield from _callbacks(subject)
    yield from _accelerate(subject)
    yield from _trackers(subject)
    yield from _attention(subject)
    yield from _json_files(subject)
    yield from _model(subject)
    yield from _endpoints(subject)
    yield from _code_provider(subject)


def _required(subject: Subject) -> Iterator[R1Error]:
    config = subject.config
    if config.has(OUTPUT_DIR) and not config.get(OUTPUT_DIR).strip():
        yield R1Error("the run directory has no name", where=config.origins[OUTPUT_DIR])
    if not subject.whole:
        return
    evaluate, data, sampling = config.find(Evaluate), config.find(Data), config.find(Backend)
    row = COMMANDS.get(config.command)  # None for `r1 reward`
    optional = {*(row.optional if row else ())}
    mixture = data and (data.dataset_mixture or MIXTURE in subject.unread)
    if evaluate and evaluate.benchmarks:
        optional |= {DATASET, REWARDS}  # they bring problems and verifiers
    elif (
        evaluate
        and subject.has(BENCHMARKS, DATASET, REWARDS)
        and not (config.get(DATASET) or mixture or config.get(REWARDS))
    ):
        optional |= {DATASET, REWARDS}
        yield R1Error(
            f"`r1 {as_typed(config.command)}` needs a benchmark, or a --dataset and a --reward",
            where=BENCHMARKS,
            fix="name one, as aime24 or math_500; `r1 evaluate list` shows them all",
        )
    if sampling and sampling.endpoint:
        optional.add(MODEL)  # a server brings it
    for path, flag in ((MODEL, "--model"), (DATASET, "--dataset"), (REWARDS, "--reward")):
        if not subject.has(path) or path in optional:
            continue
        given = config.get(path) or (path == DATASET and mixture)
        if not given:
            # Recipes for open-r1 may leave the rewards out, which has these by default.
            example = " (open-r1's default is accuracy,format,tag_count)" if path == REWARDS else ""
            files = "--preset or --config" if row is None or row.default_preset else "--config"
            fix = f"give {flag}{example}, or a {files} that sets {path}"
            if path == MODEL and sampling and not evaluate:
                fix = "give --model MODEL, --run RUN or --endpoint URL"
            if config.about.get("start"):
                alone = f"r1 {as_typed(config.command)} --preset {config.preset}"
                fix = f"give {flag}; only on this machine `{alone}` makes one itself"
            if path == MODEL and evaluate:
                fix = "add --model MODEL, --run RUN or --endpoint URL; ./runs has no finished training"
            yield R1Error(f"`r1 {as_typed(config.command)}` needs a {flag}", where=path, fix=fix)


def _endpoints(subject: Subject) -> Iterator[R1Error]:
    sampling = subject.config.find(Backend)
    if sampling is None:
        return
    try:
        parse_endpoints(sampling.endpoint, subject.where(ENDPOINT))
    except R1Error as error:
        yield from error.all()


def _code_provider(subject: Subject) -> Iterator[R1Error]:
    code = subject.config.find(Code)
    if code is None:
        return
    try:
        provider = find_code_provider(code.provider, subject.where(CODE_PROVIDER))
    except R1Error as error:
        yield error
        return
    missing = [name for name in provider.variables if not os.environ.get(name, "").strip()]
    verifiers = [find_reward(one.verifier) for one in subject.benchmarks() if not one.lighteval]
    rewards = [*subject.rewards()[0], *verifiers]
    if not any(reward.runs_programs for reward in rewards):
        return
    named = os.environ.get(provider.endpoints_variable, "").strip()
    if code.endpoints or named:
        where = subject.where(CODE_ENDPOINTS) if code.endpoints else f"variable {provider.endpoints_variable}"
        try:
            # With OpenAI's variable, the fix for an address would end in /v1.
            parse_endpoints(code.endpoints or named, where, variable="")
        except R1Error as error:
            yield from error.all()
    elif provider.needs_endpoints:
        # It imports asyncio, which few dry runs need.
        from r1cli.execution.executor import no_endpoints

        yield no_endpoints(provider.name)
    elif missing:
        yield R1Error(
            f"the code provider '{provider.name}' needs {' and '.join(missing)}",
            where=subject.where(CODE_PROVIDER),
            fix=f"export {missing[0]}=..., name servers with --code.endpoints if it has any, or take another "
            "--code.provider",
        )


def _benchmarks(subject: Subject) -> Iterator[R1Error]:
    evaluate = subject.config.find(Evaluate)
    if evaluate is None:
        return
    if evaluate.benchmarks and subject.has(BENCHMARKS):
        where = subject.where(BENCHMARKS)
        files = [name for name in evaluate.benchmarks if suffix_of(Path(name)) in LOADERS]
        for name in files:
            fix = f"give a file of rows as --dataset {name}, with --reward"
            yield R1Error(f"unknown benchmark '{name}'", where=where, fix=fix)
        try:
            found = find_benchmarks([name for name in evaluate.benchmarks if name not in files], where)
        except R1Error as error:
            yield from error.all()
        else:
            yield from _dates(subject, evaluate.dates, found)
    if evaluate.protocol:
        try:
            find_protocol(evaluate.protocol, subject.where(PROTOCOL))
        except R1Error as error:
            yield error


def _dates(subject: Subject, dates: str | None, benchmarks: Sequence[Benchmark]) -> Iterator[R1Error]:
    if not dates:
        return
    where = subject.where(DATES)
    try:
        read_window(dates, where)
    except R1Error as error:
        yield error
    undated = [one.name for one in benchmarks if not one.dates]
    if undated:
        fix = "evaluate them without it; lcb and other benchmarks of contests have dates"
        yield R1Error(f"the problems of {', '.join(undated)} have no dates", where=where, fix=fix)


def _rewards(subject: Subject) -> Iterator[R1Error]:
    rewards, errors = subject.rewards()
    yield from errors
    yield from parameters_that_must_be_set(subject, rewards)
    yield from _one_name_each(rewards, subject.config.origins.get(REWARDS, ""))
    chosen = {parameter_group(reward.name): reward for reward in rewards}
    given: dict[str, tuple[Reward, dict[str, str]]] = {}
    for path, origin in subject.config.origins.items():
        group, _, rest = path.partition(".")
        name, _, parameter = rest.partition(".")
        if group != "rewards" or not parameter:
            continue
        try:
            reward = chosen.get(name) or find_reward(name, origin)
        except R1Error as error:
            # A file may set the parameters of rewards that it does not use: see `unused_parameters`.
            yield from error.all() if origin.startswith("flag ") else ()
            continue
        known = reward.parameters()
        if parameter not in known:
            otherwise = f"it takes {', '.join(known)}" if known else "it takes no parameters"
            fix = did_you_mean(parameter, known, otherwise)
            yield R1Error(f"reward '{name}' has no parameter '{parameter}'", where=origin, fix=fix)
        elif path not in subject.unread:
            given.setdefault(name, (reward, {}))[1][parameter] = path
    for reward, paths in given.values():
        yield from _refused_values(subject, reward, paths)


def _refused_values(subject: Subject, reward: Reward, paths: dict[str, str]) -> Iterator[R1Error]:
    """What the reward's own check says of its parameters, which have these paths in the config."""
    try:
        reward.check_parameters({name: subject.config.values[path] for name, path in paths.items()})
    except ValueError as error:
        named = [path for name, path in paths.items() if re.search(rf"\b{name}\b", str(error))]
        yield R1Error(
            f"reward '{reward.name}': {error}",
            where=subject.where(*(named or paths.values())),
            fix=f"`r1 reward show {reward.name}` says what its parameters are",
        )


def parameters_that_must_be_set(subject: Subject, rewards: list[Reward]) -> Iterator[R1Error]:
    """Parameters without a default that nothing sets, neither the config nor a column of the rows."""
    for reward in rewards:
        group = f"rewards.{parameter_group(reward.name)}"
        for name, default in reward.parameters().items():
            unset = default is inspect.Parameter.empty and f"{group}.{name}" not in subject.config.values
            if unset and name not in reward.columns and not _may_be_column(subject, reward, name):
                yield R1Error(
                    f"reward '{reward.name}' needs its parameter '{name}'",
                    where=subject.where(REWARDS),
                    fix=f"set --{group}.{name} VALUE; `r1 reward show {reward.name}` says what it is",
                )


def _may_be_column(subject: Subject, reward: Reward, name: str) -> bool:
    """Whether a function outside of plugins, which declares no columns, may mean a column by this name."""
    columns = given_columns(subject)
    return name in columns if columns is not None else isinstance(reward, PlacedReward)


def _one_name_each(rewards: list[Reward], where: str) -> Iterator[R1Error]:
    """``file.py:function`` has its parameters under the function's name, which no other may then bear."""
    groups: dict[str, str] = {}
    for reward in rewards:
        group = parameter_group(reward.name)
        if group in groups:
            what = f"{groups[group]} and {reward.name} both take their parameters from rewards.{group}"
            yield R1Error(what, where=where, fix="give one of the functions another name")
        groups[group] = reward.name


def unused_parameters(subject: Subject) -> Iterator[str]:
    """A warning for each reward that has parameters and is not among the rewards."""
    rewards = subject.config.find(Rewards)
    if rewards is None:
        return
    chosen = {parameter_group(name) for name in rewards.reward_funcs}
    # One key of another tool may set the parameters of several rewards.
    used = {
        origin
        for path, origin in subject.config.origins.items()
        if path.startswith("rewards.") and path.split(".")[1] in chosen
    }
    for path, origin in subject.config.origins.items():
        group, _, rest = path.partition(".")
        name, _, parameter = rest.partition(".")
        unused = group == "rewards" and parameter and name not in chosen and origin not in used
        if unused and not origin.startswith("preset "):
            yield f"{origin}: '{name}' is not among the rewards, so its {parameter} changes nothing"


def _callbacks(subject: Subject) -> Iterator[R1Error]:
    if not subject.has(CALLBACKS):
        return
    for name in map(str, subject.config.section(Callbacks).names):
        try:
            find_callback(name, subject.config.origins[CALLBACKS])
        except R1Error as error:
            yield from error.all()


def _accelerate(subject: Subject) -> Iterator[R1Error]:
    launch = subject.config.find(TrainingLaunch)
    if launch and launch.accelerate:
        try:
            find_accelerate(launch.accelerate, subject.where(ACCELERATE))
        except R1Error as error:
            yield error


def _trackers(subject: Subject) -> Iterator[R1Error]:
    if not subject.has(REPORT_TO):
        return
    given, named = subject.config.get(REPORT_TO), trackers(subject.config)
    if named and isinstance(given, list) and "none" in given:
        what = "report_to names trackers, and none"
        yield R1Error(what, where=subject.where(REPORT_TO), fix="leave none out, or the others")
    for name in named:
        if name not in (*TRACKERS, "none", "all"):
            fix = did_you_mean(str(name), TRACKERS, f"write none, all, or {', '.join(TRACKERS)}")
            yield R1Error(f"unknown tracker '{name}'", where=subject.where(REPORT_TO), fix=fix)


def _attention(subject: Subject) -> Iterator[R1Error]:
    name = subject.config.get(ATTENTION) if subject.config.has(ATTENTION) else None
    # A name with a slash is a kernel of the Hub.
    if name and name not in _ATTENTIONS and "/" not in name:
        fix = did_you_mean(name, _ATTENTIONS, f"there are {', '.join(_ATTENTIONS)}, and kernels of the Hub")
        yield R1Error(f"unknown attn_implementation '{name}'", where=subject.where(ATTENTION), fix=fix)


def _json_files(subject: Subject) -> Iterator[R1Error]:
    """Where transformers takes a mapping or text, the text is a file of JSON."""
    for path, value in subject.config.values.items():
        leaf = subject.config.schema.leaves.get(path)
        takes_both = leaf is not None and leaf.owner != "r1" and {"object", "string"} <= set(leaf.types)
        if takes_both and isinstance(value, str) and existing_path(value) is None:
            fix = """write it as '{"key": value}', or name a file that contains it"""
            yield R1Error(
                f"{path}: '{value}' is neither a JSON mapping nor a file", where=subject.where(path), fix=fix
            )


def _models_in(folder: Path) -> str:
    """What to do about a folder of models or runs; empty for any other folder."""
    inside = {file.parent for name in ("config.json", "run.yaml") for file in folder.glob(f"*/{name}")}
    found = sorted(filter(_may_hold_model, inside), key=lambda path: path.stat().st_mtime)
    if not found:
        return ""
    names = [path.name for path in found[-_NAMED:]]
    return f"name one of the folders in it: {', '.join(names)}; as {shlex.quote(str(found[-1]))}"


def _start_of(model: Path) -> str:
    """What starts the run that a model is to come from, where the run is only planned."""
    run_dir = next(filter(holds_run, model.parents), None)
    if run_dir is None:
        return ""
    name = shlex.quote(short_name(run_dir))
    return f"start the run that makes it: `r1 rerun {name} --output-dir {shlex.quote(str(run_dir))}`"


def _may_hold_model(folder: Path) -> bool:
    row = COMMANDS.get(command_of(folder))
    return row is None or row.trains or (folder / "config.json").is_file()


def no_model_folder(name: str, where: str, otherwise: str = "") -> R1Error:
    """The error for a path without a model."""
    fix = did_you_mean(
        name, neighbours(name), otherwise or "check the path; `r1 runs list` shows the runs below ./runs"
    )
    return R1Error(f"there is no model folder '{name}'", where=where, fix=fix)


def _model(subject: Subject) -> Iterator[R1Error]:
    name = subject.config.get(MODEL) if subject.config.has(MODEL) else None
    if not name or name in subject.promised.models:
        return
    folder = existing_path(name)
    where = subject.config.origins[MODEL]
    if folder is None and holds_run(RUNS / name):
        what = f"'{name}' is a run, and a model is named by its path or its Hub id"
        yield R1Error(what, where=where, fix=f"--model {shlex.quote(str(RUNS / name))}")
    elif folder is None and (inside := _models_in(RUNS / name)):
        yield R1Error(f"'{name}' is a folder of runs below ./{RUNS}", where=where, fix=inside)
    elif folder is None and is_local_path(name):
        yield no_model_folder(name, where, _start_of(Path(name)))
    elif folder is not None and not (folder / "config.json").exists():
        fix = _models_in(folder) or "name a folder with config.json and weights, or a Hub id"
        yield R1Error(f"'{name}' contains no model: it has no config.json", where=where, fix=fix)
    elif folder is not None and read_model_config(folder) is None:
        yield R1Error(f"'{name}' contains no model: its config.json is not a JSON mapping", where=where)
