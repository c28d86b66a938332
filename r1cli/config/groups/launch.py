"""The group ``launch``: the machine that a command runs on."""

from r1cli.config.section import Section, key


class Launch(Section):
    """What every command on a GPU or a cluster takes."""

    group = "launch"

    gpus: int | list[int | str] | None = key(
        "how many GPUs, or the ids of some (0,3 or [3])", default=None, unset="all that are visible"
    )
    offline: bool = key("no network access: models and datasets must be on this machine", default=False)


class ServerLaunch(Launch):
    """What a command takes that may start vLLM as a server."""

    vllm_python: str | None = key(
        "the interpreter that runs vLLM as a server",
        default=None,
        unset="R1_VLLM_PYTHON, r1's own or a managed one",
    )


class TrainingLaunch(Launch):
    """What a command takes that trains on several ranks."""

    num_processes: int | None = key(
        "ranks on this machine", default=None, unset="one for each GPU, or one without GPUs"
    )
    accelerate: str | None = key(
        "how the ranks share the model: ddp, zero2, zero3, fsdp, cpu, or an accelerate config file",
        default=None,
    )


class GrpoLaunch(TrainingLaunch, ServerLaunch):
    """What GRPO takes, which trains and may sample from a server."""
