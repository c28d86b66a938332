"""The documents are true: their YAML resolves, their commands run, their links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest

from r1cli.config.resolve import Request, resolve
from r1cli.train.schema import grpo_schema
from tests.conftest import REPOSITORY, RunR1

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").glob("*.md")]
TEXTS = {document: document.read_text(encoding="utf-8") for document in DOCUMENTS}
YAML = [block for text in TEXTS.values() for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
#: Lines that only show something, and need no file of the reader's.
COMMANDS = [
    line.partition("#")[0].strip()
    for text in TEXTS.values()
    for line in re.findall(r"^ +(r1 .*)$", text, re.MULTILINE)
    if ("--dry-run" in line or line.startswith(("r1 presets", "r1 config schema"))) and "mine" not in line
]


@pytest.mark.parametrize("block", YAML)
def test_the_yaml_resolves(block: str, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(block, encoding="utf-8")
    resolve(grpo_schema(), Request(files=(file,)))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(main: RunR1, command: str) -> None:
    result = main(*shlex.split(command)[1:])
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", TEXTS[document])
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_tasks_of_an_array_ask_for_no_gpu_that_they_leave_idle(document: Path) -> None:
    submitted = re.findall(r"^ +(r1 slurm submit .*--array .*)$", TEXTS[document], re.MULTILINE)
    assert [line for line in submitted if "--gpus-per-node 1 " not in line] == []
