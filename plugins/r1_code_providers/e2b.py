"""The provider ``e2b``: sandboxes of E2B, through its own client."""

from collections.abc import Mapping
from typing import Any

from r1_code_providers.patience import TryAgain
from r1_code_providers.remote_job import runner
from r1_code_providers.remote_sandboxes import RUN_KEY, Sandbox, SandboxExecutor, key_refused, words_of
from r1cli import R1Error

# The service's status for a request that it would refuse again.
_REFUSED = (400, 403, 422)
_CELL = """\
import subprocess, sys
_done = subprocess.run([sys.executable, "-I", "-c", {runner!r}], input={job!r}, capture_output=True)
sys.stdout.write(_done.stdout.decode("utf-8", "replace") or _done.stderr.decode("utf-8", "replace"))
"""


class _E2BSandbox(Sandbox):
    def __init__(self, sandbox: Any) -> None:
        self._sandbox = sandbox

    async def send(self, job: str) -> str:
        # The deadline is that of the caller.
        execution = await self._sandbox.run_code(_CELL.format(runner=runner(), job=job.encode()), timeout=0)
        if execution.error is not None:
            raise TryAgain(f"E2B could not run the program: {execution.error.name}: {execution.error.value}")
        return "".join(execution.logs.stdout)

    async def end(self) -> None:
        await self._sandbox.kill()


class E2BExecutor(SandboxExecutor):
    """Runs programs in sandboxes of E2B, of its template for code interpreters, without a network."""

    name, service, module, variable = "e2b", "E2B", "e2b_code_interpreter", "E2B_API_KEY"
    # What the smallest plan allows.
    usual = 20

    async def start(self, seconds: int) -> Sandbox:
        """As `SandboxExecutor.start`."""
        from e2b_code_interpreter import AsyncSandbox

        return _E2BSandbox(
            await AsyncSandbox.create(
                timeout=seconds,
                metadata=self.metadata,
                allow_internet_access=False,
                api_key=self.key,
                # The client itself honours Retry-After where a new sandbox is refused for now.
                retries=self.patience.tries - 1,
            )
        )

    async def end_sandboxes(self, run: str) -> int:
        """As `SandboxExecutor.end_sandboxes`."""
        from e2b import SandboxQuery
        from e2b_code_interpreter import AsyncSandbox

        pages, ended = AsyncSandbox.list(query=SandboxQuery(metadata={RUN_KEY: run}), api_key=self.key), 0
        while pages.has_next:
            for found in await pages.next_items():
                ended += await AsyncSandbox.kill(found.sandbox_id, api_key=self.key)
        return ended

    def reason(self, error: Exception) -> R1Error | TryAgain:
        """As `SandboxExecutor.reason`."""
        from e2b import AuthenticationException, InvalidArgumentException, SandboxException

        if isinstance(error, AuthenticationException):
            return key_refused(self.name, self.variable)
        refused = isinstance(error, SandboxException) and error.status_code in _REFUSED
        if refused or isinstance(error, InvalidArgumentException):
            what = f"E2B refuses a sandbox: {words_of(error)}"
            return R1Error(what, where="code.provider e2b", exit_code=1)
        return TryAgain(f"E2B failed: {words_of(error)}")

    def facts(self) -> Mapping[str, str]:
        """As `Executor.facts`."""
        return {
            "isolation": "a virtual machine of E2B for each submission, without a network",
            "memory limit": "resident memory of all processes, read every 20 ms",
        }
