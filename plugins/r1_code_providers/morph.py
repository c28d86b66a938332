"""The provider ``morph``: instances of Morph Cloud, through its own client."""

import asyncio
import base64
import os
import secrets
from collections.abc import Mapping
from typing import Any

from r1_code_providers.patience import Patience, TryAgain, retry_after
from r1_code_providers.remote_job import runner
from r1_code_providers.remote_sandboxes import (
    RUN_KEY,
    Sandbox,
    SandboxExecutor,
    key_refused,
    short_digest,
    words_of,
)
from r1cli import R1Error

_REFUSED = (400, 402, 404, 422)
# What an instance has, and what is installed in the snapshot that all of them start from.
_IMAGE, _VCPUS, _MEMORY_MB, _DISK_MB = "morphvm-minimal", 2, 4096, 10240
_INSTALL = (
    "export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && "
    "apt-get install -y -qq python3 python3-numpy gcc g++ nodejs"
)
_PREPARING = 900
# One argument of a program has 128 KiB at most.
_PIECE = 96 * 1024
_BUSY = (429, 503)


class _MorphSandbox(Sandbox):
    def __init__(self, instance: Any) -> None:
        self._instance = instance
        self._folder = ""

    async def send(self, job: str) -> str:
        if not self._folder:
            folder, text = (
                f"${{TMPDIR:-/tmp}}/r1-{secrets.token_hex(8)}",
                base64.b64encode(runner().encode()).decode(),
            )
            await self._sh(f"mkdir -m 700 {folder} && printf %s {text} | base64 -d > {folder}/runner.py")
            self._folder = folder
        # The letters of base64 need no quotes.
        append = [
            f"printf %s {job[at : at + _PIECE]} >> {self._folder}/job" for at in range(0, len(job), _PIECE)
        ]
        for command in append[:-1]:
            await self._sh(command)
        return await self._sh(f"{append[-1]} && python3 -I {self._folder}/runner.py {self._folder}/job")

    async def end(self) -> None:
        await self._instance.astop()

    async def _sh(self, command: str) -> str:
        done = await self._instance.aexec(command)
        if done.exit_code:
            raise TryAgain(f"Morph could not run the program: {done.stderr[-300:] or done.exit_code}")
        return str(done.stdout)


class MorphExecutor(SandboxExecutor):
    """Runs programs in instances of Morph Cloud, from a snapshot that the first run makes."""

    name, service, module, variable = "morph", "Morph", "morphcloud.api", "MORPH_API_KEY"
    usual = 8

    def __init__(self, section: Any, patience: Patience | None = None) -> None:
        super().__init__(section, patience)
        # The client would open 64 pools of connections, which takes 2 s; one has room for 100.
        os.environ.setdefault("MORPH_HTTP_TRANSPORT_SHARDS", "1")
        from morphcloud.api import MorphCloudClient

        self._client = MorphCloudClient(api_key=self.key)
        # The client's own errors leave the headers out.
        self._client._async_http_client.event_hooks["response"].append(_heed)
        self._snapshot = ""
        self._preparing = asyncio.Lock()

    @property
    def starting(self) -> float:
        """As `SandboxExecutor.starting`; the first one installs the toolchains."""
        return super().starting if self._snapshot else _PREPARING

    async def start(self, seconds: int) -> Sandbox:
        """As `SandboxExecutor.start`."""
        async with self._preparing:
            self._snapshot = self._snapshot or await self._prepare()
        return _MorphSandbox(await self._instance(self._snapshot, seconds))

    async def end_sandboxes(self, run: str) -> int:
        """As `SandboxExecutor.end_sandboxes`."""
        found = await self._client.instances.alist(metadata={RUN_KEY: run})
        # A service that ignored the filter must not cost others their instances.
        left = [instance for instance in found if instance.metadata.get(RUN_KEY) == run]
        for instance in left:
            await instance.astop()
        return len(left)

    async def close(self) -> None:
        """As `Executor.close`."""
        await super().close()
        await self._client._async_http_client.aclose()

    def reason(self, error: Exception) -> R1Error | TryAgain:
        """As `SandboxExecutor.reason`."""
        status = getattr(error, "status_code", None)
        if status in (401, 403):
            return key_refused(self.name, self.variable)
        if status in _REFUSED:
            return R1Error(
                f"Morph refuses an instance: {words_of(error)}", where="code.provider morph", exit_code=1
            )
        return TryAgain(f"Morph failed: {words_of(error)}")

    def facts(self) -> Mapping[str, str]:
        """As `Executor.facts`."""
        return {
            "isolation": "a virtual machine of Morph for each submission; programs run as nobody, offline",
            "memory limit": "resident memory of all processes, read every 20 ms",
        }

    async def _instance(self, snapshot: str, seconds: int) -> Any:
        # Without a name for the action, Morph stops an instance when its time is over.
        return await self._client.instances.astart(snapshot, metadata=self.metadata, ttl_seconds=seconds)

    async def _prepare(self) -> str:
        """The id of the snapshot with the toolchains, which is made where it does not exist."""
        digest = f"r1-code-{short_digest(f'{_IMAGE} {_VCPUS} {_MEMORY_MB} {_DISK_MB} {_INSTALL}')}"
        found = await self._client.snapshots.alist(digest=digest)
        if found:
            return str(found[0].id)
        base = await self._client.snapshots.acreate(
            image_id=_IMAGE, vcpus=_VCPUS, memory=_MEMORY_MB, disk_size=_DISK_MB
        )
        instance = await self._instance(base.id, _PREPARING)
        try:
            done = await instance.aexec(_INSTALL)
            if done.exit_code:
                raise TryAgain(f"Morph could not install the toolchains: {done.stderr[-300:]}")
            made = await instance.asnapshot(digest=digest)
            await made.await_until_ready()
            return str(made.id)
        finally:
            await instance.astop()


async def _heed(response: Any) -> None:
    """Raises what a busy service asks for: the wait that its header names."""
    if response.status_code in _BUSY:
        wait = retry_after(response.headers.get("retry-after"))
        raise TryAgain(f"Morph is busy: HTTP {response.status_code}", wait)
