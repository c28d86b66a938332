"""The code providers that come with r1."""

from r1cli import CodeProvider, hookimpl


@hookimpl
def r1_code_providers() -> list[CodeProvider]:
    return [
        CodeProvider(
            "local",
            "r1cli.execution.local:LocalExecutor",
            summary="Sandboxes on this machine, made by bubblewrap.",
            interactive=True,
        ),
    ]
