"""The tasks of an evaluation, loaded in its worker: each with its problems, its verifier and its sampling."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.data import Data
from r1cli.config.groups.model import Model
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import DEFAULTS, Sampling
from r1cli.config.model_files import chat_template
from r1cli.config.record import RecordedConfig
from r1cli.data.chat_template import find_prefill
from r1cli.data.lineage import Input, inputs_of
from r1cli.data.prompt_template import columns_of, fill, read_prompt_template
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.defaults import fixed, recommended, set_values
from r1cli.evaluate.load_problems import input_of_benchmark, load_problems
from r1cli.evaluate.problem import Problem, problem_of
from r1cli.evaluate.result_files import DATASET
from r1cli.evaluate.schema import Evaluate
from r1cli.evaluate.task import Task, as_published, rewards_of
from r1cli.plugins.types import Benchmark


def datasets_of(config: RecordedConfig, tasks: list[Task]) -> list[Input]:
    """The datasets that the tasks were loaded from."""
    settings, counts = config.section(Evaluate), {task.name: len(task.problems) for task in tasks}
    if not settings.benchmarks:
        return inputs_of(config.section(Data), counts[DATASET])
    found = (
        input_of_benchmark(benchmark, settings.data_dir, counts[benchmark.name])
        for benchmark in find_benchmarks(settings.benchmarks)
    )
    return [one for one in found if one]


def tasks_of(config: RecordedConfig, tokenizer: Callable[[], Any]) -> Iterator[Task]:
    """The tasks of a run's config: its benchmarks, or its dataset with its rewards.

    Args:
        config: of an evaluation.
        tokenizer: loads the model's tokenizer, which shows whether the model takes chats.
    """
    for task in _tasks(config, _takes_chats(config, tokenizer)):
        # Only a server knows its template.
        yield task if config.section(Sampling).endpoint else _with_prefill(task, tokenizer())


def _tasks(config: RecordedConfig, chats: bool) -> Iterator[Task]:
    settings = config.section(Evaluate)
    if not settings.benchmarks:
        problems = _dataset(config, chats)
        chosen = recommended(None, settings.protocol)
        yield _prepared(DATASET, problems, config.section(Rewards), config, chosen)
    for benchmark in find_benchmarks(settings.benchmarks, "evaluate.benchmarks"):
        yield _benchmark_task(benchmark, config, chats)


def _takes_chats(config: RecordedConfig, tokenizer: Callable[[], Any]) -> bool:
    """Whether the model has a chat template. A server may use another name for the model."""
    if config.section(Sampling).endpoint:
        return chat_template(config.section(Model).model_name_or_path or "") != ""
    return tokenizer().chat_template is not None


def _with_prefill(task: Task, tokenizer: Any) -> Task:
    """The task whose rewards receive what the chat template writes before each completion."""
    prefill = find_prefill(tokenizer, task.problems[0].prompt) if task.problems else None
    if prefill is None or task.lighteval:
        return task
    problems = [replace(one, columns={"prefill": prefill, **one.columns}) for one in task.problems]
    return replace(task, problems=problems)


def _benchmark_task(benchmark: Benchmark, config: RecordedConfig, chats: bool) -> Task:
    settings = config.section(Evaluate)
    protocol = settings.protocol
    prompt = fixed(protocol, benchmark.name).get("prompt")
    adapted = replace(benchmark, prompt=prompt) if prompt else benchmark
    problems = load_problems(
        adapted,
        settings.num_problems,
        settings.data_dir,
        settings.dates if benchmark.dates else None,
    )
    if prompt and benchmark.lighteval:
        # The prompt is the protocol's, but lighteval still judges.
        problems = _with_prompts(prompt, problems, f"benchmark {benchmark.name}")
    system = config.section(Data).system_prompt
    if system:
        opening = {"role": "system", "content": system}
        problems = [replace(one, prompt=[opening, *one.prompt]) for one in problems]
    if not chats:
        problems = [replace(one, prompt=_as_text(one.prompt)) for one in problems]
    chosen = {**recommended(benchmark, protocol), "prompt": prompt}
    rewards = rewards_of(benchmark, config.section(Rewards), settings.data_dir)
    prepared = _prepared(benchmark.name, problems, rewards, config, chosen)
    task = replace(prepared, figures=benchmark.figures)
    return replace(task, lighteval=benchmark) if benchmark.lighteval else task


def _prepared(
    name: str,
    problems: list[Problem],
    rewards: Rewards,
    config: RecordedConfig,
    recommended: Mapping[str, Any],
) -> Task:
    """The task with its sampling: the user's settings, or else the recommended ones."""
    settings, asked = config.section(Evaluate), config.section(Sampling)
    chosen = {**recommended, **set_values(asdict(asked))}
    sampling = {
        "temperature": chosen["temperature"],
        "top_p": chosen["top_p"],
        "max_tokens": int(chosen["max_new_tokens"]),
        "seed": asked.seed,
    }
    stop = _stop(problems) if asked.stops is None else asked.stops
    if stop:
        sampling["stop"] = stop
    effective = {
        **{key: chosen[key] for key in (*DEFAULTS, "seed")},
        "num_problems": settings.num_problems,
        "dates": settings.dates,
        "system_prompt": config.section(Data).system_prompt,
        "prompt": recommended.get("prompt"),
        "stop": stop or None,
    }
    rewards = as_published(rewards, settings.protocol)
    samples, code = int(chosen["samples"]), config.section(Code)
    return Task(name, problems, rewards, samples, sampling, effective, code=code)


def _with_prompts(template: str, problems: list[Problem], where: str) -> list[Problem]:
    """The problems with prompts from a template over the columns of their rows.

    Raises:
        R1Error: a row lacks a column.
    """
    pieces = read_prompt_template(template, where)
    filled = []
    for number, problem in enumerate(problems):
        lacking = [name for name in columns_of(pieces) if name not in problem.columns]
        if lacking:
            what = f"the protocol's prompt needs the column '{lacking[0]}', which the problems lack"
            raise R1Error(what, where=where, fix="evaluate without --protocol")
        turn = {"role": "user", "content": fill(pieces, problem.columns, number)}
        filled.append(replace(problem, prompt=[turn]))
    return filled


def _as_text(chat: list[dict[str, str]]) -> str:
    return "\n\n".join(turn["content"] for turn in chat)


def _stop(problems: list[Problem]) -> list[str] | None:
    """lighteval's stop sequences; like lighteval, r1 uses them only for models without chats."""
    if not problems or not isinstance(problems[0].prompt, str):
        return None
    return problems[0].columns.get("lighteval", {}).get("stop_sequences") or None


def _dataset(config: RecordedConfig, chats: bool) -> list[Problem]:
    from r1cli.data.chats import PROMPTS
    from r1cli.data.load import load_train_and_test, name_of, shape_rows
    from r1cli.data.mixture import read_test_split

    data = config.section(Data)
    # A model is measured on the rows that are held out of training.
    train, test = load_train_and_test(data, read_test_split(data) is not None, PROMPTS)
    rows = train if test is None else test
    count = config.section(Evaluate).num_problems or len(rows)
    chosen = rows.select(range(min(count, len(rows))))
    shaped = shape_rows(chosen, data.system_prompt, chats, where=name_of(data))
    return [problem_of(number, row) for number, row in enumerate(shaped)]
