"""Engines: whose interpreter is taken, and the environments that r1 makes for them."""

import json
import os
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from r1cli.engines import install, locate
from r1cli.engines.install import PackageSet, install_engine, installed_set, package_set
from r1cli.engines.locate import Engine, engine_version, environment_of, find_engine, locate_engine
from r1cli.errors import R1Error
from r1cli.files import resource_dir
from tests.conftest import RunR1

pytestmark = pytest.mark.e2e

STAND_IN = "stand_in"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(locate.ENGINES, STAND_IN, Engine((STAND_IN,), (1, 0), (2, 0)))
    return tmp_path / "home"


def make_wheel(folder: Path, version: str = "1.2") -> str:
    """A package that needs no others."""
    info = f"{STAND_IN}-{version}.dist-info"
    files = {
        f"{STAND_IN}.py": "answer = 42\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {STAND_IN}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: r1\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    wheel = folder / f"{STAND_IN}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return str(wheel)


@pytest.mark.slow
def test_a_managed_environment_is_made_whole_or_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = PackageSet((make_wheel(tmp_path),), "lighteval.txt", STAND_IN, "", unwanted=("xxhash",))
    folder = environment_of(STAND_IN)
    python = folder / "bin" / "python"
    # As an interrupted installation leaves it.
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (folder / "half").touch()
    with pytest.raises(R1Error, match=f"{STAND_IN} is not installed") as caught:
        find_engine(STAND_IN)
    assert f"r1 engine install {STAND_IN}" in caught.value.fix

    assert install_engine(STAND_IN, packages)
    assert not (folder / "half").exists()
    found = locate_engine(STAND_IN)
    assert (found.python, found.why) == (str(python), f"created by `r1 engine install {STAND_IN}`")
    assert engine_version(STAND_IN, found.python) == "1.2"
    # Nothing is left to do, until it would be made of something else.
    assert not install_engine(STAND_IN, packages)
    monkeypatch.setattr(install, "_run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        install_engine(STAND_IN, replace(packages, unwanted=()))
    with pytest.raises(R1Error, match="is not installed"):
        find_engine(STAND_IN)


def interrupt(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_two_installations_do_not_meet(tmp_path: Path) -> None:
    packages = PackageSet((make_wheel(tmp_path),), "lighteval.txt", STAND_IN, "")
    with (
        install._alone(environment_of(STAND_IN)),
        pytest.raises(R1Error, match="another process is installing"),
    ):
        install_engine(STAND_IN, packages)


def test_who_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    managed = environment_of(STAND_IN)
    managed.mkdir(parents=True)
    (managed / locate.WHOLE).write_text("{}")
    assert find_engine(STAND_IN) == str(managed / "bin" / "python")
    # r1's own, where it has the engine: pytest stands for one.
    monkeypatch.setitem(locate.ENGINES, STAND_IN, Engine(("pytest",), (9, 0), (99, 0)))
    assert find_engine(STAND_IN) == sys.executable
    monkeypatch.setitem(locate.ENGINES, STAND_IN, Engine(("pytest",), (99, 0), (100, 0)))
    assert find_engine(STAND_IN) == str(managed / "bin" / "python")
    monkeypatch.setenv(f"R1_{STAND_IN.upper()}_PYTHON", "~/env/bin/python")
    assert find_engine(STAND_IN) == str(Path.home() / "env/bin/python")
    assert find_engine(STAND_IN, "python3.12") == "python3.12"


def test_a_build_for_cpus_is_not_taken_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login node without a GPU plans jobs for nodes that have some."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    managed = environment_of("vllm")
    managed.mkdir(parents=True)
    assert installed_set("vllm").pins == "vllm-cpu.txt"
    with pytest.raises(R1Error, match="vllm is not installed") as caught:
        find_engine("vllm", gpus=True)
    assert "run `r1 engine install vllm --gpu`" in caught.value.fix
    (managed / locate.WHOLE).write_text(json.dumps({"packages": ["vllm-cpu"]}))
    assert find_engine("vllm") == str(managed / "bin" / "python")
    with pytest.raises(R1Error, match="is built for CPUs, and this runs on GPUs") as caught:
        find_engine("vllm", gpus=True)
    assert "run `r1 engine install vllm --gpu`" in caught.value.fix
    (managed / locate.WHOLE).write_text(json.dumps({"packages": [*package_set("vllm", gpu=True).packages]}))
    assert find_engine("vllm", gpus=True) == str(managed / "bin" / "python")
    assert installed_set("vllm").pins == "vllm-cuda.txt"
    # On a machine with GPUs it goes without saying.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert locate.how_to_install("vllm", gpus=True) == "r1 engine install vllm"


@pytest.mark.parametrize(("name", "gpus"), [("vllm", "0"), ("vllm", "-1"), ("lighteval", "-1")])
def test_what_is_installed_is_pinned_to_what_r1_knows(
    monkeypatch: pytest.MonkeyPatch, name: str, gpus: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", gpus)
    packages = package_set(name)
    assert packages.pins == {"0": "vllm-cuda.txt", "-1": f"{name}{'-cpu' * (name == 'vllm')}.txt"}[gpus]
    lines = (resource_dir("engines") / packages.pins).read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert all(locate.ENGINES[name].knows(pins[package]) for package in packages.packages)
    assert not set(packages.unwanted) & set(pins)
    if name == "lighteval":
        # Newer ones take no text, and lighteval hashes some.
        assert re.match(r"[0-3]\.", pins["xxhash"])


def test_the_command_line(r1: RunR1, home: Path) -> None:
    env = {**os.environ, "R1_VLLM_PYTHON": sys.executable}
    rows = json.loads(r1("engine", "list", "--json", env=env).stdout)
    assert [row["name"] for row in rows] == ["vllm", "lighteval"]
    # This interpreter has no vLLM, whatever the variable says.
    assert (rows[0]["python"], rows[0]["version"]) == (sys.executable, None)
    assert rows[0]["why"] == "set by R1_VLLM_PYTHON"
    assert (rows[1]["python"], rows[1]["why"]) == (None, "lighteval is not installed")
    assert r1("engine", "path", "vllm", env=env).stdout == f"{sys.executable}\n"
    missing = r1("engine", "path", "lighteval")
    assert missing.returncode == 2 and "r1 engine install lighteval" in missing.stderr
    assert "did you mean vllm?" in r1("engine", "install", "vlm").stderr


def test_an_interpreter_that_is_none() -> None:
    assert engine_version("vllm", "/no/such/python") == ""
    assert engine_version("vllm", "false") == ""
