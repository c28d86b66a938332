"""The group ``code``: where programs that models write are run."""

from r1cli.config.bounds import ABOVE_ZERO, ONE_OR_MORE
from r1cli.config.section import Section, key


class Code(Section):
    """Where programs run, and with which means."""

    group = "code"

    provider: str = key(
        "the code provider that runs programs: local, e2b, morph, piston, router, or a plugin's",
        default="local",
    )
    isolation: str = key(
        "sandbox, or none: programs of the model then run as you, without any protection",
        default="sandbox",
        choices=("sandbox", "none"),
    )
    max_sandboxes: int | None = key(
        "programs at a time", default=None, unset="one for each core, or what the service allows",
        range=ONE_OR_MORE,
    )  # fmt: skip
    python_packages: list[str] = key(
        "packages that Python programs may import in addition to the standard library, if they are installed",
        default=["numpy"],
        text=True,
    )
    endpoints: list[str] = key("servers of the provider, as URL or URL,key_env=NAME", default=[], text=True)


class RoutedCode(Code):
    """Where the programs of a job run that may bring its own queue for them."""

    router: bool = key("one queue for the programs of all ranks, as a role of the job", default=False)


class TrainingCode(RoutedCode):
    """Where the programs of a training run."""

    tools: list[str] = key(
        "what the model may call while it answers: python, which runs a program, or package.module:function",
        default=[],
        text=True,
    )
    budget: float = key(
        "seconds for all programs of a step; completions of which nothing is known by then are not judged",
        default=600.0,
        range=ABOVE_ZERO,
    )
