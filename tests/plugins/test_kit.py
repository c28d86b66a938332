"""The plugin kit: a new project passes its tests, the check names what is broken, the guide is true."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from r1cli import Benchmark, CodeProvider, Interaction, Program, ProgramResult, ProgramVerdict, Reward
from r1cli.cli import plugins
from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.plugins import registry
from r1cli.plugins.project import new_project
from r1cli.plugins.registry import Plugin
from r1cli.testing import check_code_provider
from tests.conftest import REPOSITORY
from tests.e2e.conftest import make_environment

pytestmark = pytest.mark.e2e

GUIDE = (REPOSITORY / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


def run(*command: str | Path, cwd: Path) -> str:
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, cwd=cwd)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.slow
def test_a_new_project_installs_and_passes_its_own_tests(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "environment")
    pip = (python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation")
    for kind, name, passed in (("reward", "very-brief", 2), ("code-provider", "very-far", 1)):
        run(python, "-m", "r1cli", "plugins", "new", name, "--kind", kind, cwd=tmp_path)
        project = tmp_path / name
        run(*pip, "-e", project, cwd=tmp_path)
        assert f"{passed} passed" in run(python, "-m", "pytest", "-p", "no:cacheprovider", cwd=project)
        checked = run(python, "-m", "r1cli", "plugins", "check", name, cwd=tmp_path)
        assert f"{name.replace('-', '_')}: ok" in checked
        text = "".join(file.read_text() for file in project.rglob("*.py"))
        assert not re.search("my[-_](reward|provider)", text)


async def _result(executor: Any, program: Program) -> ProgramResult:
    (result,) = [result async for _, result in executor.run([program])]
    assert isinstance(result, ProgramResult)
    return result


def test_a_new_code_provider_keeps_the_contract(tmp_path: Path) -> None:
    new_project("very-far", tmp_path, "code-provider")
    names: dict[str, Any] = {}
    exec((tmp_path / "very-far" / "very_far.py").read_text(), names)
    check_code_provider(names["Provider"])
    program = Program("x = sum(range(3_000_000))", "python")
    result = asyncio.run(_result(names["Provider"](Code()), program))
    assert 0 < result.cpu_s <= result.wall_s

    class Wrong(names["Provider"]):  # type: ignore[misc]
        async def run(self, batch: list[Any]) -> AsyncIterator[tuple[int, object]]:
            if batch and isinstance(batch[0], Interaction):
                yield 0, ProgramResult(ProgramVerdict.RE)
                return
            async for number, result in super().run(batch):
                failed = result.verdict == ProgramVerdict.TLE
                yield number, ProgramResult(ProgramVerdict.OK) if failed else result

        def facts(self) -> dict[str, str]:
            return {"isolation": "none"}

    with pytest.raises(AssertionError) as caught:
        check_code_provider(Wrong)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "- an endless loop",
        "- an interaction, without interactive=True",
        "- facts()",
    ]


class Raises:
    """A code provider whose every method raises."""

    def __init__(self, section: Any) -> None:
        self.section = section

    async def run(self, batch: list[Any]) -> AsyncIterator[tuple[int, object]]:
        yield 0, batch[0].nothing

    def facts(self) -> dict[str, str]:
        sys.exit(3)

    async def close(self) -> None:
        raise KeyError("closed")


def test_whatever_a_code_provider_raises_is_listed_with_its_line_beside_all_else() -> None:
    with pytest.raises(AssertionError) as caught:
        check_code_provider(Raises)
    lines = dict(line.removeprefix("- ").split(": ", 1) for line in str(caught.value).splitlines()[1:])
    assert {"reading stdin", "an output file", "no programs at all", "several programs"} <= lines.keys()
    line = Path(__file__).read_text().splitlines().index("        yield 0, batch[0].nothing") + 1
    said = f"it raised AttributeError: 'Interaction' object has no attribute 'nothing' ({__file__}:{line})"
    assert lines["an interaction, without interactive=True"] == said
    assert lines["facts()"].startswith("it raised SystemExit: 3 (")
    assert lines["close()"].startswith("it raised KeyError: 'closed' (")

    def cannot(section: Any) -> None:
        raise OSError("no key")

    with pytest.raises(
        AssertionError, match=r"it cannot be made: it raised OSError: no key \(.*test_kit.py:"
    ):
        check_code_provider(cannot)  # type: ignore[arg-type]


def test_the_code_provider_of_the_guide_lacks_nothing_but_its_server() -> None:
    names: dict[str, Any] = {}
    exec(next(block for block in BLOCKS if "class Far" in block), names)
    with pytest.raises(AssertionError) as caught:
        check_code_provider(names["r1_code_providers"]()[0])
    lines = str(caught.value).splitlines()[1:]
    assert lines and all(line.endswith(": a fault: no server") for line in lines)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    files = new_project("mine", tmp_path)
    assert all(file.is_file() for file in files)
    files[0].write_text("changed")
    with pytest.raises(R1Error, match="exists already"):
        new_project("mine", tmp_path)
    assert files[0].read_text() == "changed"


@pytest.mark.parametrize("name", ["My Reward", "-x", "1st", "a/b", "a__b", "", "class", "json", "accuracy"])
def test_names_that_would_break_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(R1Error) as caught:
        new_project(name, tmp_path)
    assert caught.value.where == "argument NAME"
    assert not list(tmp_path.iterdir())


def good(completions: list[object], **kwargs: object) -> list[float]:
    return [1.0] * len(completions)


def bad(completions: list[object], **kwargs: object) -> list[float]:
    return [1.0]


def asking(completions: list[object], **kwargs: object) -> list[float]:
    raise R1Error("which model?")


@pytest.mark.parametrize(
    ("functions", "code", "words"),
    [([good], 0, "good: ok"), ([good, bad], 1, "bad: BROKEN: reward 'bad' breaks the contract")],
)
def test_the_check_of_a_package(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    functions: list[Callable[..., object]],
    code: int,
    words: str,
) -> None:
    rewards = tuple(Reward(each.__name__, each, summary="") for each in functions)
    asks = Reward("asks", asking, summary="")
    odd = Reward("odd", good, summary="", columns=("metadata",))
    found = (
        Plugin("some", "some-package", "1", {"reward": (*rewards, odd, asks)}),
        Plugin("worse", "worse", "1", error="x"),
    )
    monkeypatch.setattr(registry, "load_plugins", lambda: found)
    monkeypatch.setattr(registry.load_plugins, "cache_clear", lambda: None, raising=False)
    result = CliRunner().invoke(plugins.app, ["check", "some-package"], catch_exceptions=False)
    assert result.exit_code == code
    assert words in result.stdout
    assert "odd: not checked: it needs the column 'metadata'" in result.stdout
    assert "asks: not checked: which model?" in result.stdout
    checked = CliRunner().invoke(plugins.app, ["check", "Some_Package"], catch_exceptions=False)
    assert checked.stdout.splitlines()[0].startswith("good: ok")
    with pytest.raises(R1Error, match=r"worse .* is not loaded: x"):
        CliRunner().invoke(plugins.app, ["check", "worse"], catch_exceptions=False)
    monkeypatch.chdir(tmp_path)
    assert _fix_of("some-plugin").startswith("install the package that provides it: pip install PACKAGE; ")
    assert _fix_of("some-pakage") == "did you mean some-package?"
    # An index may have another project of its name.
    (tmp_path / "some-pakage").mkdir()
    (tmp_path / "some-pakage" / "pyproject.toml").touch()
    assert _fix_of("some-pakage").startswith("install it: pip install -e ./some-pakage; ")


def _fix_of(name: str) -> str:
    """How to check a plugin that is not installed."""
    with pytest.raises(R1Error, match=f"the plugin '{name}' is not installed") as caught:
        CliRunner().invoke(plugins.app, ["check", name], catch_exceptions=False)
    return caught.value.fix


def test_what_is_no_reward_and_a_check_that_raises_are_broken_and_end_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def limits(**parameters: object) -> None:
        raise KeyError("unexpected")

    rewards = (Reward("five", 5, summary=""), Reward("picky", good, summary="", check=limits))  # type: ignore[arg-type]
    bad = Benchmark("bad", summary="", dataset="owner/name", prompt="{1}", verifier="picky")
    gone = CodeProvider("gone", "no_module:Gone", summary="")
    offers = {"reward": rewards, "benchmark": (bad,), "code provider": (gone,)}
    found = (*registry.load_plugins(), Plugin("some", "some", "1", offers))
    monkeypatch.setattr(registry, "load_plugins", lambda: found)
    monkeypatch.setattr(registry.load_plugins, "cache_clear", lambda: None, raising=False)
    result = CliRunner().invoke(plugins.app, ["check", "some"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "five: BROKEN: it raised TypeError: 5 is not a callable object" in result.stdout
    # Both mistakes of the benchmark at once.
    assert "bad: BROKEN: the prompt template's field {1} is not a name" in result.stdout
    assert "the check of the verifier 'picky' raised KeyError: 'unexpected' (" in result.stdout
    assert "gone: BROKEN: code provider 'gone' cannot be loaded: No module named 'no_module'" in result.stdout


def test_the_check_of_a_package_of_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Benchmark("good", summary="", dataset="owner/name")
    bad = Benchmark("bad", summary="", dataset="owner/name", prompt="{1}")
    found = (*registry.load_plugins(), Plugin("some", "some", "1", {"benchmark": (good, bad)}))
    monkeypatch.setattr(registry, "load_plugins", lambda: found)
    monkeypatch.setattr(registry.load_plugins, "cache_clear", lambda: None, raising=False)
    result = CliRunner().invoke(plugins.app, ["check", "some"], catch_exceptions=False)
    assert result.exit_code == 1
    assert result.stdout.startswith("good: ok\nbad: BROKEN: the prompt template's field {1} is not a name")


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_guide_runs_and_its_rewards_keep_the_contract(block: str, tmp_path: Path) -> None:
    examples = "rows={'answer': ['4'], 'number': [1, 2]}"
    checks = f"""
import inspect
from r1cli import Reward
from r1cli.testing import check_reward
for found in list(globals().values()):
    takes = inspect.isfunction(found) and "completions" in inspect.signature(found).parameters
    if isinstance(found, Reward) or takes:
        check_reward(found, {examples})
"""
    (tmp_path / "block.py").write_text(block + checks)
    run(sys.executable, "block.py", cwd=tmp_path)
