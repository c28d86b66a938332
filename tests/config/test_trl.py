"""What TRL, transformers and accelerate really take: the table of their fields, and the presets."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest
import yaml

from r1cli.commands import COMMANDS
from r1cli.config.engine_fields import engine_classes, engine_note, schedules
from r1cli.config.presets import accelerate_presets, preset_paths, read_preset
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("trl")]

#: What the launcher adds to an accelerate preset.
FROM_LAUNCHER = {
    "num_machines": 1, "num_processes": 2, "mixed_precision": "bf16", "use_cpu": False,
    "main_process_port": 0, "machine_rank": 0,
}  # fmt: skip

# One process for all of it: TRL takes seconds to import. It builds the arguments as the workers do.
PROGRAM = """
import json, runpy, sys, warnings
from pathlib import Path
from accelerate.commands.config.config_args import load_config_from_file
from trl import GRPOConfig, SFTConfig
from r1cli.config.record import RecordedConfig
from r1cli.train.setup import training_arguments

given, faults = json.load(sys.stdin), {}
classes = {"sft": SFTConfig, "grpo": GRPOConfig}

def warned(build, *arguments, **values):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        build(*arguments, **values)
    return {str(warning.message) for warning in caught if issubclass(warning.category, FutureWarning)}

for name, (command, config) in given["training"].items():
    # Bare TRL warns about its own default, which transformers has renamed.
    usual = warned(classes[command], output_dir=sys.argv[1], bf16=False, use_cpu=True)
    config["training"]["bf16"] = False
    config.setdefault("model", {})
    recorded = RecordedConfig(config)
    try:
        found = warned(training_arguments, classes[command], Path(sys.argv[1]), recorded) - usual
    except Exception as error:
        found = {repr(error)}
    if found:
        faults[name] = sorted(found)
for name, file in given["accelerate"].items():
    try:
        load_config_from_file(file)
    except Exception as error:
        faults[name] = repr(error)
script = runpy.run_path(given["script"])
print(json.dumps(
    {"classes": script["read_classes"](), "schedules": script["read_schedules"](), "faults": faults}
))
"""


@pytest.fixture(scope="module")
def reality(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """``classes`` that the installed TRL has, and ``faults`` of presets by their names."""
    folder = tmp_path_factory.mktemp("trl")
    script = str(REPOSITORY / "scripts" / "trl_fields.py")
    given: dict[str, Any] = {"script": script, "training": {}, "accelerate": {}}
    for name in preset_paths():
        kind = read_preset(name, "").kind
        config = resolve(schema_of(COMMANDS[kind]), Request(name))
        given["training"][name] = (kind, config.nested())
    for name, path in accelerate_presets().items():
        filled = folder / f"{name}.yaml"
        filled.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **FROM_LAUNCHER}))
        given["accelerate"][name] = str(filled)
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "run")],
        input=json.dumps(given), capture_output=True, text=True, check=False,
        env={**os.environ, "ACCELERATE_USE_CPU": "true"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "deprecated" not in result.stderr
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_trl_and_accelerate_take_every_preset_without_a_warning(reality: dict[str, Any]) -> None:
    assert reality["faults"] == {}


def test_the_table_is_what_the_installed_dataclasses_are(reality: dict[str, Any]) -> None:
    """After an upgrade: ``python scripts/trl_fields.py``."""
    assert engine_note() == "", version("trl")
    for name, fields in reality["classes"].items():
        assert list(engine_classes()[name].items()) == list(fields.items())
    assert schedules() == reality["schedules"]
