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
        CodeProvider(
            "e2b",
            "r1_code_providers.e2b:E2BExecutor",
            summary="Sandboxes of E2B, without a network.",
            by_submission=True,
            variables=("E2B_API_KEY",),
            package="e2b-code-interpreter",
        ),
        CodeProvider(
            "morph",
            "r1_code_providers.morph:MorphExecutor",
            summary="Instances of Morph Cloud.",
            by_submission=True,
            variables=("MORPH_API_KEY",),
            package="morphcloud",
        ),
        CodeProvider(
            "piston",
            "r1_code_providers.piston:PistonExecutor",
            summary="Piston servers: those of code.endpoints, or of PISTON_ENDPOINTS.",
            variables=("PISTON_ENDPOINTS",),
            endpoints_variable="PISTON_ENDPOINTS",
        ),
        CodeProvider(
            "router",
            "r1cli.execution.router_client:RouterExecutor",
            summary="The queue of `r1 code serve`, shared by ranks and jobs.",
            interactive=True,
            package="httpx2",
            needs_endpoints=True,
        ),
    ]
