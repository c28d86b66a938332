"""The types that plugins pass to r1."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

from r1cli.errors import R1Error
from r1cli.raised import said

#: A reward function: TRL's own signature. Keyword arguments ``prompts``, ``completions``,
#: ``completion_ids`` and one per dataset column, each a list with one entry per completion; TRL's
#: ``trainer_state``, ``log_extra`` and ``log_metric`` if the function names them. Returns one float per
#: completion, or None where the reward does not apply. It may be a coroutine function. r1 adds ``prefill``
#: for chats: what the chat template writes after the last message, which the completion continues.
RewardFunction = Callable[..., Any]

# The sampling settings that a benchmark may recommend, by the names of the config's keys.
_SAMPLING = ("temperature", "top_p", "max_new_tokens")
# What results may have beside the mean score.
_FIGURES = ("", "points", "rating")

# What TRL or r1 passes to every reward: these are never parameters of the reward.
PASSED = frozenset(
    {"prompts", "completions", "completion_ids", "prefill", "trainer_state", "log_extra", "log_metric"}
)


@dataclass(frozen=True)
class _Offer:
    """Something a plugin offers under the name that users type: a function, or its location."""

    #: The word for it in messages.
    kind: ClassVar[str]

    name: str
    fn: Callable[..., Any] | str
    summary: str = field(kw_only=True)

    def load(self) -> Callable[..., Any]:
        """The function, imported if necessary.

        Raises:
            R1Error: it cannot be imported.
        """
        return self._import(self.fn)

    def _import(self, function: Callable[..., Any] | str) -> Callable[..., Any]:
        return _imported(function, f"{self.kind} '{self.name}'")


def _imported(function: Callable[..., Any] | str, owner: str) -> Callable[..., Any]:
    if not isinstance(function, str):
        return function
    module, _, attribute = function.partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), attribute)
    except Exception as error:  # a third-party module may raise anything when it is imported
        raise R1Error(
            f"{owner} cannot be loaded: {_words_of(error)}",
            where=function,
            fix="install what it needs, or report it to the plugin's author",
        ) from error
    return found


def _words_of(error: Exception) -> str:
    known = isinstance(error, ImportError | AttributeError)
    return str(error) if known else said(error)


@dataclass(frozen=True)
class Reward(_Offer):
    """A reward under the name that users type.

    Any function written for TRL works unchanged as a reward. Its keyword-only arguments are its parameters:
    ``def brevity(completions, *, target=200, **kwargs)`` takes ``--rewards.brevity.target 100``.

    Args:
        name: what users type after ``--reward``.
        fn: the ``RewardFunction``, or ``"module:attribute"``, imported when it is used.
        summary: one line for ``r1 plugins list``.
        columns: the dataset columns that the function requires.
        params: parameters and their defaults, if the signature does not show them.
        check: called with all parameters as keyword arguments before anything loads. It raises a ValueError
            that names the parameter, its value and what is allowed. Or ``"module:attribute"`` of it.
        per_group: it compares the completions of one prompt with each other, so it gets whole groups.
        in_trainer: it runs in the trainer's own process, as a model on the trainer's GPU must; it has no time
            limit there.
        runs_programs: it runs programs with `execute`: the code provider is tried before anything loads.
        source: where the formula comes from: a paper and its equation, or the reference implementation.
    """

    kind = "reward"

    columns: Sequence[str] = field(default=(), kw_only=True)
    params: Mapping[str, Any] | None = field(default=None, kw_only=True)
    check: Callable[..., None] | str | None = field(default=None, kw_only=True)
    per_group: bool = field(default=False, kw_only=True)
    in_trainer: bool = field(default=False, kw_only=True)
    runs_programs: bool = field(default=False, kw_only=True)
    source: str = field(default="", kw_only=True)

    def parameters(self) -> dict[str, Any]:
        """Parameter names and their defaults; ``inspect.Parameter.empty`` for a required one."""
        if self.params is not None:
            return dict(self.params)
        signature = inspect.signature(self.load())
        return {
            name: parameter.default
            for name, parameter in signature.parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in PASSED
        }

    def annotations(self) -> Mapping[str, str]:
        """The annotations of the arguments that have one, as source text."""
        return {
            name: inspect.formatannotation(parameter.annotation)
            for name, parameter in inspect.signature(self.load()).parameters.items()
            if parameter.annotation is not parameter.empty
        }

    def check_parameters(self, given: Mapping[str, Any]) -> None:
        """Checks the values of parameters; those that are not given have their defaults.

        Raises:
            ValueError: one of them is not allowed.
            R1Error: the check cannot be imported.
        """
        if self.check is not None:
            defaults = self.parameters().items()
            known = {name: value for name, value in defaults if value is not inspect.Parameter.empty}
            self._import(self.check)(**{**known, **given})


@dataclass(frozen=True)
class Callback(_Offer):
    """A training callback under the name that users type.

    Args:
        name: what users list in ``callbacks.names``.
        fn: a class or function that takes no arguments and returns a transformers ``TrainerCallback``, or
            ``"module:attribute"`` of one, imported where the training runs. Each rank calls it once.
        summary: one line for ``r1 plugins list``.
    """

    kind = "callback"


@dataclass(frozen=True)
class CodeProvider(_Offer):
    """Something that runs programs, under the name that users type.

    Args:
        name: what users type after ``--code.provider``.
        fn: a class or function that takes the config's group ``code`` and returns an ``Executor``, or
            ``"module:attribute"`` of one. It raises an R1Error where it cannot run programs.
        summary: one line for ``r1 plugins list``.
        interactive: it runs `Interaction`s too, as tasks of type Communication need.
        by_submission: it runs programs that differ in their input alone one after the other, in one sandbox.
        variables: environment variables that it needs, such as its key.
        package: the package that it needs, for ``r1 doctor``; empty if there is none.
        needs_endpoints: its servers are those of ``code.endpoints``, and it has no others.
        endpoints_variable: one of ``variables``, which names its servers where ``code.endpoints`` does not.
    """

    kind = "code provider"

    interactive: bool = field(default=False, kw_only=True)
    by_submission: bool = field(default=False, kw_only=True)
    variables: Sequence[str] = field(default=(), kw_only=True)
    package: str = field(default="", kw_only=True)
    needs_endpoints: bool = field(default=False, kw_only=True)
    endpoints_variable: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Benchmark:
    """A set of problems and how answers are judged, under the name that users type.

    It has either a dataset, prompt and verifier, or ``lighteval``, the name of a lighteval task. Prompts and
    metrics then come from lighteval, and ``dataset`` only says what that task loads.

    Args:
        name: what users type after ``r1 evaluate``.
        summary: one line for ``r1 plugins list``.
        dataset: what ``--dataset`` takes: a Hub id, a path, ``reasoning_gym:TASK?size=100&seed=1``.
        dataset_config: the config of a Hub dataset.
        split: of a dataset with splits; not for a single file, for ``files`` or for a reasoning-gym task.
        files: names of files of the dataset that are read together, as where its loader is a script.
        rows: a function, or ``"module:attribute"`` of one: from a row as published to the row that prompt and
            verifier read, or None to leave it out.
        dates: the column of the problems' dates, from which ``--evaluate.dates`` chooses.
        window: of dates, ``2024-08..2025-01``; ``--evaluate.dates`` replaces it.
        prompt: the user's message: a template over the row's columns, ``{problem}``.
        solution: the column of reference answers, passed to the verifier as ``solution``; may be empty.
        verifier: any reward, by name. Its value is the score of a completion; the benchmark's is the mean.
        parameters: of the verifier.
        datasets: parameters of the verifier that name datasets, each ``OWNER/NAME`` or
            ``OWNER/NAME:CONFIG`` on the Hub: `r1 prefetch` downloads them too, and a folder in
            ``--evaluate.data_dir`` replaces them.
        samples: completions for each problem.
        sampling: recommended ``temperature``, ``top_p`` and ``max_new_tokens``.
        groups: names under which several benchmarks run together.
        aliases: other names of it.
        figures: what results have beside the mean: "points", of the columns ``score`` (of a subtask) and
            ``name`` (of its task); or "rating", of the column ``rating`` (of a problem); empty: nothing.
        lighteval: the name of a task in lighteval.
        source: where the problems and their scoring come from: a paper, or the reference implementation.

    Raises:
        ValueError: it has neither dataset nor task, or an invalid value.
    """

    name: str
    summary: str = field(kw_only=True)
    dataset: str = field(default="", kw_only=True)
    dataset_config: str | None = field(default=None, kw_only=True)
    split: str = field(default="test", kw_only=True)
    files: Sequence[str] = field(default=(), kw_only=True)
    rows: Callable[[dict[str, Any]], Mapping[str, Any] | None] | str | None = field(
        default=None, kw_only=True
    )
    dates: str = field(default="", kw_only=True)
    window: str = field(default="", kw_only=True)
    prompt: str = field(default="{problem}", kw_only=True)
    solution: str = field(default="solution", kw_only=True)
    verifier: str = field(default="accuracy", kw_only=True)
    parameters: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    datasets: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    samples: int = field(default=1, kw_only=True)
    sampling: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    groups: Sequence[str] = field(default=(), kw_only=True)
    aliases: Sequence[str] = field(default=(), kw_only=True)
    figures: str = field(default="", kw_only=True)
    lighteval: str = field(default="", kw_only=True)
    source: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        # The name is also a folder of the run directory, and one of several in a list.
        if not re.fullmatch(r"\w[\w.:-]*", self.name):
            raise ValueError(f"'{self.name}' is not a valid benchmark name: use letters, digits and _ . : -")
        if not (self.dataset or self.lighteval):
            raise ValueError(f"benchmark '{self.name}' has neither a dataset nor a lighteval task")
        if self.samples < 1:
            raise ValueError(f"benchmark '{self.name}': samples must be at least 1, not {self.samples}")
        unknown = [key for key in self.sampling if key not in _SAMPLING]
        if unknown:
            known = ", ".join(_SAMPLING)
            raise ValueError(
                f"benchmark '{self.name}' recommends '{unknown[0]}', which is not one of {known}"
            )
        for name in ("groups", "files", "aliases"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise ValueError(f"benchmark '{self.name}': {name} must be a list of names, not '{value}'")
        if self.figures not in _FIGURES:
            what = f"figures must be points or rating, not '{self.figures}'"
            raise ValueError(f"benchmark '{self.name}': {what}")
        if self.window and not self.dates:
            raise ValueError(f"benchmark '{self.name}' has a window of dates, and does not name their column")

    def load_rows(self) -> Callable[[dict[str, Any]], Mapping[str, Any] | None]:
        """The function that makes rows of those published; without ``rows`` it changes nothing.

        Raises:
            R1Error: it cannot be imported.
        """
        return dict if self.rows is None else _imported(self.rows, f"the rows of benchmark '{self.name}'")
