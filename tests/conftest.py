"""Fixtures for all tests, and their tiers: unit, e2e, slow, soak, gpu. See CONTRIBUTING.md."""

import contextlib
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from r1cli.plugins import registry

REPOSITORY = Path(__file__).parents[1]
R1 = Path(sys.executable).with_name("r1")

#: Each test has one of these; one without it gets it by its folder.
TIERS = ("unit", "e2e", "slow", "soak", "gpu")
END_TO_END = ("e2e", "slurm", "train")
#: Fixtures that cost a worker much to make: all tests that use one run on the same worker.
COSTLY = (
    "quickstart", "learned", "tiny_start", "undisturbed", "parrot", "environment_with_r1", "with_deepspeed",
    "smollm2", "vllm_python", "lighteval_python",
)  # fmt: skip
#: Seconds that a test waits for what takes moments on an idle machine.
PATIENCE = 300

#: Draws the cases of the long tests; set before xdist starts its workers, so that all of them draw the same.
SEED = os.environ.setdefault("R1_TEST_SEED", str(random.randrange(10**6)))
# What tests load is of no use to anybody else, and r1 looks through this cache: a folder for each session.
_DATASETS_CACHE = "" if "HF_DATASETS_CACHE" in os.environ else tempfile.mkdtemp(prefix="r1-tests-")
os.environ.setdefault("HF_DATASETS_CACHE", _DATASETS_CACHE)
# With it, each of the many programs that tests start would compile all of r1 again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
if "PYTEST_XDIST_WORKER" in os.environ:
    # Models this small gain nothing from a second thread, and beside other workers they wait for it.
    os.environ["OMP_NUM_THREADS"] = "1"

#: Read before any test clears them away.
_GIVEN_PYTHON = {name: os.environ.get(f"R1_{name.upper()}_PYTHON") for name in ("vllm", "lighteval")}

# A quarter of hypothesis's own number: each run draws others. A busy machine makes some of them slow.
settings.register_profile("r1", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("r1")

RunR1 = Callable[..., subprocess.CompletedProcess[str]]


def pytest_report_header() -> str:
    return f"cases drawn with R1_TEST_SEED={SEED}"


def pytest_unconfigure() -> None:
    if _DATASETS_CACHE:
        shutil.rmtree(_DATASETS_CACHE, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gives each test its tier, and its worker; those that take long begin first."""
    beside_others = config.pluginmanager.hasplugin("xdist")
    order = {}
    for item in items:
        names = {mark.name for mark in item.iter_markers()}
        if not names.intersection(TIERS):
            folder = item.path.relative_to(Path(__file__).parent).parts[0]
            tier = "e2e" if folder in END_TO_END else "unit"
            item.add_marker(tier)
            names.add(tier)
        costly = [name for name in COSTLY if name in getattr(item, "fixturenames", ())]
        if beside_others and (costly or "unit" in names):
            # Unit tests go to a worker by the file: handing out two thousand one by one costs half a minute.
            item.add_marker(pytest.mark.xdist_group(costly[0] if costly else str(item.path)))
            names.add("xdist_group")
        # Short tests at the end keep all workers busy until then. What takes minutes has a separate limit.
        order[item] = ("unit" in names, "timeout" not in names, "xdist_group" not in names)
    items.sort(key=order.__getitem__)


def drawn(cases: Sequence[Sequence[Any]]) -> list[Any]:
    """The cases of a long test: ``make soak`` runs them all, and the slow tier one, drawn by `SEED`."""
    chosen = random.Random(f"{SEED} {cases}").choice(cases)
    return [
        pytest.param(*case, marks=[pytest.mark.soak, *([pytest.mark.slow] if case is chosen else [])])
        for case in cases
    ]


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, _empty: Path) -> None:
    """No test meets the variables or the runs of the person who runs it, the Hub, or another's imports."""
    for left in _empty.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    monkeypatch.chdir(_empty)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in os.environ:
        if name.startswith("R1_") and name not in ("R1_TEST_REQUIRE", "R1_HOME"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _fresh_plugins() -> Iterator[None]:
    """What one test finds of plugins is forgotten before the next."""
    yield
    registry.load_plugins.cache_clear()


@pytest.fixture(scope="session")
def r1() -> RunR1:
    """Runs the installed ``r1`` as a user does."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        command = [str(R1), *map(str, arguments)]
        settings = {"capture_output": True, "text": True, "timeout": 3 * PATIENCE, **options}
        return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture(scope="session")
def main() -> RunR1:
    """Runs ``r1`` in this process: for what ends before anything is started, as refusals and dry runs do."""

    from r1cli.cli import app

    def run(
        *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        words = [str(word) for word in arguments]
        output, messages, code = io.StringIO(), io.StringIO(), 0
        registry.load_plugins.cache_clear()
        with (
            # What a call changes for its own process must not reach the next.
            mock.patch.dict(os.environ, env or {}, clear=env is not None),
            mock.patch.multiple(sys, argv=["r1", *words], path=[*sys.path], stdin=io.StringIO(input)),
            contextlib.chdir(cwd or Path.cwd()),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(messages),
        ):
            try:
                app.main()
            except SystemExit as ended:
                code = int(ended.code or 0)
        return subprocess.CompletedProcess(words, code, output.getvalue(), messages.getvalue())

    return run


def require(service: str, available: bool, reason: str) -> None:
    """Skips a test whose service is missing, unless R1_TEST_REQUIRE names the service: then it fails."""
    if available:
        return
    if service in os.environ.get("R1_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{service} is required here: {reason}")
    pytest.skip(f"{service}: {reason}")


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this session."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker makes that needs it; the others wait for it meanwhile."""
    whole = folder.with_name(f"{folder.name}.whole")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not whole.exists():
            make(folder)
            whole.touch()
    return folder


_MAKE_TINY = """
import sys
from pathlib import Path
from r1cli.quickstart.base_model import make_tiny
from r1cli.quickstart.recipe import write_problems
folder = Path(sys.argv[1])
make_tiny(folder / "model", 0)
write_problems("tiny", 0, folder / "data")
"""


@pytest.fixture(scope="session")
def tiny(session_folder: Path) -> Path:
    """A folder with a tiny model that knows nothing, ``model``, and the quickstart's problems, ``data``."""

    def make(folder: Path) -> None:
        subprocess.run([sys.executable, "-c", _MAKE_TINY, folder], check=True, capture_output=True)

    return made_once(session_folder / "tiny", make)


@pytest.fixture(scope="session")
def engine_python(pytestconfig: pytest.Config) -> Callable[[str], str]:
    """The Python of an engine: R1_<ENGINE>_PYTHON, or that of an environment which `r1` installs itself.

    Those are kept in pytest's cache for later sessions; r1 creates it again when its pins have changed.
    """

    def python(name: str) -> str:
        if given := _GIVEN_PYTHON[name]:
            return given
        home = pytestconfig.cache.mkdir("engines")
        with FileLock(home / f"{name}.lock"):
            done = subprocess.run(
                [R1, "engine", "install", name], env={**os.environ, "R1_HOME": str(home)},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        require("package-index", done.returncode == 0, done.stderr[-1000:])
        return str(home / "engines" / name / "bin" / "python")

    return python


@pytest.fixture(scope="session")
def lighteval_python(engine_python: Callable[[str], str]) -> str:
    """The Python of an environment with lighteval."""
    return engine_python("lighteval")


@pytest.fixture(scope="session")
def vllm_python(engine_python: Callable[[str], str]) -> Path:
    """The Python of an environment with vLLM for CPUs."""
    return Path(engine_python("vllm"))


@pytest.fixture
def lighteval(lighteval_python: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same Python, where r1 looks for it."""
    monkeypatch.setenv("R1_LIGHTEVAL_PYTHON", lighteval_python)
    return lighteval_python
