"""What plugins hand to r1."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from r1cli.errors import R1Error

#: A reward function: TRL's own signature. Keyword arguments ``prompts``, ``completions``,
#: ``completion_ids`` and one per dataset column, each a list with one entry per completion; TRL's
#: ``trainer_state``, ``log_extra`` and ``log_metric`` when named. Returns one float per completion, or None
#: where the reward does not apply. It may be a coroutine function.
RewardFunction = Callable[..., Any]

# What TRL passes to every reward: never a parameter of the reward.
PASSED = frozenset({"prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric"})


@dataclass(frozen=True)
class _Offer:
    """What a plugin offers under the name that users type: a function, or where it is found."""

    name: str
    fn: Callable[..., Any] | str
    summary: str = field(kw_only=True)

    def load(self) -> Callable[..., Any]:
        """The function itself, imported if need be.

        Raises:
            R1Error: it cannot be imported.
        """
        if not isinstance(self.fn, str):
            return self.fn
        module, _, attribute = self.fn.partition(":")
        try:
            function: Callable[..., Any] = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise R1Error(
                f"{type(self).__name__.lower()} '{self.name}' cannot be loaded: {error}",
                where=self.fn,
                mend="install what it needs, or tell the plugin's author",
            ) from error
        return function


@dataclass(frozen=True)
class Reward(_Offer):
    """A reward under the name that users type.

    Any function written for TRL is an r1 reward as it stands. Keyword-only arguments of the function are its
    parameters: ``def brevity(completions, *, target=200, **kwargs)`` takes ``--rewards.brevity.target 100``.

    Args:
        name: what users type behind ``--reward``.
        fn: the ``RewardFunction``, or ``"module:attribute"``, imported when it is used.
        summary: one line for ``r1 plugins list``.
        columns: the dataset columns that the function cannot do without.
        params: parameters and their defaults, when the signature does not show them.
        per_group: it compares the completions of one prompt with each other, so it sees whole groups.
        in_trainer: it runs in the trainer's own process, as a model on the trainer's GPU must; nothing limits
            its time there.
        source: where the formula comes from: a paper and its equation, or the reference implementation.
    """

    columns: Sequence[str] = field(default=(), kw_only=True)
    params: Mapping[str, Any] | None = field(default=None, kw_only=True)
    per_group: bool = field(default=False, kw_only=True)
    in_trainer: bool = field(default=False, kw_only=True)
    source: str = field(default="", kw_only=True)

    def parameters(self) -> dict[str, Any]:
        """Parameter names and their defaults; ``inspect.Parameter.empty`` for one that has to be set."""
        if self.params is not None:
            return dict(self.params)
        signature = inspect.signature(self.load())
        return {
            name: parameter.default
            for name, parameter in signature.parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in PASSED
        }


@dataclass(frozen=True)
class Callback(_Offer):
    """A training callback under the name that users type.

    Args:
        name: what users list in ``callbacks.names``.
        fn: a class or function that takes no arguments and returns a transformers ``TrainerCallback``, or
            ``"module:attribute"`` of one, imported where the training runs. It is called once by each rank.
        summary: one line for ``r1 plugins list``.
    """
