"""Exports a lighteval task's problems, and judges stored answers to them with lighteval.

    PYTHON lighteval_adapter.py export TASK PROBLEMS [--data-dir FOLDER]
    PYTHON lighteval_adapter.py score TASK PROBLEMS SAMPLES RESULT

It runs in lighteval's own interpreter, where r1 is not installed: standard library and lighteval only. Errors
that a user can fix go to standard output, as JSON with ``what`` and ``fix``; lighteval's own messages go to
standard error. Bugs of lighteval 0.13 are patched in this process, never on disk.

TASK is a task in lighteval's notation, ``aime24``, ``aime24@n=4`` or ``gsm8k|5``, or ``FILE.py:NAME`` for a
task in a file. FOLDER holds datasets as FOLDER/OWNER/NAME, in their published layout.

PROBLEMS has a line for each problem, in lighteval's order: ``id``, ``prompt`` (a chat), and ``columns``: the
texts and numbers of its row, the gold as ``solution``, and under ``lighteval`` everything that judging needs,
so that scoring loads no dataset. SAMPLES has a line for each answer: ``problem``, ``sample``, ``completion``.
RESULT is an object: ``version`` of lighteval, ``metric``, the name of the first one, ``metrics``, the value
of each over all answers, and ``scores``. Each score is one judgement: ``problem``, ``samples``, ``metrics``,
and ``parsed``, whether an answer was found in the text; null if the metric does not extract one. It is about
one sample, unless the task judges several together: four for ``aime24@n=4``.
"""

import argparse
import importlib
import json
import logging
import os
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from numbers import Real
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

#: The version of lighteval that this is written for.
KNOWN = "0.13"
_FIX_UNKNOWN = "see the traceback above"
_FIX_INTERPRETER = f"set R1_LIGHTEVAL_PYTHON to an interpreter that has lighteval {KNOWN}"

#: The split under which lighteval gets the stored problems.
_STORED = "stored"
# The fields of lighteval's Doc that a judgement depends on.
_JUDGED_BY = ("query", "choices", "gold_index", "instruction", "specific", "original_query")
_SAMPLED_BY = ("generation_size", "stop_sequences")


class Refused(Exception):
    """Something the user can fix; ``fix`` is empty if the dataset has to be downloaded."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix


def main() -> int:
    arguments = _arguments()
    # r1's own modules are in the folder of this file, and one of them is called lighteval.
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here]
    # Everything else that is printed goes to standard error.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as reply:
        os.dup2(2, 1)
        try:
            _check_version()
            _fix_xxhash()
            arguments.run(arguments)
        except Refused as error:
            traceback.print_exc()
            json.dump({"what": str(error), "fix": error.fix}, reply)
            return 2
        except Exception as error:
            traceback.print_exc()
            what = f"lighteval failed: {type(error).__name__}: {error}"
            json.dump({"what": what, "fix": _FIX_UNKNOWN}, reply)
            return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("export", help="write a task's problems")
    command.add_argument("task")
    command.add_argument("problems", type=Path)
    command.add_argument("--data-dir", type=Path, help="datasets, as FOLDER/OWNER/NAME")
    command.set_defaults(run=export)
    command = commands.add_parser("score", help="judge answers to a task's problems")
    command.add_argument("task")
    command.add_argument("problems", type=Path)
    command.add_argument("samples", type=Path)
    command.add_argument("result", type=Path)
    command.set_defaults(run=score)
    return parser.parse_args()


def export(arguments: argparse.Namespace) -> None:
    import datasets
    from lighteval.tasks.lighteval_task import LightevalTask
    from lighteval.tasks.prompt_manager import PromptManager

    download = LightevalTask.download_dataset_worker
    config = find_config(arguments.task)
    folder = Path(arguments.data_dir or "", config.hf_repo)
    with tempfile.TemporaryDirectory() as cache:
        if arguments.data_dir and folder.is_dir():
            config = replace(config, hf_repo=str(folder.resolve()), hf_revision=None)
            # `datasets` treats folders with the same name as the same data, whatever they contain.
            datasets.config.HF_DATASETS_CACHE = cache
        rows: dict[str, dict[str, Any]] = {}
        config = replace(config, prompt_function=_keeping(rows, config.prompt_function))
        try:
            pipeline = _pipeline(arguments.task, config, lambda task: _load(task, download), answers=[])
        except KeyError as missing:
            raise Refused(f"the dataset '{config.hf_repo}' has no column {missing}") from missing
    ((_, docs),) = pipeline.documents_dict.items()
    chat = PromptManager(use_chat_template=True).prepare_prompt_api
    problems = (_problem(doc, rows[doc.query], id_, chat(doc)) for id_, doc in _with_ids(docs))
    _write_lines(arguments.problems, problems)


def _keeping(rows: dict[str, dict[str, Any]], prompt_function: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a task's prompt function to record each row under the query made from it."""

    def keeping(row: dict[str, Any], task_name: str | None = None) -> Any:
        doc = prompt_function(row, task_name)
        if doc:
            rows[doc.query] = dict(row)
        return doc

    return keeping


def _load(task: Any, download: Callable[[Any], Any]) -> Any:
    """Loads the dataset of a task in the same way as lighteval."""
    config = f" ({task.dataset_config_name})" if task.dataset_config_name else ""
    name = f"'{task.dataset_path}'{config}"
    try:
        splits = download(task)
    except (OSError, ValueError) as error:
        raise Refused(f"the dataset {name} cannot be loaded: {error}") from error
    for split in task.evaluation_split:
        if split not in splits:
            raise Refused(f"the dataset {name} has no split '{split}', only {', '.join(splits)}")
    return splits


def _with_ids(docs: list[Any]) -> Iterator[tuple[str, Any]]:
    """Each with the number of its row; if several splits are joined, ``7-2`` is a second row 7."""
    seen = Counter[str]()
    for doc in docs:
        seen[doc.id] += 1
        yield doc.id if seen[doc.id] == 1 else f"{doc.id}-{seen[doc.id]}", doc


def _problem(doc: Any, row: dict[str, Any], id_: str, prompt: list[dict[str, str]]) -> dict[str, Any]:
    methods = {method.name for method in doc.sampling_methods}
    if methods != {"GENERATIVE"} or doc.images:
        kinds = ", ".join(sorted(methods)) + (" with images" if doc.images else "")
        what = f"the task needs more than the text of completions: {kinds}"
        raise Refused(what, "run it with lighteval itself, or choose another task")
    fields = asdict(doc)
    # lighteval adds its own columns.
    names = [name for name in row if not name.startswith("__")]
    own = {name: row[name] for name in names if isinstance(row[name], str | int | float)}
    return {
        "id": id_,
        "prompt": prompt,
        "columns": {
            **own,
            "solution": "\n".join(doc.get_golds()),
            "lighteval": {name: fields[name] for name in (*_JUDGED_BY, *_SAMPLED_BY)},
        },
    }


def score(arguments: argparse.Namespace) -> None:
    from lighteval.tasks.lighteval_task import LightevalTask
    from lighteval.tasks.requests import Doc

    problems = {row["id"]: row["columns"]["lighteval"] for row in _read_lines(arguments.problems)}
    config = find_config(arguments.task)
    task = LightevalTask(_with_parameters(arguments.task, config))
    parts = divide(problems, _read_lines(arguments.samples), max(task.num_samples))

    def doc_of(row: dict[str, Any], task_name: str) -> Any:
        return Doc(task_name=task_name, **{name: row[name] for name in _JUDGED_BY})

    stored = replace(
        config,
        prompt_function=doc_of,
        evaluation_splits=(_STORED,),
        # Two samples of a problem are two identical documents.
        must_remove_duplicate_docs=False,
    )
    # It would log the whole text of every answer that it cannot parse, once for each metric.
    logging.getLogger("lighteval.metrics").setLevel(logging.ERROR)
    rows = [dict(problems[problem]) for problem, _ in parts]
    answers = [[sample["completion"] for sample in part] for _, part in parts]
    pipeline = _pipeline(_without_shots(arguments.task), stored, lambda _: {_STORED: rows}, answers)
    pipeline.evaluate()
    ((name, details),) = pipeline.get_details().items()
    results = pipeline.evaluation_tracker.metrics_logger.metric_aggregated[name]
    first = task.metrics[0]
    result = {
        "version": version("lighteval"),
        "metric": first.metric_name if isinstance(first.metric_name, str) else first.metric_name[0],
        "metrics": _numbers(results),
        "scores": [_judgement(first, detail, parts) for detail in sorted(details, key=_number)],
    }
    arguments.result.write_text(json.dumps(result), encoding="utf-8")


def divide(
    problems: Iterable[str], samples: Iterable[dict[str, Any]], size: int
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The samples of each problem, in parts of the number that lighteval judges together."""
    found: dict[str, dict[int, dict[str, Any]]] = {problem: {} for problem in problems}
    for sample in samples:
        problem, number = sample["problem"], sample["sample"]
        if problem not in found:
            raise Refused(f"sample {number} belongs to problem {problem}, which does not exist")
        if number in found[problem]:
            raise Refused(f"there are two samples {number} of problem {problem}")
        found[problem][number] = sample
    parts = []
    for problem, by_number in found.items():
        if not by_number or len(by_number) % size:
            raise Refused(
                f"problem {problem} has {len(by_number)} samples, but lighteval judges groups of {size}"
            )
        ordered = [by_number[number] for number in sorted(by_number)]
        parts += [(problem, ordered[first : first + size]) for first in range(0, len(ordered), size)]
    return parts


def _number(detail: Any) -> int:
    """The number of the document that a detail belongs to."""
    return int(detail.doc.id)


def _judgement(metric: Any, detail: Any, parts: list[tuple[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    problem, samples = parts[_number(detail)]
    return {
        "problem": problem,
        "samples": [sample["sample"] for sample in samples],
        "metrics": _numbers(detail.metric),
        "parsed": _parsed(metric, detail) if len(samples) == 1 else None,
    }


def _parsed(metric: Any, detail: Any) -> bool | None:
    """Whether a metric that extracts an answer from the text has found one."""
    from lighteval.metrics.dynamic_metrics import MultilingualExtractiveMatchMetric
    from lighteval.metrics.utils.extractive_match_utils import (
        extract_target_from_pred,
        get_extraction_regexes,
    )

    judge = getattr(metric.sample_level_fn, "compute_score", None)
    extractor = getattr(judge, "__self__", metric.sample_level_fn)
    if not isinstance(extractor, MultilingualExtractiveMatchMetric):
        return None
    regexes = get_extraction_regexes(detail.doc, extractor.pred_extraction_target, extractor.language)
    (text,) = detail.model_response.final_text
    modes = extractor.fallback_mode, extractor.extraction_mode, extractor.timeout_seconds
    return bool(extract_target_from_pred(text, regexes, *modes))


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if isinstance(value, Real)}


def split_task(task: str) -> tuple[str, str]:
    """Splits a task's name into its file, empty for lighteval's own tasks, and the rest."""
    file, colon, rest = task.partition(".py:")
    return (f"{file}.py", rest) if colon else ("", task)


def name_of(task: str) -> str:
    """``gsm8k`` of ``gsm8k@k=1|5`` and of ``lighteval|gsm8k|5``."""
    _, spec = split_task(task)
    return spec.split("|")[-2 if "|" in spec else 0].partition("@")[0]


def _without_shots(task: str) -> str:
    """The same task without few-shot examples, which stored problems already have in their prompts."""
    _, spec = split_task(task)
    return (spec.split("|")[-2] if "|" in spec else spec) + "|0"


def find_config(task: str) -> Any:
    """The task's config, from the module that defines it.

    lighteval's registry imports all modules; three in lighteval 0.13 fail without a network, or with a newer
    huggingface_hub.
    """
    from lighteval.tasks.registry import Registry

    file, name = split_task(task)[0], name_of(task)
    if file and not Path(file).is_file():
        raise Refused(f"there is no file '{file}' with lighteval tasks", "check the path")
    modules = [Registry.create_custom_tasks_module(file)] if file else _modules(name)
    known = []
    for module in modules:
        for config in getattr(module, "TASKS_TABLE", ()):
            if config.name == name:
                return config
            known.append(config.name)
    near = get_close_matches(name, known, n=3)
    fix = (
        f"did you mean {' or '.join(near)}?" if near else "see the list of tasks in lighteval's documentation"
    )
    raise Refused(f"{file or 'lighteval ' + version('lighteval')} has no task '{name}'", fix)


def _modules(name: str) -> Iterator[ModuleType]:
    """The modules of lighteval's tasks, first those that contain the name."""
    from lighteval.tasks import tasks

    folder = Path(*tasks.__path__)
    files = {file.stem: file for file in sorted(folder.glob("[!_]*.py"))}
    files |= {f"{file.parent.name}.main": file for file in sorted(folder.glob("*/main.py"))}
    named = {module: f'"{name}"' in file.read_text(encoding="utf-8") for module, file in files.items()}
    for module in sorted(files, key=lambda module: not named[module]):
        try:
            yield importlib.import_module(f"{tasks.__name__}.{module}")
        except Exception as error:
            if named[module]:
                what = f"lighteval cannot load its task '{name}': {error}"
                raise Refused(what, _FIX_UNKNOWN) from error


def _with_parameters(task: str, config: Any) -> Any:
    """The config with the task's parameters, as ``aime24@n=4`` has them."""
    from lighteval.tasks.registry import Registry

    _know_only(config)
    ((config,),) = Registry(tasks=_without_shots(task)).task_to_configs.values()
    return config


def _know_only(config: Any) -> None:
    from lighteval.tasks.registry import Registry

    Registry.load_all_task_configs = staticmethod(lambda **_: {config.name: config})


def _pipeline(task: str, config: Any, load: Callable[[Any], Any], answers: list[list[str]]) -> Any:
    """lighteval's pipeline over one task.

    Args:
        task: as lighteval takes it.
        config: of the task.
        load: gives the splits of the task.
        answers: to each document, by number; empty if nothing has to be judged.
    """
    from lighteval.logging.evaluation_tracker import EvaluationTracker
    from lighteval.pipeline import ParallelismManager, Pipeline, PipelineParameters
    from lighteval.tasks.lighteval_task import LightevalTask

    _know_only(config)
    LightevalTask.download_dataset_worker = staticmethod(load)
    _, spec = split_task(task)
    return Pipeline(
        # With the number of shots it cannot be a file name, which lighteval would read.
        tasks=spec if "|" in spec else f"{spec}|0",
        # Its standard errors treat samples of one problem as independent, so they are not used.
        pipeline_parameters=PipelineParameters(launcher_type=ParallelismManager.NONE, bootstrap_iters=0),
        # It creates the folder only to save results, which does not happen.
        evaluation_tracker=EvaluationTracker(output_dir=tempfile.gettempdir()),
        model=_stored_answers(answers),
    )


def _stored_answers(answers: list[list[str]]) -> Any:
    """A lighteval model that returns stored answers."""
    from lighteval.models.abstract_model import LightevalModel, ModelConfig
    from lighteval.models.model_output import ModelResponse

    class StoredAnswers(LightevalModel):  # type: ignore[misc]
        config = ModelConfig(model_name="stored answers")
        # The pipeline passes its registry to the model's cache, which is not needed here.
        _cache = SimpleNamespace(_init_registry=lambda registry: None)
        tokenizer = None
        add_special_tokens = False
        max_length = sys.maxsize

        def greedy_until(self, docs: list[Any]) -> list[Any]:
            return [ModelResponse(input=doc.query, text=list(answers[int(doc.id)])) for doc in docs]

        def loglikelihood(self, docs: list[Any]) -> list[Any]:
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

    return StoredAnswers()


def _check_version() -> None:
    try:
        found = version("lighteval")
    except PackageNotFoundError:
        raise Refused(f"lighteval is not installed in {sys.prefix}", _FIX_INTERPRETER) from None
    if not found.startswith(f"{KNOWN}."):
        what = f"lighteval {found} is installed in {sys.prefix}, but r1 supports {KNOWN}"
        raise Refused(what, _FIX_INTERPRETER)


def _fix_xxhash() -> None:
    """lighteval 0.13 hashes text, but xxhash 4 accepts only bytes."""
    xxhash: Any = importlib.import_module("xxhash")
    hash_bytes = xxhash.xxh64
    xxhash.xxh64 = lambda *data: hash_bytes(*(x.encode() if isinstance(x, str) else x for x in data))


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    # All at once: an error half-way leaves no partial file.
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
