"""What r1 knows of TRL's config classes: shipped, or read from the installed sources."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from r1cli.config import engine_fields
from r1cli.config.engine_fields import ENGINE_FIELDS, engine_classes, engine_help, engine_note

# Imports TRL and prints what its dataclasses really are, told without the reader's help.
_REALITY = """
import dataclasses, enum, json, types, typing, trl

def parts(hint):
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return [each for arg in typing.get_args(hint) for each in parts(arg)] if union else [hint]

def names(hint):
    if typing.get_origin(hint) is typing.Literal:
        return {names(type(value)).pop() for value in typing.get_args(hint)}
    plain = typing.get_origin(hint) or hint
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return {"string"}
    return {{bool: "boolean", int: "integer", float: "number", str: "string", list: "array",
             type(None): "null"}.get(plain, "object")}

def describe(field):
    hints = parts(field.type)
    default = field.default
    if default is dataclasses.MISSING:
        default = field.default_factory()
    enums = [each for each in hints if isinstance(each, type) and issubclass(each, enum.Enum)]
    return {
        "types": sorted(set().union(*map(names, hints))),
        "default": default.value if isinstance(default, enum.Enum) else default,
        "members": [member.value for each in enums for member in each],
        "offered": list(field.metadata.get("choices", ())),
        "help": field.metadata.get("help", ""),
    }

classes = ("SFTConfig", "GRPOConfig", "ModelConfig", "ScriptArguments")
print(json.dumps({
    name: {field.name: describe(field) for field in dataclasses.fields(getattr(trl, name))}
    for name in classes
}))
"""
# Fields whose offered choices are computed, or fewer than what is taken.
_NOT_BOUND = ("log_level", "log_level_replica", "ddp_backend")

# TRL and transformers in other words: as a version that r1 has not seen could spell its fields.
_TRL_CONFIGS = """
from typing import Any, ClassVar, Literal, Optional, Union
import dataclasses
from transformers import TrainingArguments
from transformers.trainer_utils import Pace

@dataclasses.dataclass
class _Shared(TrainingArguments):
    kind: ClassVar[str] = "shared"
    pace: Union["Pace", str] = dataclasses.field(default=Pace.SLOW, metadata={"help": "How\\n  fast, in %%."})
    learning_rate: float = 2e-5

@dataclasses.dataclass
class SFTConfig(_Shared):
    packing: "Optional[bool]" = None
    state: int = dataclasses.field(init=False, default=0)
    names: list[str] = dataclasses.field(default_factory=lambda: ["a", "b"], metadata={"choices": ["a"]})
    def __post_init__(self):
        self.made_up: int = 3

@dataclasses.dataclass
class GRPOConfig(_Shared):
    mode: Literal["sync", "async"] | None = None
    level: Literal["auto"] | int = "auto"
    loss: str = dataclasses.field(default="dapo", metadata={"choices": ["dapo", "grpo"]})
    scale: str | bool = dataclasses.field(default="group", metadata={"choices": ["group", "none"]})
    extra: Optional[dict[str, Any]] = dataclasses.field(default_factory=dict)
    backend: "Backend | None" = make_backend()

@dataclasses.dataclass
class ModelConfig:
    model_name_or_path: str
"""
_TRL_SCRIPT = """
@dataclass
class ScriptArguments:
    {field}: str | None = None
"""
_TRAINING_ARGUMENTS = """
@dataclass
class TrainingArguments:
    learning_rate: float = field(default=5e-5, metadata={"help": "The peak."})
    default_optim = "old"
    if is_new():
        default_optim = "new"
    optim: str = field(default=default_optim)
    ddp_backend: str | None = field(default=None, metadata={"choices": ["nccl", "gloo"]})
"""
_TRAINER_UTILS = """
class Pace(ExplicitEnum):
    SLOW = "slow"
    FAST = "fast"
    QUICK = "fast"
    def _missing_(cls, value):
        message = "no such pace"
"""


@pytest.fixture(autouse=True)
def _nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    for remembered in (engine_fields._engine, engine_help):
        remembered.cache_clear()
    yield
    for remembered in (engine_fields._engine, engine_help):
        remembered.cache_clear()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a TRL 9.1 and a transformers 8.0 lie, both found before the real ones."""
    site = tmp_path / "site"
    sources = {
        "trl/__init__.py": "raise AssertionError('TRL was imported')",
        "trl/trainer/all_config.py": _TRL_CONFIGS,
        "trl/scripts/serve.py": _TRL_SCRIPT.format(field="port"),
        "trl/scripts/utils.py": _TRL_SCRIPT.format(field="dataset_name"),
        "trl-9.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: trl\nVersion: 9.1\n",
        "transformers/__init__.py": "raise AssertionError('transformers was imported')",
        "transformers/training_args.py": _TRAINING_ARGUMENTS,
        "transformers/trainer_utils.py": _TRAINER_UTILS,
        "transformers-8.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: transformers\nVersion: 8.0\n",
    }
    for name, text in sources.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    monkeypatch.syspath_prepend(site)
    for package in ("trl", "transformers"):
        monkeypatch.delitem(sys.modules, package, raising=False)
    return site


def shipped() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(ENGINE_FIELDS.read_text())
    return content


@pytest.mark.e2e
def test_the_shipped_file_is_what_the_installed_dataclasses_are() -> None:
    """After an upgrade: ``python -m r1cli.config.engine_fields``."""
    output = subprocess.run(
        [sys.executable, "-c", _REALITY], check=True, capture_output=True, text=True
    ).stdout
    reality = json.loads(output.splitlines()[-1])
    classes = shipped()["classes"]
    assert classes == engine_fields._without_help(engine_fields._read_sources())
    assert engine_note() == ""
    assert {name: list(fields) for name, fields in classes.items()} == {
        name: list(fields) for name, fields in reality.items()
    }
    for name, fields in reality.items():
        for field, real in fields.items():
            known = classes[name][field]
            offered = [] if field in _NOT_BOUND else real["members"] or real["offered"]
            assert known == {
                "types": real["types"],
                "default": real["default"],
                **({"choices": offered} if offered else {}),
            }, field
            assert engine_help()[name][field] == " ".join(real["help"].split()).replace("%%", "%"), field


def test_another_version_is_read_from_its_sources(installed: Path) -> None:
    shared = {
        "learning_rate": {"types": ["number"], "default": 2e-5},
        "optim": {"types": ["string"], "default": "new"},
        "ddp_backend": {"types": ["null", "string"], "default": None},
        "pace": {"types": ["string"], "default": "slow", "choices": ["slow", "fast"]},
    }
    assert engine_classes() == {
        "SFTConfig": {
            **shared,
            "packing": {"types": ["boolean", "null"], "default": None},
            "names": {"types": ["array"], "default": ["a", "b"]},
        },
        "GRPOConfig": {
            **shared,
            "mode": {"types": ["null", "string"], "default": None, "choices": ["sync", "async"]},
            "level": {"types": ["integer", "string"], "default": "auto"},
            "loss": {"types": ["string"], "default": "dapo", "choices": ["dapo", "grpo"]},
            "scale": {"types": ["boolean", "string"], "default": "group"},
            "extra": {"types": ["null", "object"], "default": {}},
            "backend": {"types": ["null", "object"], "default": None},
        },
        "ModelConfig": {"model_name_or_path": {"types": ["string"], "default": None}},
        "ScriptArguments": {"dataset_name": {"types": ["null", "string"], "default": None}},
    }
    assert list(engine_classes()["SFTConfig"])[:2] == ["learning_rate", "optim"]
    assert engine_note() == ""
    assert engine_help()["GRPOConfig"]["pace"] == "How fast, in %."
    assert engine_help()["SFTConfig"]["learning_rate"] == ""


def test_what_was_read_is_kept_for_the_next_command(installed: Path, tmp_path: Path) -> None:
    read = engine_classes()
    (installed / "trl/trainer/all_config.py").unlink()
    engine_fields._engine.cache_clear()
    assert engine_classes() == read
    assert (tmp_path / "home/engine_fields/trl-9.1-transformers-8.0.json").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"versions": {"r1": "0", "trl": "9.1"}, "classes": {}}'])
def test_a_broken_or_foreign_cache_is_rewritten(installed: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "home/engine_fields/trl-9.1-transformers-8.0.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert "pace" in engine_classes()["SFTConfig"]
    assert json.loads(path.read_text())["classes"] == engine_classes()
    assert list(path.parent.iterdir()) == [path]


def test_a_home_that_cannot_be_written_is_no_error(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    assert "pace" in engine_classes()["SFTConfig"]
    assert engine_note() == ""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("trl/trainer/all_config.py", "class SFTConfig(:"),
        ("trl/scripts/utils.py", "from somewhere import ScriptArguments"),
        ("transformers/training_args.py", "class TrainingArguments(TrainingArguments): pass"),
    ],
)
def test_sources_that_are_not_understood_leave_the_shipped_file(
    installed: Path, path: str, text: str
) -> None:
    (installed / "trl/scripts/serve.py").unlink()
    (installed / path).write_text(text)
    assert engine_classes() == shipped()["classes"]
    assert engine_note() == (
        "The sources of TRL 9.1 and transformers 8.0 could not be read, so options are checked against "
        f"TRL {shipped()['versions']['trl']}, which r1 knows."
    )
    assert engine_help() == {}


def test_without_trl_the_shipped_file_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_fields, "installed_versions", lambda packages: {})
    assert engine_classes() == shipped()["classes"]
    assert engine_note().startswith("TRL is not installed, so options are checked against TRL ")


def test_the_usual_start_loads_no_parser() -> None:
    program = (
        "import sys; before = set(sys.modules); from r1cli.config.engine_fields import engine_classes as c;"
        "c(); print({'trl', 'r1cli.config.engine_sources'} & (set(sys.modules) - before))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert output.strip() == "set()"
